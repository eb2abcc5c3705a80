import { InputError } from "../errors.ts";
import {
  type ArrayFile,
  findArray,
  isLabelArray,
  type Keys,
  type Opener,
  type Role,
  rowsOf,
  type StoredArray,
  wholeArrays,
} from "../features/browser.ts";
import { headCandidates, headWeight } from "./head.ts";
import { classesOf } from "./input.ts";
import { openedOnce } from "./opened-once.ts";
import type { Places } from "./places.ts";

/** A label above this is no class, where nothing is measured. */
const mostClasses = 2 ** 16;

/** What `nclab measure FILE --list` says of a file. */
export interface Listing {
  file: string;
  kind: ArrayFile["kind"];
  /** Columns of the features that the heads were looked for with; null where no features are known. */
  columns: number | null;
  arrays: ListedArray[];
  /** Names of the arrays that can be a head of features with that many columns, the likeliest first: those with a row a class where the labels say how many there are, and the one that is taken. */
  heads: string[];
  skipped: { name: string; reason: string }[];
  /** Roles that are not clear, and what would make them so. */
  unclear: string[];
}

export interface ListedArray {
  name: string;
  shape: number[];
  /** Element type as NumPy writes it ("f4"), or "words". */
  type: string;
  /** What `nclab measure` would take it for; null: nothing. */
  role: Role | null;
  /** Whether it is a list of numbers, or a part of what is there as one array too. */
  part: boolean;
}

/**
 * Every array of each file. The heads are looked for by the columns of the features, in whichever of the files those are. Of several files those that cannot be
 * opened are `failed`; throws InputError where none can.
 */
export async function listings(
  named: readonly string[],
  places: (file: string) => Places,
  opener: Opener,
): Promise<{ files: Listing[]; failed: { file: string; error: string }[] }> {
  const failed: { file: string; error: string }[] = [];
  const { opened, close, ...from } = openedOnce(opener);
  try {
    for (const file of named) {
      try {
        await from.arrays(file);
      } catch (error) {
        if (!(error instanceof InputError) || failed.length === named.length - 1) throw error;
        failed.push({ file, error: error.message });
      }
    }
    const files = named.filter((file) => opened.has(file));
    const features = files.map((file) => featuresIn(opened.get(file) as ArrayFile, places(file)));
    const first = features.findIndex((array) => array !== null);
    const found: Listing[] = [];
    for (const [i, file] of files.entries()) {
      const at = features[i] ? i : first;
      const of = features[at];
      const beside = { d: of ? rowsOf(of).d : null, main: opened.get(files[Math.max(at, 0)]) as ArrayFile };
      found.push(await listingOf(opened.get(file) as ArrayFile, places(file), beside, from));
    }
    return { files: found, failed };
  } finally {
    await close();
  }
}

/** By name, or the only array if it has rows; null where there are none or several (which the listing says). */
function featuresIn(file: ArrayFile, { keys, weight }: Places): StoredArray | null {
  if (file.file === weight) return null;
  const found = quietly(() => findArray(file, "features", keys));
  const whole = wholeArrays(file);
  const only = whole.length === 1 && quietly(() => findArray(file, "weight", keys)) === undefined ? whole[0][1] : undefined;
  const array = found ?? only;
  return array && array.shape.length > 1 && rowsOf(array).d > 0 ? array : null;
}

/** The columns of the features that a file's head would belong to, and the file of those features, where labels may be too. */
interface Beside {
  d: number | null;
  main: ArrayFile;
}

async function listingOf(file: ArrayFile, places: Places, beside: Beside, from: Opener): Promise<Listing> {
  const unclear: string[] = [];
  const roles = new Map<StoredArray, Role>();
  const features = featuresIn(file, places);
  if (features) roles.set(features.part ?? features, "features");
  for (const role of ["features", "hidden", "labels", "weight", "bias"] as const) {
    if (role === "features" && features) continue;
    const array = await said(unclear, () => playing(file, role, places, beside, from));
    // An array of which an index takes a part plays the role.
    const whole = array?.part ?? array;
    if (whole && !roles.has(whole)) roles.set(whole, role);
  }
  const free = ({ array }: { array: StoredArray }): boolean => ["weight", undefined].includes(roles.get(array));
  const numeric = [...roles.values()].includes("labels");
  const arrays: ListedArray[] = [
    ...[...file.arrays].map(([name, array]) => ({
      name,
      shape: [...array.shape],
      type: array.type as string,
      role: roles.get(array) ?? null,
      part: array.aside ?? false,
    })),
    ...[...file.texts].map(([name, { shape }]) => {
      const role = !numeric && isLabelArray(name) ? ("labels" as const) : null;
      return { name, shape: [...shape], type: "words", role, part: false };
    }),
  ];
  const candidates = beside.d === null ? [] : headCandidates(file, beside.d).filter(free);
  const classes = candidates.length === 0 ? null : await classesOf(places, beside.main, mostClasses, from);
  const fits = ({ array, K }: (typeof candidates)[number]): boolean =>
    classes === null || K === classes || (K === 1 && classes === 2) || roles.get(array) === "weight";
  return {
    file: file.file,
    kind: file.kind,
    columns: beside.d,
    arrays,
    heads: candidates.filter(fits).map(({ name }) => name),
    skipped: [...file.skipped].map(([name, reason]) => ({ name, reason })),
    unclear,
  };
}

/** The array that measuring would take for a role, as far as one file tells. */
async function playing(
  file: ArrayFile,
  role: Role,
  places: Places,
  beside: Beside,
  from: Opener,
): Promise<StoredArray | undefined> {
  const keys: Keys = places.keys;
  const { d, main } = beside;
  if (file.kind === "npy") return onlyOf(file, role, places);
  if (role !== "weight" && role !== "bias") return findArray(file, role, keys);
  if (places.headless) return undefined;
  const classes = () => classesOf(places, main, mostClasses, from);
  // Whether the file is said to be the head's is nothing here: what does not fit is listed, not refused.
  const found = d === null ? undefined : await headWeight({ from: file, stated: false, keys, d, classes });
  if (!found) return findArray(file, role, keys);
  return role === "weight" ? found.weight : findArray(file, "bias", { ...keys, weight: keys.weight ?? found.name });
}

/** The one array of a .npy: by what was said of the file, else one whole number a sample is a label. */
function onlyOf({ file, arrays }: ArrayFile, role: Role, { weight, bias, labels, hidden }: Places): StoredArray | undefined {
  const array = arrays.get("") as StoredArray;
  const told = (
    [
      ["weight", weight],
      ["bias", bias],
      ["labels", labels],
      ["hidden", hidden],
    ] as const
  ).find(([, place]) => place === file);
  if (told) return told[0] === role ? array : undefined;
  return role === "labels" && array.shape.length === 1 && /^[iu]/.test(array.type) ? array : undefined;
}

function quietly<T>(of: () => T): T | undefined {
  try {
    return of();
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

async function said<T>(unclear: string[], of: () => Promise<T>): Promise<T | undefined> {
  try {
    return await of();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    if (!unclear.includes(error.message)) unclear.push(error.message);
    return undefined;
  }
}
