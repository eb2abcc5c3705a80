import { pipeline, Readable } from "node:stream";
import { crc32, createInflateRaw } from "node:zlib";
import { InputError, inputError } from "../errors.ts";
import type { Bytes, Reader } from "./bytes.ts";
import type { Unpacker } from "./zip.ts";

/** Node's own unpacker. */
export const nodeUnpacker: Unpacker = { inflate, crc32: (bytes, before) => crc32(bytes, before) };

/** Unpacks as much as is asked for, and notices when there is more or less than `size`. */
function inflate(raw: Bytes, size: number): Reader {
  const { what } = raw;
  async function* packed(): AsyncGenerator<Uint8Array> {
    const from = raw.reader(0);
    for (let at = 0; at < raw.length; ) {
      const chunk = new Uint8Array(Math.min(1 << 18, raw.length - at));
      await from.fill(chunk);
      at += chunk.length;
      yield chunk;
    }
  }
  const stream = createInflateRaw({ chunkSize: 1 << 18 });
  // Errors come out where the stream is read.
  pipeline(Readable.from(packed(), { objectMode: true, highWaterMark: 1 }), stream, () => {});
  const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  let rest: Uint8Array = new Uint8Array(0);
  let given = 0;
  const more = async (): Promise<boolean> => {
    try {
      const next = await chunks.next();
      if (next.done) return false;
      rest = next.value;
      return true;
    } catch (error) {
      if (error instanceof InputError) throw error;
      throw inputError(what, "deflated data", (error as Error).message);
    }
  };
  return {
    async fill(into) {
      let done = 0;
      while (done < into.length) {
        if (rest.length === 0 && !(await more())) throw inputError(`${what}: unpacked size`, `${size} bytes`, given + done);
        const n = Math.min(rest.length, into.length - done);
        into.set(rest.subarray(0, n), done);
        rest = rest.subarray(n);
        done += n;
      }
      given += done;
      if (given === size && (rest.length > 0 || (await more())))
        throw inputError(`${what}: unpacked size`, `${size} bytes`, "more");
    },
    async close() {
      stream.destroy();
      await chunks.return?.();
    },
  };
}
