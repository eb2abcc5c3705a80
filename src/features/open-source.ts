import { type OpenFile, openFile, temporaryFile } from "../files/index.ts";
import { chunksOf, fileBytes, head } from "./bytes.ts";
import type { Host, Source } from "./format.ts";
import { mostUnpacked, withoutPacking } from "./packed-names.ts";
import { unpackingOf } from "./packings.ts";
import { sourceOf, startLength } from "./read-source.ts";
import { nodeUnpacker } from "./unpack.ts";

/** A source whose files are open. */
export type OpenSource = Source & { close(): Promise<void> };

/** Opens a file, whatever it is; one that is packed is unpacked to a temporary file. Throws InputError where it cannot be read. */
export async function openSource(file: string): Promise<OpenSource> {
  const opened: OpenFile[] = [];
  const keep = (of: OpenFile): OpenFile => {
    opened.push(of);
    return of;
  };
  const ends: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const end of ends.splice(0)) await end();
    for (const { handle } of opened.splice(0)) await handle.close();
  };
  const host: Host = {
    unpacker: nodeUnpacker,
    async anywhere(bytes) {
      const of = keep(await temporaryFile(bytes.what, chunksOf(bytes), bytes.length));
      return fileBytes(of, 0, of.size, bytes.what);
    },
    async file(path) {
      const of = keep(await openFile(path));
      return fileBytes(of, 0, of.size);
    },
    whenClosed(work) {
      ends.push(work);
    },
  };
  try {
    const packed = await host.file(file);
    const unpacked = unpackingOf(await head(packed, startLength));
    if (!unpacked) return { ...(await sourceOf(packed, file, host)), close };
    const of = keep(await temporaryFile(file, unpacked(packed), mostUnpacked(packed.length)));
    return { ...(await sourceOf(fileBytes(of, 0, of.size, file), withoutPacking(file), host)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The first bytes of a file and its name, as its source has them: what is packed is unpacked no further. */
export async function startOf(file: string): Promise<Pick<Source, "start" | "name">> {
  const of = await openFile(file);
  try {
    const bytes = fileBytes(of, 0, of.size);
    const start = await head(bytes, startLength);
    const unpacked = unpackingOf(start);
    if (!unpacked) return { start, name: file };
    const inside = new Uint8Array(startLength);
    let n = 0;
    for await (const chunk of unpacked(bytes)) {
      const part = chunk.subarray(0, startLength - n);
      inside.set(part, n);
      n += part.length;
      if (n === startLength) break;
    }
    return { start: inside.subarray(0, n), name: withoutPacking(file) };
  } finally {
    await of.handle.close();
  }
}
