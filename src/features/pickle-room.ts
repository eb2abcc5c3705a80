import { inputError } from "../errors.ts";

/**
 * How much memory the values of a pickle may take: an estimate, charged before each value is made. An instruction is a byte or more and
 * makes one value, so an honest file stays far below a hundred times its length; one that copies a list over and over does not.
 */
export type Room = (bytes: number) => void;

/** What values take, in bytes, as V8 keeps them (rounded up). */
export const cost = { slot: 16, text: 40, list: 64, tuple: 120, dictionary: 240, entry: 96, kept: 72, object: 400 } as const;

const most = 2 ** 30;

export function roomFor(length: number, what: string): Room {
  const limit = Math.min(most, 2 ** 24 + 100 * length);
  let left = limit;
  return (bytes) => {
    left -= bytes;
    if (left < 0)
      throw inputError(`${what}: pickle`, `values of at most ${Math.round(limit / 2 ** 20)} MB from its ${length} bytes`, "more");
  };
}
