import { canHoldFeaturesHere, usualNames } from "../../src/features/browser.ts";
import type { ListedArray, Listing } from "../../src/inputs/index.ts";
import type { Found } from "./messages.ts";

/** What a file is for: features (labels and head may be in it too), labels, the head's weight, its bias, nothing. */
export const fileRoles = ["features", "labels", "weight", "bias", "nothing"] as const;
export type FileRole = (typeof fileRoles)[number];

/**
 * What each of some files is for, as somebody would guess it who sees their names and arrays: the command line is told it by options, a page that is given files is not. It is shown, and can be set.
 */
export function rolesOf(found: readonly Found[]): Record<string, FileRole> {
  const readable = Object.fromEntries(found.map((one) => [one.name, roleOf(one)]));
  const roles = { ...readable, ...smallMatrices(found, readable) };
  // A damaged file among those of a series is one of them, and is said to be left out.
  const several = Object.values(roles).filter((role) => role === "features").length > 1;
  for (const { name, error } of found) if (several && error !== null && canHoldFeaturesHere(name)) roles[name] = "features";
  return roles;
}

const says = (word: string): RegExp => new RegExp(`(^|[^a-z])(${word})([^a-z]|$)`, "i");
const words: readonly [Exclude<FileRole, "features" | "nothing">, RegExp][] = [
  ["labels", says(usualNames.labels)],
  ["bias", says(usualNames.bias)],
  // Of the names of last layers those that are no results of a network too: logits.npy is no head.
  ["weight", says(`${usualNames.weight}|head|fc|classifier`)],
];

const baseName = (name: string): string => (name.split("/").at(-1) as string).replace(/\.[a-z]\w*$/i, "");

function roleOf({ name, listing, error }: Found): FileRole {
  if (error !== null) return "nothing";
  // Text is nothing but labels.
  if (!listing) return "labels";
  const has = (role: ListedArray["role"]): boolean => listing.arrays.some((array) => array.role === role);
  const alone = onlyArrayOf(listing);
  if (alone) return roleOfArray(name, alone);
  if (has("features")) return "features";
  if (has("weight")) return "weight";
  if (has("labels")) return "labels";
  return listing.arrays.some(isMatrix) ? "features" : "nothing";
}

/** One array, which its file's name or its shape tells. */
function roleOfArray(name: string, array: ListedArray): FileRole {
  const said = words.find(([, pattern]) => pattern.test(baseName(name)))?.[0];
  if (said === "labels" || array.role === "labels") return "labels";
  // A lone letter says nothing of a matrix: b.npy can be the second of two.
  if (said === "weight" || (said === "bias" && !isMatrix(array))) return said;
  if (isMatrix(array)) return "features";
  if (array.shape.length === 0) return "nothing";
  return array.type.startsWith("f") ? "bias" : "labels";
}

function onlyArrayOf({ arrays }: Listing): ListedArray | null {
  const whole = arrays.filter(({ part }) => !part);
  return whole.length === 1 ? whole[0] : null;
}

const isMatrix = ({ shape, type }: ListedArray): boolean => type !== "words" && shape.length >= 2;

/** Of lone matrices of as many columns, those of fewer rows than the others are heads. */
function smallMatrices(found: readonly Found[], roles: Record<string, FileRole>): Record<string, FileRole> {
  const lone = found.flatMap(({ name, listing }) => {
    const array = listing && roles[name] === "features" ? onlyArrayOf(listing) : null;
    return array && array.shape.length === 2 ? [{ name, rows: array.shape[0], columns: array.shape[1] }] : [];
  });
  const heads = lone.filter(({ rows, columns }) => lone.some((other) => other.columns === columns && other.rows > 2 * rows));
  return heads.length === 1 ? { [heads[0].name]: "weight" } : {};
}
