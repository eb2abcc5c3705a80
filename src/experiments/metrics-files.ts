import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { eventFileHeader, scalarEvent } from "../features/index.ts";
import { unwritable, writeFileAtomic } from "../files/index.ts";
import { toJson } from "../json.ts";
import { csvCell } from "../separated.ts";
import { resultOf } from "./result.ts";
import type { Metrics, RunRecord } from "./run-record.ts";

/** The metrics of a run in the forms that tools read: metrics.jsonl (everything), an event file of TensorBoard (where asked for), metrics.csv (when done). */
export async function appendMetrics(out: string, record: RunRecord, line: Metrics): Promise<void> {
  await append(join(out, "metrics.jsonl"), `${toJson(line)}\n`);
  if (record.tensorboard) await append(join(out, eventFile(record)), eventOf(line));
}

async function append(file: string, what: string | Uint8Array): Promise<void> {
  await appendFile(file, what).catch((error: NodeJS.ErrnoException) => {
    throw unwritable(error, file);
  });
}

/** The lines up to a checkpoint, when a run goes on from it: what came after will be written again. */
export async function rewriteMetrics(out: string, record: RunRecord, lines: readonly Metrics[]): Promise<void> {
  await writeFileAtomic(join(out, "metrics.jsonl"), lines.map((line) => `${toJson(line)}\n`).join(""));
  if (record.tensorboard)
    await writeFileAtomic(join(out, eventFile(record)), Buffer.concat([header(record), ...lines.map(eventOf)]));
}

/** Begins the event file, where one was asked for. */
export async function startMetrics(out: string, record: RunRecord): Promise<void> {
  if (record.tensorboard) await writeFileAtomic(join(out, eventFile(record)), header(record));
}

/** A line an evaluated epoch, a column a number, each accuracy's mean and the least; RFC 4180. */
export function metricsCsv(lines: readonly Metrics[]): string {
  const results = lines.map(resultOf);
  const names = Object.keys(results[0] ?? {});
  return [names, ...results.map((result) => names.map((name) => result[name]))]
    .map((row) => `${row.map(csvCell).join()}\n`)
    .join("");
}

/** TensorBoard knows its files by this name; one a run, whatever machine goes on with it. */
const eventFile = ({ started }: RunRecord): string => `events.out.tfevents.${Math.floor(Date.parse(started) / 1000)}.nclab`;

const header = ({ started }: RunRecord): Uint8Array => eventFileHeader(Date.parse(started) / 1000);

function eventOf(line: Metrics): Uint8Array {
  const numbers = Object.entries(resultOf(line)).filter(
    (entry): entry is [string, number | null] => typeof entry[1] !== "string",
  );
  const { epoch, ...scalars } = Object.fromEntries(numbers);
  return scalarEvent(epoch as number, Date.now() / 1000, scalars);
}
