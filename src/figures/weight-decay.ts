import { twoGroupCounts } from "../data/index.ts";
import { format } from "../number-text.ts";
import { type PictureOptions, scaling, separationCurves } from "../plots/index.ts";
import { predict } from "../prediction/index.ts";
import { problem } from "../problem/index.ts";
import { type Decay, problemOf } from "../training/index.ts";
import { verdictsOn } from "./along-grid.ts";
import { decayTraining } from "./decay-training.ts";
import type { Figure, FigurePoint, FigureResult, PointOutcome, Scale, Verdict } from "./figure.ts";
import { type CurveShape, criteria, isMerged, mergeLevel } from "./threshold-verdict.ts";
import { largestOf, spread } from "./two-groups.ts";

/**
 * Further than the paper: networks that weight decay alone regularizes (theory, section 9.1). Three families of counts, linear and ReLU features, decays from 1e-3 to 0.3: how far Z ends from the
 * prediction, whether a class is lost that the theory keeps, where the minority merges. Once with the decay on what the minimum depends on, once on everything, as PyTorch does it.
 */
interface Family {
  id: string;
  label: string;
  counts: number[];
  /** Classes that merge together; of the long tail each merges by itself. */
  minority: number[] | null;
}

const minority = [5, 6, 7, 8, 9];
const families: Family[] = [
  { id: "5x500-5x100", label: "5 x 500, 5 x 100", counts: twoGroupCounts(5, 500, 5, 100), minority },
  { id: "5x500-5x20", label: "5 x 500, 5 x 20", counts: twoGroupCounts(5, 500, 5, 20), minority },
  {
    id: "exponential",
    label: "500 to 10, exponential",
    counts: Array.from({ length: 10 }, (_, k) => Math.round(500 * 50 ** (-k / 9))),
    minority: null,
  },
];

const whole = [0.001, 0.003, 0.01, 0.03, 0.06, 0.08, 0.1, 0.15, 0.2, 0.3];
/** Where everything decays a training takes longer, and less depends on the grid: nothing is judged there. */
const grids: Record<Scale["name"], Record<Case["decay"], readonly number[]>> = {
  demo: { effective: [0.03, 0.25], all: [0.03, 0.25] },
  small: { effective: [0.003, 0.01, 0.03, 0.06, 0.1, 0.2], all: [0.003, 0.01, 0.03, 0.06] },
  medium: { effective: [0.003, 0.01, 0.03, 0.06, 0.1, 0.2], all: [0.003, 0.01, 0.03, 0.06] },
  full: { effective: whole, all: whole },
};

/** Largest error of Z (Frobenius, relative) that the claim allows with `effective`, and up to which decay it is asked. */
const allowed = { error: 0.03, upTo: 0.1 };

interface Case {
  id: string;
  family: Family;
  features: "linear" | "relu";
  decay: Exclude<Decay, "head">;
  lambda: number;
}

function cases(scale: Scale): Case[] {
  const shown = scale.name === "demo" ? families.slice(0, 1) : families;
  return (["effective", "all"] as const).flatMap((decay) =>
    shown.flatMap((f) =>
      (["linear", "relu"] as const).flatMap((features) =>
        grids[scale.name][decay].map((lambda) => ({
          id: `${decay}-${f.id}-${features}-${lambda}`,
          family: f,
          features,
          decay,
          lambda,
        })),
      ),
    ),
  );
}

function pointOf({ id, family: { counts }, features, decay, lambda }: Case, scale: Scale): FigurePoint {
  return { id, job: { dataset: scale.dataset, settings: decayTraining({ counts, features, decay, lambda }, scale) } };
}

interface Row extends Case {
  value: number;
  predicted: CurveShape & { Z: number[][]; distinct: number[] };
  measured: CurveShape & { Z: number[][]; distinct: number[] };
  error: number | null;
  nc1: number | null;
  objective: number;
  predictedObjective: number | null;
  lost: number[];
}

function rowOf(c: Case, { job, outcome: { final } }: PointOutcome): Row {
  const shapeOf = (Z: number[][]) => ({
    Z,
    separation: spread(Z, c.family.minority ?? Z.map((_, k) => k)),
    largest: largestOf(Z),
    distinct: distinct(Z),
  });
  const predicted = shapeOf(predict(problemOf(job.settings)).Z);
  const measured = shapeOf(final.Z);
  return {
    ...c,
    value: c.lambda,
    predicted,
    measured,
    error: final.comparison?.Zerror.frobenius ?? null,
    nc1: final.nc1.paper,
    objective: final.objective,
    predictedObjective: final.predictedObjective,
    lost: predicted.distinct.filter((k) => !measured.distinct.includes(k)),
  };
}

/** Classes that are merged with no other, by the criterion of the thresholds. */
function distinct(Z: number[][]): number[] {
  const largest = largestOf(Z);
  const others = (k: number): number[] => Z.map((_, l) => l).filter((l) => l !== k);
  return Z.flatMap((_, k) => (others(k).every((l) => !isMerged({ separation: spread(Z, [k, l]), largest })) ? [k] : []));
}

