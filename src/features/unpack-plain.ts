import { Inflate } from "fflate";
import { inputError } from "../errors.ts";
import type { Bytes, Reader } from "./bytes.ts";
import { crc32 } from "./crc32.ts";
import type { Unpacker } from "./zip.ts";

/** An unpacker that runs everywhere. It is given little at a time, so that a thousandfold of it is no burden. */
export const plainUnpacker: Unpacker = { inflate, crc32 };

const step = 1 << 13;

function inflate(raw: Bytes, size: number): Reader {
  const { what } = raw;
  const from = raw.reader(0);
  const { push, take, waiting } = inflating(what);
  let at = 0;
  let given = 0;
  let paused = Date.now();
  const more = async (): Promise<boolean> => {
    if (at === raw.length) return false;
    const packed = new Uint8Array(Math.min(step, raw.length - at));
    await from.fill(packed);
    at += packed.length;
    // A page stays alive meanwhile.
    if (Date.now() - paused > 50) {
      await new Promise((done) => setTimeout(done));
      paused = Date.now();
    }
    push(packed, at === raw.length);
    return true;
  };
  return {
    async fill(into) {
      for (let done = 0; done < into.length; ) {
        const chunk = take(into.length - done);
        if (chunk) {
          into.set(chunk, done);
          done += chunk.length;
          given += chunk.length;
        } else if (!(await more())) throw inputError(`${what}: unpacked size`, `${size} bytes`, given);
      }
      if (given !== size) return;
      while (!waiting() && (await more()));
      if (waiting()) throw inputError(`${what}: unpacked size`, `${size} bytes`, "more");
    },
    close: () => from.close(),
  };
}

/** The same for bytes in memory, all at once. Throws InputError where they unpack to anything but `size` bytes. */
export function inflateAll(raw: Uint8Array, size: number, what: string): Uint8Array {
  const { push, take, waiting } = inflating(what);
  const out = new Uint8Array(size);
  let done = 0;
  for (let at = 0; at < raw.length; at += step) {
    push(raw.subarray(at, at + step), at + step >= raw.length);
    for (let chunk = take(size - done); chunk; chunk = take(size - done)) {
      out.set(chunk, done);
      done += chunk.length;
    }
    if (waiting()) throw inputError(`${what}: unpacked size`, `${size} bytes`, "more");
  }
  if (done < size) throw inputError(`${what}: unpacked size`, `${size} bytes`, done);
  return out;
}

function inflating(what: string): {
  push(packed: Uint8Array, last: boolean): void;
  /** At most `most` of the bytes that wait; undefined where none do. */
  take(most: number): Uint8Array | undefined;
  waiting(): boolean;
} {
  const chunks: Uint8Array[] = [];
  let over = false;
  const stream = new Inflate((chunk, last) => {
    if (chunk.length > 0) chunks.push(chunk);
    over ||= last;
  });
  return {
    push(packed, last) {
      if (over) return;
      try {
        stream.push(packed, last);
      } catch (error) {
        throw inputError(what, "deflated data", (error as Error).message);
      }
    },
    take(most) {
      if (chunks.length === 0 || most === 0) return undefined;
      const [first] = chunks;
      if (first.length <= most) return chunks.shift();
      chunks[0] = first.subarray(most);
      return first.subarray(0, most);
    },
    waiting: () => chunks.length > 0,
  };
}
