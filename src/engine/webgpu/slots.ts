import type { Life } from "../plan.ts";

/** An array that has to be somewhere for a while. */
export interface Block extends Life {
  bytes: number;
}

/**
 * Which blocks share memory: those that are never needed at once. A buffer cannot be read and written by one kernel, so that they share whole buffers (slots), not ranges of one. The largest blocks choose first,
 * so that a slot is as large as its first block.
 */
export function shareSlots(blocks: readonly Block[]): { slotOf: number[]; bytes: number[] } {
  const order = blocks.map((_, i) => i).sort((a, b) => blocks[b].bytes - blocks[a].bytes || a - b);
  const slots: { bytes: number; lives: Life[] }[] = [];
  const slotOf = new Array<number>(blocks.length);
  for (const i of order) {
    const { from, to, bytes } = blocks[i];
    let slot = slots.findIndex(({ lives }) => lives.every((life) => life.to < from || to < life.from));
    if (slot < 0) slot = slots.push({ bytes, lives: [] }) - 1;
    slots[slot].lives.push({ from, to });
    slotOf[i] = slot;
  }
  return { slotOf, bytes: slots.map((slot) => slot.bytes) };
}
