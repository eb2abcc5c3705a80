import { existsSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { InputError } from "../errors.ts";
import { readMetrics } from "../experiments/metrics-lines.ts";
import { resultOf } from "../experiments/result.ts";
import { type Metrics, type RunRecord, readRecord, versions } from "../experiments/run-record.ts";
import { describeOptions, folderOf, readSweep, stateOf } from "../experiments/sweep/folder.ts";
import { writeFileAtomic } from "../features/index.ts";
import { equalCounts } from "../measure/index.ts";
import { classesOf, expand, predict, summarize } from "../prediction/index.ts";
import { besideTable } from "../report/class-table.ts";
import { headlessDocument } from "../report/document.ts";
import type { Table } from "../report/format.ts";
import { cellOf, type RunView, runsReport, type SweepView } from "../report/runs-report.ts";
import { largestOf, separationOf } from "../report/separation.ts";
import { lambdaZOf, problemOf } from "../training/index.ts";
import type { Command, CommandInput } from "./command.ts";
import { toJson } from "./json.ts";

/** `nclab report`: run folders and sweeps as one page. */
export const report: Command = {
  name: "report",
  summary: "Writes one self-contained HTML page on runs and sweeps: predicted beside measured, tables, curves, settings.",
  positionals: "DIR...",
  options: {
    out: { type: "string", value: "FILE.html", help: "the page (default report.html)" },
    json: { type: "boolean", help: "print one JSON document: the page's name and what is on it" },
  },
  example: "nclab report thresholds --out thresholds.html",
  run,
};

/** A run with what is shown of it. */
interface Seen {
  /** In the table. */
  number: string;
  label: string;
  status: string;
  options: Record<string, string>;
  record: RunRecord;
  lines: Metrics[];
}

async function run({ options, positionals }: CommandInput): Promise<number> {
  if (positionals.length === 0) throw new InputError("nclab report: expected a run folder or a sweep folder, got none");
  const out = options.text("out") ?? "report.html";
  if (!/\.html?$/i.test(out)) throw new InputError(`--out: expected a name that ends in .html, got ${JSON.stringify(out)}`);
  const sweeps: SweepView[] = [];
  const runs: Seen[] = [];
  for (const folder of positionals) {
    if (existsSync(join(folder, "sweep.json"))) sweeps.push(await sweepView(folder));
    else if (existsSync(join(folder, "run.json")))
      runs.push(await seenRun(folder, `#${runs.length + 1}`, basename(resolve(folder)), {}));
    else throw new InputError(`${folder}: expected a run folder (run.json) or a sweep folder (sweep.json), got neither`);
  }
  if (runs.length > 0) sweeps.push(view("Runs", `${runs.length} run${runs.length > 1 ? "s" : ""}.`, runs, []));
  const page = runsReport(
    {
      title: `Neural collapse on imbalanced data: ${sweeps.map(({ name }) => name).join(", ")}`,
      sweeps,
      settings: { folders: positionals.map((folder) => basename(resolve(folder))).join(", ") },
      versions: versions(),
    },
    headlessDocument(),
  );
  await writeFileAtomic(out, page);
  const shown = sweeps.map(({ name, runs: drawn, table }) => ({ name, points: table.rows.length, runs: drawn.length }));
  console.log(options.flag("json") ? toJson({ schema: "nclab.report/1", file: out, sweeps: shown }) : out);
  return 0;
}

async function seenRun(folder: string, number: string, label: string, options: Record<string, string>): Promise<Seen> {
  const record = await readRecord(folder);
  return { number, label, status: record.status, options, record, lines: await readMetrics(folder) };
}

async function sweepView(folder: string): Promise<SweepView> {
  const sweep = await readSweep(folder);
  const runs: Seen[] = [];
  const rows: Table["rows"][number][] = [];
  let done = 0;
  for (const point of sweep.points) {
    const { status } = await stateOf(folder, point);
    const label = describeOptions(point.options, sweep.varied) || point.id;
    if (status === "done") done++;
    const number = `#${rows.length + 1}`;
    if (status === "missing" || status === "broken") rows.push(row(number, point.options, sweep.varied, status, null));
    else {
      const seen = { ...(await seenRun(folderOf(folder, point), number, label, point.options)), status };
      runs.push(seen);
      rows.push(row(number, point.options, sweep.varied, status, seen.lines.at(-1) ?? null));
    }
  }
  const shared = Object.entries(sweep.points[0]?.options ?? {}).filter(([name]) => !sweep.varied.includes(name));
  const text = `${sweep.points.length} points, ${done} done. Shared settings: ${shared.map(([name, value]) => `${name} ${value}`).join(", ") || "none"}.`;
  return { ...view(sweep.name, text, runs, sweep.varied), table: tableOf(sweep.name, sweep.varied, rows) };
}

function view(name: string, text: string, runs: readonly Seen[], varied: readonly string[]): SweepView {
  const rows = runs.map(({ number, options, status, lines, label }) =>
    row(number, varied.length ? options : { run: label }, varied.length ? varied : ["run"], status, lines.at(-1) ?? null),
  );
  return {
    name,
    text,
    table: tableOf(name, varied.length ? varied : ["run"], rows),
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

function row(
  number: string,
  options: Record<string, string>,
  varied: readonly string[],
  status: string,
  line: Metrics | null,
): Table["rows"][number] {
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

const tableOf = (name: string, varied: readonly string[], rows: Table["rows"]): Table => ({
  caption: `${name}: every point after its last evaluation`,
  columns: ["#", ...varied, ...columns],
  rows,
});

function runView({ number, label, record, lines }: Seen): RunView {
  const summary = summarize(problemOf(record.settings));
  // Lines from before it was measured do not have it.
  const classes: Metrics["classes"] | undefined = lines.at(-1)?.classes;
  return {
    label,
    number,
    predicted: expand(summary).Z,
    classes: classes ? besideTable(`${number} ${label}`, classes, classesOf(summary)) : null,
    measured: lines.at(-1)?.Z ?? null,
    clusters: equalCounts(record.settings.counts),
    history: lines.map((line) => ({
      epoch: line.epoch,
      nc1: line.nc1.paper,
      error: line.comparison.Zerror.frobenius,
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
  const values = new Set(runs.map(({ record }) => lambdaZOf(record.settings)));
  // A picture of more series than can be told apart says nothing.
  if (!varied.includes("lambda-z") || values.size < 2 || series.size > 4) return null;
  const sorted = (all: readonly Seen[]): Seen[] =>
    [...all].sort((a, b) => lambdaZOf(a.record.settings) - lambdaZOf(b.record.settings));
  const rarest = (counts: readonly number[]): number[] => counts.flatMap((n, k) => (n === Math.min(...counts) ? [k] : []));
  const point = ({ settings }: RunRecord, Z: Parameters<typeof separationOf>[0]) => ({
    at: lambdaZOf(settings),
    separation: separationOf(Z, rarest(settings.counts)),
    largest: largestOf(Z),
  });
  const named = (label: string, what: string): string => (label ? `${label}, ${what}` : what);
  return {
    predicted: [...series].map(([label, all]) => ({
      label: named(label, "predicted"),
      points: sorted(all).map(({ record }) => point(record, predict(problemOf(record.settings)).Z)),
    })),
    measured: [...series].map(([label, all]) => ({
      label: named(label, "measured"),
      points: sorted(all).flatMap(({ record, lines }) => (lines.length ? [point(record, (lines.at(-1) as Metrics).Z)] : [])),
    })),
    thresholds: [],
  };
}
