import type { MeasureDocument } from "../../inputs/index.ts";
import { type ClassReport, headWarning, ranked } from "../../measure/index.ts";
import { format } from "../../number-text.ts";
import { csvCell } from "../../separated.ts";
import { table } from "../../terminal/index.ts";
import { branchesText, classLabel, distancesText, figureText, sharedText, shortNames, statusText } from "../../words/index.ts";
import { lossWords } from "../problem-options.ts";
import { describePeeled } from "./peeled.ts";
import { type Scalar, scalars } from "./scalars.ts";

/** What `nclab measure` prints for people. */
export function describe(m: MeasureDocument): string {
  const interval = ({ name, print = format }: Scalar): string[] => {
    if (!m.intervals) return [];
    const found = m.intervals.of[name];
    return [found ? `${print(found.low)} to ${print(found.high)}` : "–"];
  };
  const rows = scalars.filter(({ of }) => of(m) !== null).map((s) => [s.name, printed(s, m, 6), ...interval(s)]);
  const undefinedOnes = scalars.filter(({ of }) => of(m) === null).map(({ name }) => name);
  const names = (classes: readonly number[]): string => {
    const shown = classes.slice(0, 20).map((k) => classLabel(k, m.classNames));
    return classes.length > shown.length ? `${shown.join(", ")} and ${classes.length - shown.length} more` : shown.join(", ");
  };
  return [
    `${m.file}: ${m.N} samples, ${m.K} classes, ${m.d} features`,
    ...m.notes.filter(isWarning).map((note) => `warning: ${note}`),
    "",
    table(["measure", "value", ...(m.intervals ? ["95 % interval"] : [])], rows),
    ...(m.intervals ? [`intervals: ${m.intervals.kind}, ${m.intervals.replicates} replicates, seed ${m.intervals.seed}`] : []),
    ...(undefinedOnes.length > 0 ? [`not defined or not measured here: ${undefinedOnes.join(", ")}`] : []),
    ...(m.traceRatio === null
      ? []
      : ["traceRatio: tr Sigma_W / tr Sigma_B, Sigma_B as in nc1.paper: about the mean of all samples, weighted 1/K"]),
    ...(m.branches ? [branchesText(m.branches)] : []),
    ...(m.geometry ? [`geometry of the class means: ${figureText(m.geometry, m.K, m.classNames)}`] : []),
    ...(m.distances ? [distancesText(m.distances)] : []),
    ...(m.shared?.count ? [sharedText(m.shared, m.K, m.classNames)] : []),
    "",
    classTable(m),
    ...m.merged.slice(0, 20).map((group) => `merged: ${names(group)}`),
    ...(m.merged.length > 20 ? [`... and ${m.merged.length - 20} more merged groups`] : []),
    ...(m.vanished.length > 0 ? [`vanished (mean prediction 0): ${names(m.vanished)}`] : []),
    ...(m.merged.length + m.vanished.length === 0 ? ["no class has merged or vanished"] : []),
    ...(m.comparedAt ? ["", comparison(m)] : []),
    ...(m.peeled ? ["", describePeeled(m.peeled)] : []),
    ...(m.summary ? [statusText(m.summary)] : []),
    ...m.notes.filter((note) => !isWarning(note)).map((note) => `note: ${note}`),
  ].join("\n");
}

function printed({ of, print }: Scalar, m: MeasureDocument, digits?: number): string {
  const value = of(m);
  return print && value !== null ? print(value) : format(value, digits);
}

/** What makes other numbers of the page mean nothing stands above them. */
const isWarning = (note: string): boolean =>
  note.startsWith(headWarning) || note.startsWith("effective: ") || note.startsWith("peeled: ");

/** The classes in most trouble first; a long list is cut. */
function classTable(m: MeasureDocument, most = 20): string {
  const list = ranked(m.classes);
  const rows = list
    .slice(0, most)
    .map((c) => [
      classLabel(c.class, m.classNames),
      String(c.count),
      state(c),
      c.nearestMean === null ? "–" : classLabel(c.nearestMean, m.classNames),
      format(c.meanDistance),
      format(c.relativeDistance),
      format(c.spread),
      format(c.margin),
      c.accuracy === null ? "–" : `${(100 * c.accuracy).toFixed(1)} %`,
    ]);
  const text = table(
    ["class", "samples", "status", "nearest mean", "distance", "relative", "spread", "margin in logits", "accuracy"],
    rows,
  );
  return list.length > most ? `${text}\n... and ${list.length - most} more (--json and --classes have all)` : text;
}

function state(c: ClassReport): string {
  if (c.count === 0) return "no samples";
  const words = [c.status ?? (c.group === null ? "mean of its own" : "merged"), ...(c.vanished ? ["vanished"] : [])];
  return words.join(", ");
}

function comparison({ comparedAt, comparison: c, classNames }: MeasureDocument): string {
  if (!comparedAt || !c) return "";
  const groups = (list: readonly number[][]): string =>
    list.length === 0 ? "none" : list.map((g) => `{${g.map((k) => classLabel(k, classNames)).join(", ")}}`).join(" ");
  return [
    `compared with the prediction at ${comparedAt.from} lambdas: lambda_Z ${format(comparedAt.lambdaZ, 6)}, lambda_b ${format(comparedAt.lambdaB, 6)}, ${comparedAt.nonnegative ? "nonnegative" : "free"} features${lossWords(comparedAt.loss)}`,
    `  Z: |Z - Z*|_F/|Z*|_F = ${format(c.Zerror.frobenius)}, max = ${format(c.Zerror.sup)};  b: ${format(c.berror.frobenius)}, ${format(c.berror.sup)}`,
    `  merged in the prediction: ${groups(c.mergedPredicted)};  merged here: ${groups(c.mergedMeasured)}`,
  ].join("\n");
}

/** One line a file, a column a measure; empty where a measure is undefined. */
export function csv(documents: readonly MeasureDocument[]): string {
  const head = ["file", "N", "K", "d", ...scalars.map(({ name }) => name)];
  const lines = documents.map((m) => [m.file, m.N, m.K, m.d, ...scalars.map(({ of }) => of(m))]);
  return [head, ...lines].map((line) => line.map(csvCell).join()).join("\n");
}

/** The per-class report of every file, ranked. */
export function classesCsv(documents: readonly MeasureDocument[]): string {
  const names = [
    "count",
    "status",
    "margin",
    "rival",
    "pOwn",
    "nearest",
    "distance",
    "nearestMean",
    "meanDistance",
    "relativeDistance",
    "spread",
    "predictionNorm",
    "accuracy",
  ] as const;
  const lines = documents.flatMap((m) =>
    ranked(m.classes).map((c) => [
      m.file,
      c.class,
      m.classNames?.[c.class] ?? null,
      ...names.map((name) => c[name]),
      c.group,
      c.vanished ? 1 : 0,
    ]),
  );
  return [["file", "class", "name", ...names, "group", "vanished"], ...lines].map((line) => line.map(csvCell).join()).join("\n");
}

/** Several files side by side. */
export function describeMany(documents: readonly MeasureDocument[]): string {
  const shown = scalars.filter(({ of }) => documents.some((m) => of(m) !== null));
  return table(
    ["measure", ...shortNames(documents.map((m) => m.file))],
    shown.map((scalar) => [scalar.name, ...documents.map((m) => printed(scalar, m))]),
  );
}
