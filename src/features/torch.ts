import { inputError } from "../errors.ts";
import { type Bytes, head } from "./bytes.ts";
import { type Named, namedArrays } from "./named-arrays.ts";
import { readPickle } from "./pickle.ts";
import type { Pickled } from "./pickle-values.ts";
import { torchName } from "./torch-names.ts";
import { persistentStorage, type Storage, storageId } from "./torch-storage.ts";
import type { ZipMember } from "./zip.ts";

/**
 * PyTorch checkpoints (torch.save since 1.6, TorchScript): a zip with a pickle that describes containers and tensors, and a member a
 * storage. Nothing that the pickle names is run (torch-names.ts has what is understood). Tensors are views of the members: nothing of
 * them is read here.
 */
const pickleName = /^(?:[^/]+\/)?data\.pkl$/;

/** The most bytes of a pickle that are read. */
export const mostPickle: number = 2 ** 26;

/** Whether a zip with members of these names is a checkpoint: its pickle is called NAME/data.pkl. */
export function isCheckpoint(members: readonly string[]): boolean {
  return members.some((name) => pickleName.test(name));
}

/** All tensors by name: keys of nested containers joined by dots (`state_dict.fc.weight`), of TorchScript paths of attributes (`body.0.weight`). */
export async function torchArrays(file: string, members: readonly ZipMember[]): Promise<Named> {
  const pickle = members.find(({ name }) => pickleName.test(name)) as ZipMember;
  const folder = pickle.name.slice(0, -"data.pkl".length);
  const byName = new Map(members.map((member) => [member.name, member.bytes]));
  const order = byName.get(`${folder}byteorder`);
  const littleEndian = !order || new TextDecoder().decode(await head(order, 16)).trim() !== "big";
  const found = namedArrays(await objectIn(pickle.bytes, `${folder}data/`, byName, littleEndian), file);
  const constants = byName.get(`${folder}constants.pkl`);
  if (found.arrays.size + found.skipped.size > 0 || !constants) return found;
  // torch.jit.freeze makes parameters constants of the code, which keep no name but their number.
  const value = await objectIn(constants, `${folder}constants/`, byName, littleEndian);
  const frozen = namedArrays(new Map([["constants", value]]), file);
  return frozen.arrays.size > 0 ? frozen : found;
}

/** What a pickle of the zip describes; its storages are the members of a folder. */
async function objectIn(
  pickle: Bytes,
  folder: string,
  byName: ReadonlyMap<string, Bytes>,
  littleEndian: boolean,
): Promise<Pickled> {
  const { what, length, packed = length } = pickle;
  if (length > mostPickle) throw inputError(what, `at most ${mostPickle} bytes`, length);
  // PyTorch never packs it; another tool's packing does not shrink it fiftyfold.
  if (length > Math.max(2 ** 20, 50 * packed)) throw inputError(what, `at most 50 times its ${packed} packed bytes`, length);
  const storage = (id: Pickled): Storage => {
    const { name, type, width, key, count } = storageId(id, what);
    const bytes = byName.get(`${folder}${key}`);
    if (!bytes) throw inputError(`${what}: storage`, `a member ${folder}${key}`, "none");
    if (!(count * width <= bytes.length))
      throw inputError(`${bytes.what}: storage`, `${bytes.length / width} numbers, as the member holds`, count);
    return { is: "storage", name, type, width, bytes };
  };
  const { value } = readPickle(await head(pickle, mostPickle), {
    what,
    global: torchName(what, littleEndian),
    persistent: (id) => persistentStorage(() => storage(id)),
  });
  return value;
}
