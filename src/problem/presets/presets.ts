import { InputError, inputError } from "../../errors.ts";
import { nearest } from "../../nearest.ts";
import { parseLongTail } from "../counts.ts";
import { imagenetLT } from "./imagenet-lt.ts";
import { lvisV1 } from "./lvis-v1.ts";
import { placesLT } from "./places-lt.ts";

/**
 * Class counts of public data sets with a long tail, by name: `dataset:imagenet-lt`. The lists are facts counted from the public training lists; of
 * CIFAR-LT there is a formula (Cui et al. 2019), n_k = floor(n_max F^(k/(K-1))), with the imbalance factor F written as 0.01 or as 100.
 */
export interface Preset {
  /** As it is typed, with an imbalance factor where one belongs to it: `dataset:cifar10-lt:100`. */
  text: string;
  /** As it is read. */
  title: string;
}

/** What a list of choices offers. */
export const presets: readonly Preset[] = [
  { text: "dataset:imagenet-lt", title: "ImageNet-LT (1000 classes, 1280 to 5)" },
  { text: "dataset:places-lt", title: "Places-LT (365 classes, 4980 to 5)" },
  { text: "dataset:lvis-v1", title: "LVIS v1, images (1203 classes, 1977 to 1)" },
  { text: "dataset:cifar10-lt:100", title: "CIFAR-10-LT (10 classes, 5000 to 50)" },
  { text: "dataset:cifar100-lt:100", title: "CIFAR-100-LT (100 classes, 500 to 5)" },
];

const lists: Record<string, string> = { "imagenet-lt": imagenetLT, "places-lt": placesLT, "lvis-v1": lvisV1 };
const formulas: Record<string, { K: number; nmax: number }> = {
  "cifar10-lt": { K: 10, nmax: 5000 },
  "cifar100-lt": { K: 100, nmax: 500 },
};
const known = [...Object.keys(lists), ...Object.keys(formulas)];

/** How the option's help and messages say it. */
export const presetRule = "dataset:imagenet-lt|places-lt|lvis-v1|cifar10-lt:F|cifar100-lt:F";

/** Whether a text names a data set. */
export const saysPreset = (text: string): boolean => /^\s*dataset:/.test(text);

/** The counts of `dataset:NAME` or `dataset:NAME:F`; throws InputError. */
export function presetCounts(text: string, what: string): number[] {
  const [, name = "", factor, ...rest] = text.trim().split(":");
  if (!known.includes(name))
    throw new InputError(`${what}: expected ${presetRule}, got ${JSON.stringify(text.trim())}${nearest(name, known)}`);
  const list = Object.hasOwn(lists, name) ? lists[name] : null;
  if (list !== null) {
    if (factor !== undefined) throw inputError(what, `dataset:${name}, which has no imbalance factor`, text.trim());
    return list.trim().split(/\s+/).map(Number);
  }
  const F = factor === undefined || factor.trim() === "" || rest.length > 0 ? Number.NaN : Number(factor);
  if (!(F > 0 && Number.isFinite(F)))
    throw inputError(what, `dataset:${name}:F, F the imbalance factor as 0.01 or 100`, text.trim());
  const { K, nmax } = formulas[name];
  return parseLongTail(`exp:${K}:${nmax}:${F > 1 ? 1 / F : F}`, what);
}
