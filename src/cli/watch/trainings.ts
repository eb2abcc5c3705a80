import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { InputError, inputError } from "../../errors.ts";
import { textOf } from "../../files/index.ts";
import { isObject } from "../../json.ts";
import {
  comparedHead,
  documentHead,
  epochIn,
  jsonIn,
  pointOf,
  runHead,
  type SeriesHead,
  type WatchPoint,
} from "../../watch/index.ts";
import { versionOf } from "./look.ts";
import { beginning, newLines, type Tail } from "./tail.ts";
import type { WatchInput } from "./watcher.ts";

/** A training that writes a line an epoch: a run of `nclab train` (run.json, metrics.jsonl), or a folder of nclab.torch.Recorder (measurements.jsonl). */
export interface JsonLines {
  kind: "run" | "recorder";
  name: string;
  folder: string;
}

/** How much of it is known. A value. */
export interface Training extends JsonLines {
  tail?: Tail;
  head?: SeriesHead;
  /** Of a run: what its loss has beside the lambdas, and which run.json was read. */
  remedies?: ReturnType<typeof runHead>["remedies"];
  record?: string | null;
}

type Told = Pick<WatchInput, "emit" | "found" | "signal">;

/** Reads what is new; what is wrong with it is told, and does not end the watch. */
export async function readTraining(training: Training, told: Told): Promise<Training> {
  try {
    const known = training.kind === "run" ? await readRecord(training, told) : training;
    return known.kind === "run" && !known.head ? known : await readLines(known, told);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    told.emit({ kind: "wrong", file: training.folder, message: error.message });
    return training;
  }
}

async function readRecord(training: Training, { emit }: Told): Promise<Training> {
  const file = join(training.folder, "run.json");
  const record = await versionOf(file);
  if (record === null || record === training.record) return training;
  try {
    const { head, remedies } = runHead(training.name, (await textOf(file)) ?? "", file);
    // What its epochs said of the problem stays said.
    const whole = { ...head, problem: head.problem ?? training.head?.problem ?? null };
    emit({ kind: "wrong", file, message: null });
    emit({ kind: "head", head: whole });
    return { ...training, record, head: whole, remedies };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    emit({ kind: "wrong", file, message: error.message });
    return { ...training, record };
  }
}

async function readLines(before: Training, told: Told): Promise<Training> {
  const file = join(before.folder, before.kind === "run" ? "metrics.jsonl" : "measurements.jsonl");
  let training = before;
  for (;;) {
    const found = await newLines(file, training.tail ?? beginning);
    if (found === null) return training;
    if (found.anew) training = begunAgain(training, file, told);
    const points: WatchPoint[] = [];
    let latest: ReturnType<typeof pointOf>["latest"] = [];
    for (const { text, number } of found.lines) {
      const where = `${file}:${number}`;
      try {
        const document = jsonIn(text, where);
        if (!isObject(document)) throw inputError(where, "an object", document);
        const at = epochIn(document, where);
        const head = headWith(training, document, where);
        const read = pointOf(document, { at, file: null, groups: head.groups, where });
        await told.found({ series: training.name, at, file: null, document, head, point: read.point });
        if (head !== training.head) told.emit({ kind: "head", head });
        training = { ...training, head };
        points.push(read.point);
        latest = read.latest;
      } catch (error) {
        // One damaged line: the others have their numbers.
        if (!(error instanceof InputError)) throw error;
        told.emit({ kind: "wrong", file, message: error.message });
      }
    }
    if (points.length > 0) told.emit({ kind: "points", name: training.name, points, latest });
    training = { ...training, tail: found.tail };
    if (!found.more || found.lines.length === 0 || told.signal.aborted) return training;
    // The page is answered between two blocks of a long file.
    await turn();
  }
}

/** The file was written anew: its points are no longer so, and it may be another training. */
function begunAgain(training: Training, file: string, { emit }: Told): Training {
  emit({ kind: "gone", name: training.name });
  emit({ kind: "wrong", file, message: null });
  if (training.kind === "run" && training.head) emit({ kind: "head", head: training.head });
  return training.kind === "run" ? training : { ...training, head: undefined };
}

/** What is known of the training with one more document; the same head where that says nothing new. */
function headWith(training: Training, document: Record<string, unknown>, where: string): SeriesHead {
  const { kind, name, head, remedies = {} } = training;
  if (kind === "run")
    return head && !head.problem ? problemOr(head, comparedHead(head, remedies, document, where)) : (head as SeriesHead);
  return problemOr(head, documentHead(name, kind, document, where));
}

/** Counts may change from epoch to epoch, where samples are drawn; the curves stay those of the classes' first counts. */
export function problemOr(head: SeriesHead | undefined, next: SeriesHead): SeriesHead {
  if (!head) return next;
  return JSON.stringify(head.problem) === JSON.stringify(next.problem) ? head : { ...head, problem: next.problem };
}
