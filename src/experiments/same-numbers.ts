import type { Device } from "../engine/index.ts";

/**
 * What a run may promise that goes on: the bits of the unbroken run. They depend on the settings, the data, on nclab, on how the machine multiplies and
 * adds (engine/arithmetic.ts), and on what the engine says of itself (its package's version; on a graphics processor: on it and its driver). They were not seen to depend on the version of Node: docs/sweeps.md.
 */
export function versionsNote(before: Record<string, string>, now: Record<string, string>, device: Device): string | null {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])];
  // Folders from before the arithmetic was written down say nothing of it.
  const changed = names.filter((name) => before[name] !== now[name] && before[name] !== undefined);
  if (changed.length === 0) return null;
  const what = changed.map((name) => `${name} ${before[name]}, now ${now[name] ?? "none"}`).join("; ");
  const same = changed.every((name) => name === "node") && before.arithmetic !== undefined && device === "wasm";
  return same
    ? `the run was made with ${what}: its numbers do not depend on that where the arithmetic is the same, as it is (${now.arithmetic})`
    : `the run was made with ${what}: the numbers will agree with those of the unbroken run about as far as float32 goes, not bit for bit`;
}
