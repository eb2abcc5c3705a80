import { createHash } from "node:crypto";
import type { DatasetName } from "../data/index.ts";
import { isObject, toJson } from "../json.ts";
import type { TrainingSettings } from "../training/index.ts";

/** What decides a run's files: settings, data set and evaluated epochs; not where the data lie, nor how often a checkpoint is written. */
export interface Deciding {
  settings: TrainingSettings;
  dataset: DatasetName;
  evaluateEvery: number;
  /** Only the first so many classes; absent: all. */
  classes?: number;
}

/** The order in which the hash takes the settings, so that a file whose entries somebody sorted says the same; names not known here follow by the alphabet. */
const settingsOrder = [
  "lambdaW",
  "lambdaH",
  "lambdaB",
  "network",
  "features",
  "epochs",
  "batch",
  "microBatch",
  "schedule",
  "momentum",
  "weightDecay",
  "seed",
  "device",
  "counts",
  "warmup",
  "lastLayer",
  "wholeSet",
];
const remediesOrder = ["weights", "offsets", "factors", "smoothing", "repeats"];

/** Names a run by what decides it: 16 digits of the SHA-256 of `decidingText`. run.json and the checkpoint carry it, a sweep's run folders are called by it. */
export const runId = (of: Deciding): string => hashOf(decidingText(of));

/** 16 digits of the SHA-256 of a text. */
export const hashOf = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 16);

/** What decides a run as text, the same for the same values. */
export function decidingText({ settings, dataset, evaluateEvery, classes }: Deciding): string {
  const { remedies, ...plain } = settings;
  return toJson({
    settings: { ...inOrder(plain, settingsOrder), remedies: inOrder(remedies, remediesOrder) },
    dataset,
    evaluateEvery,
    ...(classes === undefined ? {} : { classes }),
  });
}

/** Every value that is not the same in both: `settings.seed: expected 1, got 2`. */
export function differences(there: unknown, here: unknown, at = ""): string[] {
  if (isObject(there) && isObject(here))
    return [...new Set([...Object.keys(there), ...Object.keys(here)])].flatMap((key) =>
      differences(there[key], here[key], at === "" ? key : `${at}.${key}`),
    );
  const [a, b] = [there, here].map((x) => (x === undefined ? "nothing" : toJson(x)));
  return a === b ? [] : [`${at}: expected ${a}, got ${b}`];
}

function inOrder(values: object, order: readonly string[]): object {
  const given = values as Record<string, unknown>;
  const names = Object.keys(given).filter((name) => given[name] !== undefined);
  return Object.fromEntries(
    [...order.filter((name) => names.includes(name)), ...names.filter((name) => !order.includes(name)).sort()].map((name) => [
      name,
      given[name],
    ]),
  );
}
