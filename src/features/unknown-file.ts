import { InputError } from "../errors.ts";
import { endingsOf, type Format, type Source } from "./format.ts";

/** What a file is that holds no arrays in a format read here, by how it begins, and the way out. */
const kinds: { begins: RegExp | string; is: string }[] = [
  { begins: /^$/, is: "an empty file" },
  {
    begins: /^version https:\/\/git-lfs/,
    is: "a git-lfs pointer: the file itself was not downloaded (git lfs pull)",
  },
  { begins: /^\s*(<!doctype|<html|<head|<\?xml)/i, is: "a web page: what was downloaded is an error or a login, not the file" },
  { begins: /^\s*\{/, is: "JSON text" },
  { begins: "\x1f\x8b", is: "a gzip file: unpack it first (gunzip)" },
  { begins: "\x28\xb5\x2f\xfd", is: "a Zstandard file: unpack it first (unzstd)" },
  { begins: "BZh", is: "a bzip2 file: unpack it first (bunzip2)" },
  { begins: "\xfd7zXZ", is: "an xz file: unpack it first (unxz)" },
  { begins: "\x89HDF", is: "an HDF5 file (the command line reads it), or a damaged one" },
  { begins: "PAR1", is: "a Parquet file (the command line reads it)" },
  { begins: "ARROW1", is: "an Arrow file (the command line reads it)" },
  { begins: "MATLAB", is: "a MATLAB file: write its arrays with numpy.savez first (scipy.io.loadmat)" },
  { begins: "GGUF", is: "a GGUF file: write the head and the features with numpy.savez first" },
  {
    begins: /^[\s\S]{257}ustar/,
    is: "a tar archive: unpack it first (a checkpoint of PyTorch before 0.1.10 has to be saved again by a newer one)",
  },
];

/** Whether a file begins as text does, or is empty. */
export function isText(start: Uint8Array): boolean {
  return start.every((byte) => (byte >= 32 && byte !== 127) || (byte >= 9 && byte <= 13));
}

/** The error for it, where one of `formats` was expected. */
export function unknownFile(file: string, { start }: Pick<Source, "start">, formats: readonly Format[]): InputError {
  const text = String.fromCharCode(...start);
  const known = kinds.find(({ begins }) => (typeof begins === "string" ? text.startsWith(begins) : begins.test(text)));
  const is = known?.is ?? (isText(start) ? "text" : undefined) ?? `first bytes ${[...start.subarray(0, 8)].join(" ")}`;
  return new InputError(`${file}: expected a ${endingsOf(formats)} file, got ${is}`);
}
