/**
 * What a file of arrays is, by how it begins: the one rule for files on disk, in a page and named as labels. Undefined for any other file, texts among them.
 * Pickles of protocols 0 and 1 begin like text: only the file's name tells them.
 */
export type FileKind = "npy" | "zip" | "pickle" | "safetensors";

/** `start`: the first bytes, 9 or more where the file has as many. */
export function fileKind(start: Uint8Array, name: string): FileKind | undefined {
  const is = (...bytes: number[]): boolean => bytes.every((byte, i) => start[i] === byte);
  if (is(0x93, 0x4e, 0x55, 0x4d)) return "npy";
  // The first member of a zip, or its end where it is empty, or one of several parts.
  if (is(0x50, 0x4b, 3, 4) || is(0x50, 0x4b, 5, 6) || is(0x50, 0x4b, 7, 8)) return "zip";
  if (is(0x80) && start[1] >= 2 && start[1] <= 5) return "pickle";
  if (/\.(pkl|pickle)$/i.test(name) && "(]}lcd".includes(String.fromCharCode(start[0]))) return "pickle";
  // The length of a header in eight bytes, then the header.
  return start[8] === 0x7b && start[6] === 0 && start[7] === 0 ? "safetensors" : undefined;
}
