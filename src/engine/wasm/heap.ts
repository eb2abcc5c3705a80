import { WorkError } from "../../errors.ts";

/** WebAssembly memory of up to 4 GiB that grows as it is asked for, in pieces that are given back. Addresses are multiples of 64 bytes. */
export interface Heap {
  readonly memory: WebAssembly.Memory;
  /** Whether several threads share it. */
  readonly shared: boolean;
  /** The address of so many bytes. */
  take(bytes: number): number;
  give(address: number): void;
  /** `length` numbers at an address; good until the next `take`. */
  floats(address: number, length: number): Float32Array<ArrayBuffer>;
  integers(address: number, length: number): Int32Array<ArrayBuffer>;
}

const page = 65536;
const most = 65536;
export const aligned = (bytes: number): number => 64 * Math.ceil(bytes / 64);

/** The first `reserved` bytes are nobody's. */
export function heap(shared: boolean, reserved = 64): Heap {
  const memory = new WebAssembly.Memory({ initial: 16, maximum: most, shared });
  let top = aligned(reserved);
  let grown = 16 * page;
  const taken = new Map<number, number>();
  /** Pieces below `top` that nobody has, in the order of their addresses. */
  let free: { at: number; bytes: number }[] = [];
  const grow = (to: number): void => {
    if (to <= grown) return;
    const more = Math.ceil((to - grown) / page);
    try {
      memory.grow(more);
    } catch {
      throw new WorkError(
        `training needs ${(to / 2 ** 30).toFixed(2)} GiB of WebAssembly memory, of which there are at most 4 and maybe fewer here: a micro-batch needs less`,
      );
    }
    grown += more * page;
  };
  return {
    memory,
    shared,
    take(bytes) {
      const wanted = aligned(Math.max(1, bytes));
      const fitting = free.filter((piece) => piece.bytes >= wanted);
      const best = fitting.reduce<(typeof free)[number] | null>((a, b) => (a && a.bytes <= b.bytes ? a : b), null);
      let at = top;
      if (best) {
        at = best.at;
        best.at += wanted;
        best.bytes -= wanted;
        free = free.filter((piece) => piece.bytes > 0);
      } else {
        grow(top + wanted);
        top += wanted;
      }
      taken.set(at, wanted);
      return at;
    },
    give(address) {
      const bytes = taken.get(address);
      if (bytes === undefined) return;
      taken.delete(address);
      const pieces = [...free, { at: address, bytes }].sort((a, b) => a.at - b.at);
      free = [];
      for (const piece of pieces) {
        const last = free.at(-1);
        if (last && last.at + last.bytes === piece.at) last.bytes += piece.bytes;
        else free.push(piece);
      }
      const last = free.at(-1);
      if (last && last.at + last.bytes === top) {
        top = last.at;
        free.pop();
      }
    },
    floats: (address, length) => new Float32Array(memory.buffer as ArrayBuffer, address, length),
    integers: (address, length) => new Int32Array(memory.buffer as ArrayBuffer, address, length),
  };
}
