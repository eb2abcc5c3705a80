import { inputError } from "../errors.ts";

/**
 * How much memory the values of a pickle may take: an estimate, charged before each value is made. An instruction is a byte or more and
 * makes one value, so an honest file stays far below a hundred times its length; one that copies a list over and over does not.
 */
export type Room = (bytes: number) => void;

/** What values take, in bytes, as V8 keeps them (about). */
export const cost = { slot: 16, text: 24, list: 48, tuple: 88, dictionary: 200, entry: 48, kept: 48, object: 300 } as const;

const most = 2 ** 29;

export function roomFor(length: number, what: string): Room {
  const limit = Math.min(most, 2 ** 24 + 100 * length);
  let left = limit;
  return (bytes) => {
    left -= bytes;
    if (left < 0)
      throw inputError(`${what}: pickle`, `values of at most ${Math.round(limit / 2 ** 20)} MB from its ${length} bytes`, "more");
  };
}
