import { inputError } from "../errors.ts";
import type { Contents } from "./contents.ts";
import { UnreadDtype } from "./npy.ts";
import { npyArray } from "./read-npy.ts";
import type { StoredArray } from "./stored-array.ts";
import type { ZipMember } from "./zip.ts";

/** The arrays of a zip of .npy files; those of text or objects are skipped, by name. `place` may move what a compressed member cannot give. */
export async function npzArrays(
  file: string,
  members: readonly ZipMember[],
  place: (array: StoredArray, member: ZipMember) => Promise<StoredArray>,
): Promise<Contents> {
  const arrays = new Map<string, StoredArray>();
  const skipped = new Map<string, string>();
  for (const member of members) {
    if (!member.name.endsWith(".npy")) continue;
    const name = member.name.slice(0, -4);
    try {
      arrays.set(name, await place(await npyArray(member.bytes), member));
    } catch (error) {
      if (!(error instanceof UnreadDtype)) throw error;
      skipped.set(name, error.dtype);
    }
  }
  if (arrays.size + skipped.size === 0) {
    const names = members.slice(0, 5).map(({ name }) => name);
    throw inputError(file, "a zip of .npy files", `members ${names.join(", ") || "none"}`);
  }
  return { arrays, skipped };
}
