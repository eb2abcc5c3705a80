import { inputError } from "../errors.ts";
import { type Contents, empty, put } from "./contents.ts";
import { npyContents } from "./npy-contents.ts";
import type { StoredArray } from "./stored-array.ts";
import type { ZipMember } from "./zip.ts";
import { arrayOfMember } from "./zip-directory.ts";

/** The arrays of a zip of .npy files; those of objects are skipped, by name. `place` may move what a compressed member cannot give. */
export async function npzArrays(
  file: string,
  members: readonly ZipMember[],
  place: (array: StoredArray, member: ZipMember) => Promise<StoredArray>,
): Promise<Contents> {
  const contents = empty();
  for (const member of members) {
    const name = arrayOfMember(member.name);
    if (name === null) continue;
    const found = await npyContents(member.bytes);
    put(contents, name, "strides" in found ? await place(found, member) : found);
  }
  if (contents.arrays.size + contents.texts.size + contents.skipped.size === 0) {
    const names = members.slice(0, 5).map(({ name }) => name);
    throw inputError(file, "a zip of .npy files", `members ${names.join(", ") || "none"}`);
  }
  return contents;
}
