import { format } from "../number-text.ts";
import { type PictureOptions, pathCurves } from "../plots/index.ts";
import { expand, factors, layerPeeledRatio, predictLayerPeeled } from "../prediction/index.ts";
import { layerPeeledProblem, penalized } from "../problem/index.ts";
import { type Figure, type FigureResult, type Scale, thin, type Verdict } from "./figure.ts";

/** As in the figures of Fang et al. (2021): ten classes, E_W = 1. */
const K = 10;
const EW = 1;
const bounds = [5, 10];
const majorities = [3, 5, 7];
/** Samples of a minority class: so many that a ratio rounded to whole counts is that ratio. */
const nB = 1e6;
const most = 1e4;
const grid = Array.from({ length: 41 }, (_, i) => most ** (i / 40));
/** A cosine this near to 1 is 1: what rounding leaves of equal rows. */
const same = 1e-9;

/** One optimum of the model. */
interface Row {
  EH: number;
  kA: number;
  ratio: number;
  /** Of the classifiers of two minority classes; null where they are 0. */
  cosine: number | null;
  multiplier: number;
  relativeGap: number;
  certified: boolean;
}

/**
 * The Layer-Peeled Model (theory, section 10): how the classifiers of the minority close up as the imbalance grows. Fang et al. draw it from trained networks and from a solver, and read the ratio at which they
 * are one off a grid; here each point is proved, and the ratio is the root of one function.
 */
export const layerPeeledFigure: Figure = {
  name: "layer-peeled",
  claim:
    "In the Layer-Peeled Model the cosine between two classifiers of the minority grows with the imbalance and is 1 from a finite ratio on, which comes later the looser the bounds and the smaller the majority (solved, nothing is trained).",
  points: () => [],
  conclude(_, scale): FigureResult {
    const families = bounds.flatMap((EH) => majorities.map((kA) => familyOf(EH, kA, scale)));
    return {
      data: {
        K,
        EW,
        thresholds: families.map(({ rows: _rows, ...family }) => family),
        rows: families.flatMap(({ rows }) => rows),
      },
      verdicts: [...families.map(verdictOf), proved(families)],
      words: [
        "predicted: the root over the ratio of |Z|_* at the minority's share against its bound; measured: the first value of the grid with one classifier, the last before it, and from where on it is 0 (there a curve ends)",
      ],
      pictures: bounds.map((EH) => ({
        name: `eh-${EH}`,
        draw: (options) =>
          draw(
            EH,
            families.filter((family) => family.EH === EH),
            options,
          ),
      })),
    };
  },
};

interface Family {
  EH: number;
  kA: number;
  threshold: number;
  rows: Row[];
}

function familyOf(EH: number, kA: number, scale: Scale): Family {
  const threshold = layerPeeledRatio({ kA, kB: K - kA, EW, EH });
  return { EH, kA, threshold, rows: thin(grid, scale, 13).map((ratio) => rowOf(EH, kA, ratio)) };
}

function rowOf(EH: number, kA: number, ratio: number): Row {
  const nA = Math.round(ratio * nB);
  const counts = Array.from({ length: K }, (_, k) => (k < kA ? nA : nB));
  const problem = layerPeeledProblem({ counts, EW, EH });
  const prediction = predictLayerPeeled(problem);
  const { multiplier, relativeGap, certified } = prediction;
  const shares = counts.map((n) => n / problem.N);
  const { W, d } = factors(penalized(shares, problem, multiplier), expand(prediction).Z);
  return {
    EH,
    kA,
    ratio: nA / nB,
    cosine: cosine(W.subarray(kA * d, kA * d + d), W.subarray((kA + 1) * d, (kA + 2) * d)),
    multiplier,
    relativeGap,
    certified,
  };
}

function cosine(x: Float64Array, y: Float64Array): number | null {
  const size = Math.hypot(...x) * Math.hypot(...y);
  return size === 0 ? null : x.reduce((sum, v, i) => sum + v * y[i], 0) / size;
}

function verdictOf({ EH, kA, threshold, rows }: Family): Verdict {
  // Classifiers that are 0 are one too.
  const one = rows.map((row) => row.cosine === null || row.cosine > 1 - same);
  const first = one.indexOf(true);
  const gone = rows.find((row) => row.cosine === null);
  const measured =
    first < 0
      ? `none up to ${format(most)}`
      : `${format(rows[first].ratio)}${first > 0 ? ` (not at ${format(rows[first - 1].ratio)})` : ""}${gone ? `, 0 from ${format(gone.ratio)} on` : ""}`;
  return {
    what: `k_A = ${kA}, E_H = ${EH}: ratio n_A/n_B from which on the minority has one classifier`,
    predicted: format(threshold, 6),
    measured,
    paper: null,
    rule: "on the grid the cosine is 1 exactly from there on, and grows before",
    holds: rows.every(
      (row, i) =>
        one[i] === row.ratio >= threshold && (i === 0 || one[i] || (row.cosine as number) > (rows[i - 1].cosine as number)),
    ),
  };
}

function proved(families: readonly Family[]): Verdict {
  const rows = families.flatMap((family) => family.rows);
  return {
    what: `relative duality gap of the ${rows.length} solutions, the largest`,
    predicted: "–",
    measured: format(Math.max(...rows.map((row) => row.relativeGap))),
    paper: null,
    rule: "at most 1e-10",
    holds: rows.every((row) => row.certified),
  };
}

/** A curve at any ratio: 1 at its threshold, where it has its corner, and between the solutions the straight line that is drawn there anyway. */
function cosineAt({ threshold, rows }: Family, ratio: number): number {
  if (ratio === threshold) return 1;
  const at = rows.findIndex((row) => row.ratio >= ratio);
  const [before, after] = [rows[Math.max(0, at - 1)], rows[at]];
  if (before === after || ratio === after.ratio) return after.cosine ?? Number.NaN;
  if (before.cosine === null || after.cosine === null) return Number.NaN;
  const share = Math.log(ratio / before.ratio) / Math.log(after.ratio / before.ratio);
  return before.cosine + share * (after.cosine - before.cosine);
}

function draw(EH: number, families: readonly Family[], options: PictureOptions): SVGSVGElement {
  const solved = families[0].rows.map((row) => row.ratio);
  const ratios = [...solved, ...families.map(({ threshold }) => threshold)].sort((x, y) => x - y);
  return pathCurves(
    {
      xLabel: "imbalance n_A/n_B",
      xScale: "log",
      x: ratios,
      yLabel: "cosine between two classifiers of the minority",
      curves: families.map((family) => ({
        label: `k_A = ${family.kA}, k_B = ${K - family.kA}`,
        values: ratios.map((ratio) => cosineAt(family, ratio)),
      })),
      events: families.map(({ kA, threshold }) => ({
        at: threshold,
        label: `k_A = ${kA}: one classifier for the whole minority from here on`,
      })),
    },
    { width: 640, title: `Layer-Peeled Model, K = ${K}, E_W = ${EW}, E_H = ${EH}`, ...options },
  );
}
