import { InputError, inputError } from "../errors.ts";
import { type CountTable, countsOfValue, parseCountTable, parseLongTail, presentCounts } from "../problem/index.ts";
import { checkedLabels, checkedNames, type LabelNumbers, mostClasses } from "./labels.ts";

/** The classes of a problem, as a user writes them: exactly one of `counts`, `labels` and `longTail`. */
export interface ClassesInput {
  /**
   * Samples of each class: K positive integers; a text as `--counts` takes it (`5x500,5x100`, `dataset:imagenet-lt`, lines of `name,count`); or an object or Map of counts by name, whose
   * names stand in the document.
   */
  counts?: ArrayLike<number> | string | Readonly<Record<string, number>> | ReadonlyMap<string, number>;
  /** The class of every sample, 0 to K - 1, to be counted. */
  labels?: LabelNumbers;
  /** With `labels`: samples with this label belong to no class. */
  ignoreLabel?: number;
  /** A long tail as `--long-tail` takes it: `exp:K:nmax:factor` or `step:K:nmax:factor`. */
  longTail?: string;
  /** K names, which stand in the document. */
  classNames?: readonly string[] | null;
}

/** What `classesOfInput` reads. */
export const classKeys: Record<keyof ClassesInput, true> = {
  counts: true,
  labels: true,
  ignoreLabel: true,
  longTail: true,
  classNames: true,
};

/** The counts, and the names of the classes where they are known. Throws InputError. */
export function classesOfInput(given: ClassesInput): CountTable {
  const said = (["counts", "labels", "longTail"] as const).filter((name) => given[name] !== undefined);
  if (said.length !== 1)
    throw new InputError(
      `classes: expected exactly one of counts, labels, longTail, got ${said.length === 0 ? "none" : said.join(" and ")}`,
    );
  if (given.ignoreLabel !== undefined && given.labels === undefined) throw inputError("ignoreLabel", "labels beside it", said[0]);
  const { counts, names } = counted(given);
  return { counts, names: checkedNames(given.classNames, counts.length) ?? names };
}

function counted({ counts, labels, ignoreLabel, longTail }: ClassesInput): CountTable {
  if (labels !== undefined) {
    const found = checkedLabels(labels, ignoreLabel, { most: mostClasses - 1 });
    return { counts: presentCounts(found.counts, "labels", "as class numbers"), names: null };
  }
  if (longTail !== undefined) {
    if (typeof longTail !== "string") throw inputError("longTail", "a text such as exp:10:500:0.01", longTail);
    return { counts: parseLongTail(longTail, "longTail"), names: null };
  }
  if (typeof counts === "string") return parseCountTable(counts, "counts");
  return countsOfValue(
    ArrayBuffer.isView(counts) ? Array.from(counts as unknown as ArrayLike<number>, Number) : counts,
    "counts",
  );
}
