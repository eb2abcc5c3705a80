import { readIfThere } from "./open-file.ts";

/**
 * A small file's text; undefined: there is none. Throws InputError where something is there that cannot be read, of its kind IrregularError where that is no regular file: a pipe under the
 * name of one of our files would be waited for without end.
 */
export async function textOf(file: string): Promise<string | undefined> {
  const bytes = readIfThere(file);
  return bytes && new TextDecoder().decode(bytes);
}
