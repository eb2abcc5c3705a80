import { inputError } from "../errors.ts";
import type { Bytes } from "./bytes.ts";

/** So much is read ahead: whoever asks for little at a time (an unpacker, rows that are apart) asks the browser seldom. */
const ahead = 1 << 20;

/** The bytes of a file that a page was given, read by slices as they are asked for: never the whole of it. `what`: its name in messages. */
export function blobBytes(blob: Blob, what: string): Bytes {
  const { size: length } = blob;
  const slice = async (from: number, to: number): Promise<Uint8Array> => {
    try {
      return new Uint8Array(await blob.slice(from, to).arrayBuffer());
    } catch (error) {
      // A file that was changed or taken away since it was given cannot be read any more.
      throw inputError(what, "a file that stays as it was when it was given to the page", (error as Error).message);
    }
  };
  const check = (at: number, n: number): void => {
    if (at + n > length) throw inputError(what, `at least ${at + n} bytes`, `${length} bytes`);
  };
  return {
    what,
    length,
    async readAt(at, into) {
      check(at, into.length);
      if (into.length > 0) into.set(await slice(at, at + into.length));
    },
    reader(from) {
      let at = from;
      let held: Uint8Array = new Uint8Array(0);
      return {
        async fill(into) {
          check(at, into.length);
          for (let done = 0; done < into.length; ) {
            if (held.length === 0) held = await slice(at, Math.min(length, at + Math.max(ahead, into.length - done)));
            const n = Math.min(held.length, into.length - done);
            into.set(held.subarray(0, n), done);
            held = held.subarray(n);
            done += n;
            at += n;
          }
        },
        close: async () => {},
      };
    },
  };
}
