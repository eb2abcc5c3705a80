import { inputError } from "../errors.ts";
import { type Bytes, inOrder } from "./bytes.ts";

/** Bytes that are in memory, or that are made when they are first read. */
export function memoryBytes(what: string, bytes: Uint8Array): Bytes {
  return lazyBytes(what, bytes.length, async () => bytes);
}

/** `make` is called once, at the first read, and must give `length` bytes. */
export function lazyBytes(what: string, length: number, make: () => Promise<Uint8Array>): Bytes {
  let made: Promise<Uint8Array> | undefined;
  const readAt = async (at: number, into: Uint8Array): Promise<void> => {
    made ??= make();
    const bytes = await made;
    if (at + into.length > bytes.length) throw inputError(what, `at least ${at + into.length} bytes`, `${bytes.length} bytes`);
    into.set(bytes.subarray(at, at + into.length));
  };
  return { what, length, readAt, reader: (from) => inOrder(readAt, from) };
}
