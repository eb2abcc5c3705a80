import { inputError } from "../errors.ts";
import { isArrayValue } from "./array-value.ts";
import { type Bytes, head } from "./bytes.ts";
import { npyDictionary, UnreadDtype } from "./npy.ts";
import { readPickle } from "./pickle.ts";
import { isKind, nameOf } from "./pickle-values.ts";
import { npyArray, npyStart } from "./read-npy.ts";
import type { StoredArray } from "./stored-array.ts";
import { npyText, type TextArray, wordList } from "./text-array.ts";
import { torchName } from "./torch-names.ts";

/** A .npy of numbers or of words; what is neither is said. */
export async function npyContents(bytes: Bytes): Promise<StoredArray | TextArray | UnreadDtype> {
  try {
    return await npyArray(bytes);
  } catch (error) {
    if (!(error instanceof UnreadDtype)) throw error;
    return (await npyText(bytes)) ?? (await objects(bytes)) ?? error;
  }
}

/** A column of a table that pandas keeps as objects: NumPy writes a pickle of it, which is read like any other and never run. */
async function objects(bytes: Bytes): Promise<StoredArray | TextArray | undefined> {
  const { what } = bytes;
  const { descr, offset } = npyDictionary(await npyStart(bytes), what);
  if (!/^\|?O8?$/.test(descr)) return undefined;
  const most = 2 ** 26;
  if (bytes.length > most) throw inputError(`${what}: objects`, `at most ${most} bytes (save words or numbers)`, bytes.length);
  const { value } = readPickle((await head(bytes, bytes.length)).subarray(offset), {
    what,
    global: torchName(what, true),
    persistent: (id) => {
      throw inputError(`${what}: objects`, "a pickle that is whole in itself", nameOf(id));
    },
  });
  const found = isKind(value, "opaque") && isArrayValue(value.value) ? value.value : undefined;
  if (found?.is === "words") return wordList(what, found.words);
  return found?.is === "array" ? { ...found.array, what } : undefined;
}