export const weightDecayFigure: Figure = {
  name: "weight-decay",
  claim:
    "A network whose features come out of batch normalization goes where weight decay alone says, nothing fitted: Z within 3 % up to a decay of 0.1, no class lost that the theory keeps, the minority merged from n/N = λ² on.",
  points: (scale) => cases(scale).map((c) => pointOf(c, scale)),
  conclude(outcomes, scale): FigureResult {
    const rows = cases(scale).map((c, i) => rowOf(c, outcomes[i]));
    const series = firsts(rows);
    return {
      data: {
        families: families.map(({ id, counts }) => ({ id, counts })),
        rows: rows.map(({ family: f, value: _, ...row }) => ({ ...row, counts: f.counts })),
      },
      verdicts: [
        ...rows.map(errorVerdict),
        ...series.flatMap((first) => thresholdVerdicts(rows.filter((row) => sameSeries(row, first)))),
      ],
      words: criteria,
      pictures: ["effective", "all"].flatMap((decay) => {
        const shown = rows.filter((row) => row.decay === decay);
        return [
          { name: `${decay}`, draw: (options: PictureOptions) => separationCurves(curves(shown), { width: 820, ...options }) },
          { name: `${decay}-error`, draw: (options: PictureOptions) => scaling(errors(shown), { width: 820, ...options }) },
        ];
      }),
    };
  },
};

const sameSeries = (a: Case, b: Case): boolean => a.decay === b.decay && a.family === b.family && a.features === b.features;
/** The first row of every series. */
const firsts = (rows: readonly Row[]): Row[] => rows.filter((row, i) => i === rows.findIndex((r) => sameSeries(r, row)));
const nameOf = ({ decay, family: { label }, features }: Case): string =>
  `${label}, ${features}, decay of ${decay === "all" ? "everything" : "what counts"}`;

/** What everything decays in is shown, not judged: units die there, which is no matter of the model. */
function errorVerdict(row: Row): Verdict {
  const { decay, lambda, error, nc1, lost, predicted, measured } = row;
  const judged = decay === "effective" && lambda <= allowed.upTo;
  const list = (classes: readonly number[]): string => (classes.length === 0 ? "none" : classes.join(" "));
  return {
    what: `${nameOf(row)}, λ = ${lambda}: Z`,
    predicted: `largest |Z| ${format(predicted.largest)}, distinct: ${list(predicted.distinct)}`,
    measured: `${format(measured.largest)}, error ${error === null ? "–" : `${format(100 * error)} %`}, lost: ${list(lost)}${nc1 === null ? "" : `, NC1 ${nc1.toExponential(1)}`}`,
    paper: null,
    rule: judged ? "error of Z at most 3 %, none lost" : null,
    holds: judged ? error !== null && error <= allowed.error && lost.length === 0 : null,
  };
}

/** Where the minority merges (or, with nonnegative features, vanishes), along the grid. */
function thresholdVerdicts(rows: readonly Row[]): Verdict[] {
  const [first] = rows;
  if (first.family.minority === null) return [];
  const verdicts = verdictsOn(`${nameOf(first)}: minority merges`, mergesAt(first), rows, mergeLevel, null);
  return first.decay === "effective" ? verdicts : verdicts.map((v) => ({ ...v, rule: null, holds: null }));
}

/** sqrt(n/N) with linear features; with nonnegative ones where the certified solution loses the minority, by bisection of the decay. */
function mergesAt({ family: { counts, minority: group }, features }: Case): number {
  const N = counts.reduce((a, b) => a + b, 0);
  if (features === "linear") return Math.sqrt(Math.min(...counts) / N);
  let [low, high] = [1e-3, Math.sqrt(Math.max(...counts) / N)];
  while (high / low > 1 + 1e-4) {
    const middle = Math.sqrt(low * high);
    const { Z } = predict(problem({ counts, weightDecay: middle, ends: "batch-norm-relu" }));
    const vanished = spread(Z, group as number[]) <= 1e-6 * Math.max(1, largestOf(Z));
    [low, high] = vanished ? [low, middle] : [middle, high];
  }
  return low;
}

/** The error of Z against the decay, a line a family and kind of features. */
function errors(rows: readonly Row[]) {
  return {
    xLabel: "weight decay λ",
    yLabel: "relative error of Z",
    series: firsts(rows).map((first) => ({
      label: `${first.family.label}, ${first.features}`,
      points: rows.filter((row) => sameSeries(row, first)).map(({ lambda, error }) => ({ size: lambda, seconds: error })),
    })),
  };
}

function curves(rows: readonly Row[]) {
  const series = firsts(rows).filter((row) => row.family.minority !== null);
  const along = (of: "predicted" | "measured") =>
    series.map((first) => ({
      label: `${first.family.label}, ${first.features}, ${of === "measured" ? "trained" : of}`,
      points: rows.filter((row) => sameSeries(row, first)).map((row) => ({ at: row.lambda, ...row[of] })),
    }));
  return {
    xLabel: "weight decay λ",
    predicted: along("predicted"),
    measured: along("measured"),
    thresholds: series.map((first) => ({ at: mergesAt(first), label: `${first.family.label}, ${first.features}` })),
  };
}
