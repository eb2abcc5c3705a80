import type { ComparisonInput } from "../../src/documents/index.ts";
import type { Keys } from "../../src/features/browser.ts";
import type { Listing } from "../../src/inputs/index.ts";
import { lossNames } from "../../src/loss/index.ts";
import { featureEndings } from "../../src/problem/index.ts";
import { exact } from "../numbers.ts";
import type { Asked, Found } from "./messages.ts";
import type { FileRole } from "./roles.ts";

/** What a visitor has said of the files: a value, and the question that it makes. */
export interface Choice {
  /** What each file is for. */
  roles: Readonly<Record<string, FileRole>>;
  /** Arrays that were picked; the others are found by their names. */
  keys: Keys;
  head: (typeof headKinds)[number];
  /** What a cosine head's loss multiplies by; null: not said. */
  scale: number | null;
  /** The label of samples that belong to no class; empty: none. */
  ignore: string;
  compare: Compare;
  umap: boolean;
}

/** What to compare with; each kind reads its own numbers. */
export interface Compare {
  at: (typeof comparisons)[number];
  lambdaZ: number;
  /** Infinity: no bias. */
  lambdaB: number;
  weightDecay: number;
  ends: string;
  nonnegative: boolean;
  loss: string;
}

export const headKinds = ["linear", "cosine", "none"] as const;
export const comparisons = ["nothing", "lambdas", "weight-decay", "effective"] as const;

export const usualChoice: Choice = {
  roles: {},
  keys: {},
  head: "linear",
  scale: null,
  ignore: "",
  compare: {
    at: "nothing",
    lambdaZ: 0.0027,
    lambdaB: 0.02,
    weightDecay: 5e-4,
    ends: featureEndings[0],
    nonnegative: false,
    loss: lossNames[0],
  },
  umap: false,
};

const named = ({ roles }: Choice, role: FileRole): string[] => Object.keys(roles).filter((name) => roles[name] === role);

/** In which file an array of a role is looked for: one of its own, else that of the features. */
export function placeOf(choice: Choice, role: "features" | "labels" | "weight" | "bias"): string | undefined {
  const [features, own] = [named(choice, "features")[0], named(choice, role)[0]];
  if (role === "bias") return own ?? named(choice, "weight")[0] ?? features;
  return own ?? features;
}

/** A picked array's name, and the part of it that is meant: `H[:,0]` is H and [:,0]; of nothing both are empty. */
export function pickOf(key = ""): { name: string; part: string } {
  const part = /\[[^[\]]*\]$/.exec(key)?.[0] ?? "";
  return isIndex(part) ? { name: key.slice(0, key.length - part.length), part } : { name: key, part: "" };
}

/** Whether a text is an index as arrays take it behind their names. */
export const isIndex = (text: string): boolean => /^\[\s*(:|-?\d+)\s*(,\s*(:|-?\d+)\s*)*\]$/.test(text);

const has = (listing: Listing | null | undefined, role: string): boolean =>
  listing?.arrays.some((array) => array.role === role) ?? false;

/** What is lacking, as a sentence with the way out; null: nothing. */
export function lacking(found: readonly Found[], choice: Choice): string | null {
  const features = named(choice, "features");
  const listingOf = (name: string | undefined): Listing | null => found.find((one) => one.name === name)?.listing ?? null;
  if (features.length === 0)
    return "No features are known: drop the file that holds them (N × d, a row a sample), or say below which of these files it is.";
  const main = listingOf(features[0]);
  const holds = has(main, "features") || (main?.arrays.filter(({ part }) => !part).length ?? 0) === 1;
  if (!holds && choice.keys.features === undefined)
    return `No array of ${features[0]} is named like features: pick the array (N × d, a row a sample) below.`;
  if (named(choice, "labels").length === 0 && choice.keys.labels === undefined && !has(main, "labels"))
    return `${features[0]} has no labels: drop a file of them too (an array, or text with a class a line), or pick the array below.`;
  return null;
}

/** What will be undefined without a head, and the way out; null: there is one, or it is not wanted. */
export function headless(found: readonly Found[], choice: Choice): string | null {
  const place = placeOf(choice, "weight");
  const listing = found.find(({ name }) => name === place)?.listing;
  if (choice.head === "none" || named(choice, "weight").length > 0 || choice.keys.weight !== undefined) return null;
  if (has(listing, "weight")) return null;
  return "Without the last layer Z, NC3, NC4 and the comparison are not defined: drop the file that holds its weight (K × d), a checkpoint for instance, or pick the array.";
}

/** The question of a choice that lacks nothing. */
export function askedOf(choice: Choice): Asked {
  const [labels, weight, bias] = (["labels", "weight", "bias"] as const).map((role) => named(choice, role)[0]);
  return {
    features: named(choice, "features"),
    places: {
      keys: choice.keys,
      headless: choice.head === "none",
      ...(labels === undefined ? {} : { labels }),
      ...(weight === undefined || choice.head === "none" ? {} : { weight }),
      ...(bias === undefined || choice.head === "none" ? {} : { bias }),
      ...(choice.ignore.trim() === "" ? {} : { ignore: choice.ignore.trim() }),
      ...(choice.head === "cosine" ? { cosine: choice.scale === null ? {} : { scale: choice.scale } } : {}),
    },
    comparison: comparisonOfChoice(choice.compare),
    umap: choice.umap,
  };
}

function comparisonOfChoice({ at, lambdaZ, lambdaB, weightDecay, ends, nonnegative, loss }: Compare): ComparisonInput {
  const ofLoss = loss === lossNames[0] ? {} : { loss: loss as ComparisonInput["loss"] };
  const sign = nonnegative ? { nonnegative } : {};
  if (at === "lambdas") return { lambdaZ, lambdaB, ...sign, ...ofLoss };
  if (at === "weight-decay") return { weightDecay, ends: ends as ComparisonInput["ends"], ...ofLoss };
  if (at === "effective") return { weightDecay, compareEffective: true, ...sign };
  return {};
}

/** The command line that measures the same. */
export function commandOf(choice: Choice): string {
  const { features, places, comparison: c, umap } = askedOf(choice);
  const { keys } = places;
  const option = (name: string, value: string | number | undefined): string[] =>
    value === undefined ? [] : [`--${name} ${typeof value === "number" ? exact(value) : quoted(value)}`];
  return [
    "nclab measure",
    ...features.map(quoted),
    ...option("labels", places.labels),
    ...option("head-weight", places.weight),
    ...option("head-bias", places.bias),
    ...option("head", choice.head === "linear" ? undefined : choice.head),
    ...option("scale", places.cosine?.scale),
    ...option("ignore-label", places.ignore),
    ...option(
      "keys",
      Object.keys(keys).length === 0
        ? undefined
        : Object.entries(keys)
            .map(([role, name]) => `${role}=${name}`)
            .join(","),
    ),
    ...option("lambda-z", c.lambdaZ),
    ...option("lambda-b", c.lambdaB as number | undefined),
    ...option("weight-decay", c.weightDecay),
    ...option("ends", c.ends),
    ...(c.compareEffective ? ["--compare-effective"] : []),
    ...(c.nonnegative ? ["--nonnegative"] : []),
    ...option("loss", c.loss),
    ...(features.length > 1 ? [] : [`--picture ${umap ? "umap" : "means"}`]),
    "--json",
  ].join(" ");
}

/** As a shell takes it. */
export const quoted = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
