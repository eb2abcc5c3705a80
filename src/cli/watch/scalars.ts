import { appendFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { InputError, inputError, WorkError } from "../../errors.ts";
import { eventFileHeader, scalarEvent } from "../../features/index.ts";
import { textOf, unwritable, writeFileAtomic } from "../../files/index.ts";
import { isObject, toJson } from "../../json.ts";
import type { Measurement } from "../../measure/index.ts";
import { classStatuses } from "../../prediction/index.ts";
import { jsonIn, type SeriesHead, type WatchPoint } from "../../watch/index.ts";

/** The numbers of a moment under flat names, as TensorBoard and Weights & Biases take them. */
export type Scalars = Record<string, number | null>;

/** Those of a document: the measures by their names in `nclab measure --csv`, how many classes have which status, and the least margin of each class or group of classes. */
export function scalarsOf(
  { document, point, head }: { document: Record<string, unknown>; point: WatchPoint; head: Pick<SeriesHead, "groups"> },
  measures: readonly { name: string; of: (m: Measurement) => number | null }[],
): Scalars {
  const found: Scalars = {};
  for (const { name, of } of measures) found[name] = numberOf(() => of(document as unknown as Measurement));
  classStatuses.forEach((name, i) => {
    found[`classes.${name}`] = point.statuses?.[i] ?? null;
  });
  head.groups.forEach(({ label, classes }, g) => {
    found[`margin.${classes.length === 1 ? classes[0] : label}`] = point.margins?.[g] ?? null;
  });
  return found;
}

/** A line of a training's own has not every part that a document of this version has. */
function numberOf(of: () => number | null): number | null {
  try {
    const value = of();
    return typeof value === "number" && Number.isFinite(value) ? value : null;
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

export interface ScalarWriter {
  write(place: { series: string; at: number; file: string | null }, values: Scalars): Promise<void>;
}

/**
 * Appends a line of JSON a moment: `run`, `step`, `file` where it is a file's, then the numbers that there are. A moment whose line is there already (of a watch that was started again) is not written twice. Throws InputError where
 * the file holds anything else than such lines.
 */
export async function lineWriter(file: string): Promise<ScalarWriter> {
  const text = (await textOf(file)) ?? "";
  const lines = new Set(text.split("\n").filter((line) => line !== ""));
  let number = 0;
  for (const line of lines) {
    number++;
    const where = `--scalars: ${file}:${number}`;
    const value = jsonIn(line, where);
    if (!isObject(value) || typeof value.run !== "string" || typeof value.step !== "number")
      throw inputError(where, "a line that nclab watch wrote (run, step, numbers), or another file", value);
  }
  if (text !== "" && !text.endsWith("\n"))
    throw new InputError(
      `--scalars: ${file}: expected a file that ends in a whole line, got half a line at its end: take it out, or give another file`,
    );
  return {
    async write({ series, at, file: of }, values) {
      const numbers = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
      const line = toJson({ run: series, step: at, ...(of === null ? {} : { file: of }), ...numbers });
      if (lines.has(line)) return;
      lines.add(line);
      await append(file, `${line}\n`);
    },
  };
}

/** An event file of TensorBoard a training, in a folder of its name; begun anew by every watch, as all moments are told again. */
export function eventWriter(folder: string, started: number): ScalarWriter {
  const begun = new Set<string>();
  return {
    async write({ series, at }, values) {
      const into = join(folder, series);
      const file = join(into, "events.out.tfevents.0.nclab-watch");
      if (!begun.has(series)) {
        await mkdir(into, { recursive: true }).catch(ended(into));
        await writeFileAtomic(file, eventFileHeader(started)).catch(ended(file));
        begun.add(series);
      }
      await append(file, scalarEvent(at, Date.now() / 1000, values));
    },
  };
}

async function append(file: string, what: string | Uint8Array): Promise<void> {
  await appendFile(file, what).catch(ended(file));
}

/** An output that can no longer be written is nothing that is wrong with what is watched: it ends the watch. */
const ended =
  (file: string) =>
  (error: NodeJS.ErrnoException): never => {
    throw new WorkError(unwritable(error, file).message);
  };
