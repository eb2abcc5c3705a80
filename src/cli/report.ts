import { existsSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { InputError } from "../errors.ts";
import {
  describeOptions,
  folderOf,
  type Metrics,
  type RunRecord,
  readMetrics,
  readRecord,
  readSweep,
  resultOf,
  stateOf,
  versions,
} from "../experiments/index.ts";
import { minimum } from "../extremes.ts";
import { writeFileAtomic } from "../files/index.ts";
import { equalCounts } from "../measure/index.ts";
import { classesOf, expand, predict, summarize } from "../prediction/index.ts";
import { cellOf, headlessDocument, type RunView, runsReport, type SweepView } from "../report/index.ts";
import type { Table } from "../terminal/index.ts";
import { featuresPenalized, lambdaZOf, problemOf } from "../training/index.ts";
import { besideTable, branchesText, largestOf, type SeriesView, separationOf, sharedText } from "../words/index.ts";
import type { Command, CommandInput } from "./command.ts";
import { toJson } from "./json.ts";
import { checkPageName } from "./outputs.ts";
import { seriesView } from "./report-series.ts";

/** `nclab report`: run folders and sweeps as one page. */
export const report: Command = {
  name: "report",
  summary:
    "Writes one self-contained HTML page on runs, sweeps and measurements of several files: predicted beside measured, tables, curves, settings.",
  positionals: "DIR|MEASUREMENTS.json...",
  options: {
    out: { type: "string", writes: true, value: "FILE.html", help: "the page (default report.html)" },
    json: { type: "boolean", help: "print one JSON document: the page's name and what is on it" },
  },
  example: "nclab report thresholds --out thresholds.html",
  run,
};

/** A run in the table, with what is shown of it where it can be read. */
interface Entry {
  /** In the table. */
  number: string;
  label: string;
  status: string;
  options: Record<string, string>;
  seen: { record: RunRecord; lines: Metrics[] } | null;
}

type Seen = Entry & { seen: NonNullable<Entry["seen"]> };

/** What could not be read, and why. */
interface Skipped {
  folder: string;
  error: string;
}

async function run({ options, positionals }: CommandInput): Promise<number> {
  if (positionals.length === 0)
    throw new InputError("nclab report: expected a run folder, a sweep folder or a document of nclab measure --json, got none");
  const out = options.text("out") ?? "report.html";
  checkPageName("--out", out);
  const { sweeps, series, skipped } = await read(positionals);
  // Nothing to show is bad input; something beside what is damaged is a page.
  if (series.length === 0 && sweeps.every(({ runs }) => runs.length === 0) && skipped.length > 0)
    throw new InputError(skipped[0].error);
  const page = runsReport(
    {
      title: `Neural collapse on imbalanced data: ${[...sweeps, ...series].map(({ name }) => name).join(", ")}`,
      sweeps,
      series,
      settings: { folders: positionals.map((folder) => basename(resolve(folder))).join(", ") },
      versions: versions(),
    },
    headlessDocument(),
  );
  await writeFileAtomic(out, page);
  const shown = sweeps.map(({ name, runs: drawn, table }) => ({ name, points: table.rows.length, runs: drawn.length }));
  const measured = series.map(({ name, table }) => ({ name, files: table.rows.length }));
  const document = { schema: "nclab.report/1", file: out, sweeps: shown, series: measured, skipped };
  console.log(options.flag("json") ? toJson(document) : out);
  for (const { error } of skipped) console.error(`${error}; it is left out`);
  return skipped.length > 0 ? 1 : 0;
}

/** Everything that was named: sweeps first, then all the runs as one table, then measurements of several files. */
async function read(folders: readonly string[]): Promise<{ sweeps: SweepView[]; series: SeriesView[]; skipped: Skipped[] }> {
  const series: SeriesView[] = [];
  const sweeps: SweepView[] = [];
  const runs: Entry[] = [];
  const skipped: Skipped[] = [];
  for (const folder of folders) {
    if (existsSync(join(folder, "sweep.json"))) {
      const sweep = await orSkip(skipped, folder, () => sweepView(folder, skipped));
      if (sweep) sweeps.push(sweep);
    } else if (existsSync(join(folder, "run.json"))) {
      const seen = await orSkip(skipped, folder, () => seenRun(folder));
      const status = seen?.record.status ?? "broken";
      runs.push({ number: `#${runs.length + 1}`, label: basename(resolve(folder)), status, options: {}, seen });
    } else if (isFile(folder)) {
      const view = await orSkip(skipped, folder, async () => seriesView(folder));
      if (view) series.push(view);
    } else
      throw new InputError(
        `${folder}: expected a run folder (run.json), a sweep folder (sweep.json) or a document of nclab measure --json, got neither`,
      );
  }
  if (runs.length > 0) {
    const entries = runs.map((entry) => ({ ...entry, options: { run: entry.label } }));
    sweeps.push(view("Runs", `${runs.length} run${runs.length > 1 ? "s" : ""}.`, entries, ["run"]));
  }
  return { sweeps, series, skipped };
}

/** What cannot be looked at (a link that leads to itself) is no file. */
function isFile(place: string): boolean {
  try {
    return statSync(place).isFile();
  } catch {
    return false;
  }
}

/** What `of` reads; null, and a word on why, where the folder is damaged. */
async function orSkip<T>(skipped: Skipped[], folder: string, of: () => Promise<T>): Promise<T | null> {
  try {
    return await of();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    skipped.push({ folder, error: error.message });
    return null;
  }
}

async function seenRun(folder: string): Promise<NonNullable<Entry["seen"]>> {
  return { record: await readRecord(folder), lines: await readMetrics(folder) };
}

async function sweepView(folder: string, skipped: Skipped[]): Promise<SweepView> {
  const sweep = await readSweep(folder);
  const entries: Entry[] = [];
  for (const point of sweep.points) {
    const { status, error } = await stateOf(folder, point);
    const there = folderOf(folder, point);
    if (status === "broken") skipped.push({ folder: there, error: error ?? `${there}: broken` });
    const begun = status !== "missing" && status !== "broken" && existsSync(join(there, "run.json"));
    entries.push({
      number: `#${entries.length + 1}`,
      label: describeOptions(point.options, sweep.varied) || point.id,
      status,
      options: point.options,
      seen: begun ? await orSkip(skipped, there, () => seenRun(there)) : null,
    });
  }
  const done = entries.filter(({ status }) => status === "done").length;
  const shared = Object.entries(sweep.points[0]?.options ?? {}).filter(([name]) => !sweep.varied.includes(name));
  const text = `${sweep.points.length} points, ${done} done. Shared settings: ${shared.map(([name, value]) => `${name} ${value}`).join(", ") || "none"}.`;
  return view(sweep.name, text, entries, sweep.varied);
}

function view(name: string, text: string, entries: readonly Entry[], varied: readonly string[]): SweepView {
  const runs = entries.filter((entry): entry is Seen => entry.seen !== null);
  return {
    name,
    text,
    table: {
      caption: `${name}: every point after its last evaluation`,
      columns: ["#", ...varied, ...columns],
      rows: entries.map((entry) => row(entry, varied)),
      notes: runs.flatMap(ofFeatures).slice(0, mostNotes),
    },
    runs: runs.map(runView),
    separation: alongLambda(runs, varied),
  };
}

const columns = [
  "status",
  "epoch",
  "error of Z",
  "error of b",
  "NC1",
  "merged, predicted",
  "merged, measured",
  "train accuracy",
  "test accuracy",
];

/** More lines than this below a table nobody reads. */
const mostNotes = 20;

/** What a run's features show beside its numbers: residual branches in use, classes that share directions. Lines from before it was measured do not have it. */
function ofFeatures({ number, seen: { lines } }: Seen): string[] {
  const line: Partial<Metrics> | undefined = lines.at(-1);
  if (!line?.counts) return [];
  const { branches, shared, counts, classes } = line;
  return [
    ...(branches && branches.atMost !== 1 ? [`${number}: ${branchesText(branches)}.`] : []),
    ...(shared?.count ? [`${number}: ${sharedText(shared, counts.length, classes?.map((c) => c.name) ?? null)}.`] : []),
  ];
}

function row({ number, options, status, seen }: Entry, varied: readonly string[]): Table["rows"][number] {
  const line = seen?.lines.at(-1);
  const r = line ? resultOf(line) : null;
  const numbers = r
    ? [
        r.epoch,
        r.ZerrorFrobenius,
        r.berrorFrobenius,
        r.nc1Paper,
        r.mergedPredicted || "none",
        r.mergedMeasured || "none",
        r.trainAccuracy,
        r.testAccuracy,
      ]
    : columns.slice(1).map(() => null);
  return [number, ...varied.map((name) => cellOf(options[name])), status, ...numbers];
}

function runView({ number, label, seen: { record, lines } }: Seen): RunView {
  const summary = featuresPenalized(record.settings) ? summarize(problemOf(record.settings)) : null;
  // Lines from before it was measured do not have it.
  const classes: Metrics["classes"] | undefined = lines.at(-1)?.classes;
  return {
    label,
    number,
    predicted: summary && expand(summary).Z,
    classes: classes && summary ? besideTable(`${number} ${label}`, classes, classesOf(summary)) : null,
    measured: lines.at(-1)?.Z ?? null,
    clusters: equalCounts(record.settings.counts),
    history: lines.map((line) => ({
      epoch: line.epoch,
      nc1: line.nc1.paper,
      error: line.comparison?.Zerror.frobenius ?? null,
      objective: line.objective,
    })),
  };
}

/** Separation of the rarest classes along lambda_Z, a series for each of the other settings; null where lambda_Z is not what varies. */
function alongLambda(runs: readonly Seen[], varied: readonly string[]): SweepView["separation"] {
  const others = varied.filter((name) => name !== "lambda-z" && name !== "seed");
  const series = new Map<string, Seen[]>();
  for (const seen of runs) {
    const key = describeOptions(seen.options, others);
    series.set(key, [...(series.get(key) ?? []), seen]);
  }
  const values = new Set(runs.map(({ seen }) => lambdaZOf(seen.record.settings)));
  // A picture of more series than can be told apart says nothing.
  if (!runs.every(({ seen }) => featuresPenalized(seen.record.settings))) return null;
  if (!varied.includes("lambda-z") || values.size < 2 || series.size > 4) return null;
  const sorted = (all: readonly Seen[]): Seen[] =>
    [...all].sort((a, b) => lambdaZOf(a.seen.record.settings) - lambdaZOf(b.seen.record.settings));
  const rarest = (counts: readonly number[]): number[] => {
    const least = minimum(counts);
    return counts.flatMap((n, k) => (n === least ? [k] : []));
  };
  const point = ({ settings }: RunRecord, Z: Parameters<typeof separationOf>[0]) => ({
    at: lambdaZOf(settings),
    separation: separationOf(Z, rarest(settings.counts)),
    largest: largestOf(Z),
  });
  const named = (label: string, what: string): string => (label ? `${label}, ${what}` : what);
  return {
    predicted: [...series].map(([label, all]) => ({
      label: named(label, "predicted"),
      points: sorted(all).map(({ seen: { record } }) => point(record, predict(problemOf(record.settings)).Z)),
    })),
    measured: [...series].map(([label, all]) => ({
      label: named(label, "measured"),
      points: sorted(all).flatMap(({ seen: { record, lines } }) =>
        lines.length ? [point(record, (lines.at(-1) as Metrics).Z)] : [],
      ),
    })),
    thresholds: [],
  };
}
