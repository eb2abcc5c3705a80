import { inputError } from "../errors.ts";
import { isObject } from "../json.ts";
import { type ClassStatus, classStatuses } from "../prediction/index.ts";
import { checkCounts, type ProblemInput } from "../problem/index.ts";
import { type ShownClass, weakest } from "../words/index.ts";
import { type Group, groupsOf, marginsOf } from "./groups.ts";
import { jsonIn, numberIn, problemCompared, problemOfRun } from "./problems.ts";
import { statusesOf } from "./questions.ts";
import type { SeriesHead, WatchPoint } from "./state.ts";

/** What a run.json, or a document of a measurement (a file's, a line of metrics.jsonl or of measurements.jsonl), says to whoever watches. Throws InputError with its place for what is not of its form. */

/** So many of the weakest classes are shown. */
const mostLatest = 40;

/** A run before its first epoch, by the text of its run.json; `remedies`: what its loss has beside the lambdas. */
export function runHead(name: string, text: string, where: string): { head: SeriesHead; remedies: Partial<ProblemInput> } {
  const record = jsonIn(text, where);
  if (!isObject(record)) throw inputError(where, "an object", record);
  if (record.schema !== "nclab.run/1") throw inputError(`${where}: schema`, "nclab.run/1", record.schema);
  const { counts, problem, remedies } = problemOfRun(record.settings, `${where}: settings`);
  const status = String(record.status);
  const head: SeriesHead = { name, kind: "run", status, counts, classNames: null, groups: groupsOf(counts, null), problem };
  return { head, remedies };
}

/** The head of a run that weight decay alone regularizes: what it goes to is said by its evaluated epochs alone. */
export function comparedHead(
  head: SeriesHead,
  remedies: Partial<ProblemInput>,
  line: Record<string, unknown>,
  where: string,
): SeriesHead {
  const compared = problemCompared(line, [...head.counts], where);
  return { ...head, problem: compared && { ...remedies, ...compared } };
}

/** Another training, by its first document. */
export function documentHead(
  name: string,
  kind: "recorder" | "files",
  document: Record<string, unknown>,
  where: string,
): SeriesHead {
  const counts = countsIn(document, where);
  const { classNames: given } = document;
  const classNames =
    Array.isArray(given) && given.length === counts.length && given.every((word) => typeof word === "string") ? given : null;
  // A class that does not occur has no place in the theory.
  const problem = counts.every((n) => n > 0) ? problemCompared(document, counts, where) : null;
  return { name, kind, status: null, counts, classNames, groups: groupsOf(counts, classNames), problem };
}

/** Its samples of each class, zeros for those that do not occur. */
function countsIn({ counts }: Record<string, unknown>, where: string): number[] {
  if (Array.isArray(counts) && counts.includes(0)) {
    checkCounts(
      counts.filter((n) => n !== 0),
      `${where}: counts`,
    );
    return counts;
  }
  return checkCounts(counts, `${where}: counts`);
}

/** A document as one point of its training's curves. */
export function pointOf(
  document: Record<string, unknown>,
  { at, file, groups, where }: { at: number; file: string | null; groups: readonly Group[]; where: string },
): { point: WatchPoint; latest: ShownClass[] } {
  const value = (path: string): number | null => {
    let x: unknown = document;
    for (const key of path.split(".")) x = isObject(x) ? x[key] : null;
    return x === undefined || x === null ? null : numberIn(x, `${where}: ${path}`);
  };
  const K = groups.reduce((sum, { classes }) => sum + classes.length, 0);
  const counts = countsIn(document, where);
  if (counts.length !== K) throw inputError(`${where}: counts`, `${K} classes, as before`, counts.length);
  const classes = classesIn(document, K, where);
  const judged = classes.some(({ status }) => status !== null);
  return {
    point: {
      at,
      file,
      nc1: value("nc1.paper"),
      error: value("comparison.Zerror.frobenius"),
      crossEntropy: value("crossEntropy"),
      accuracy: value("accuracyOverall"),
      statuses: judged ? statusesOf({ classes }) : null,
      margins: judged ? marginsOf(groups, classes) : null,
    },
    latest: weakest(classes, mostLatest),
  };
}

/** An epoch's number in a line of a training's own. */
export function epochIn({ epoch }: Record<string, unknown>, where: string): number {
  if (!Number.isSafeInteger(epoch) || (epoch as number) < 0) throw inputError(`${where}: epoch`, "a whole number", epoch);
  return epoch as number;
}

const states: readonly unknown[] = [...classStatuses, null];

/** Reports on the classes; none where the document has none (one of an older version). */
function classesIn({ classes: found }: Record<string, unknown>, K: number, where: string): ShownClass[] {
  if (found === undefined || found === null) return [];
  if (!Array.isArray(found)) throw inputError(`${where}: classes`, "a list", found);
  return found.map((report, i) => {
    const at = `${where}: classes[${i}]`;
    if (!isObject(report)) throw inputError(at, "a report on a class", report);
    const { class: k, status = null, rival = null } = report;
    const isClass = (x: unknown): x is number => Number.isInteger(x) && (x as number) >= 0 && (x as number) < K;
    if (!isClass(k)) throw inputError(`${at}.class`, `a class below ${K}`, k);
    if (rival !== null && !isClass(rival)) throw inputError(`${at}.rival`, `a class below ${K}, or null`, rival);
    if (!states.includes(status)) throw inputError(`${at}.status`, `${classStatuses.join(", ")} or null`, status);
    const optional = (x: unknown, what: string): number | null =>
      x === undefined || x === null ? null : numberIn(x, `${at}.${what}`);
    return {
      class: k,
      count: numberIn(report.count, `${at}.count`),
      pOwn: optional(report.pOwn, "pOwn"),
      rival,
      margin: optional(report.margin, "margin"),
      status: status as ClassStatus | null,
    };
  });
}
