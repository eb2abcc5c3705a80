import { random } from "../../src/math/random.ts";
import type { AngleData } from "../../src/plots/angles.ts";
import type { BandData } from "../../src/plots/bands.ts";
import type { CurveData } from "../../src/plots/curves.ts";
import type { HeatMapData } from "../../src/plots/heatmaps.ts";
import type { MarginData } from "../../src/plots/margins.ts";
import type { PathData } from "../../src/plots/path.ts";
import type { PhaseData, PhaseLetter } from "../../src/plots/phase.ts";
import type { RankData } from "../../src/plots/ranks.ts";
import type { ScalingData } from "../../src/plots/scaling.ts";
import type { SeparationData } from "../../src/plots/separation.ts";
import type { ShareData } from "../../src/plots/shares.ts";
import type { SingularValueData } from "../../src/plots/singular-values.ts";
import type { SpectrumData } from "../../src/plots/spectrum.ts";
import { phaseColumns } from "../../src/theory/index.ts";

/**
 * Sample data for every picture: 5 x 500 + 5 x 100, lambda_b = 0.02. Four values of lambda_Z carry the exact solution
 * (a, b, c, d of the two-cluster theorem); what stands for measurements is the same with seeded noise.
 */
export const clusters: number[][] = [
  [0, 1, 2, 3, 4],
  [5, 6, 7, 8, 9],
];

export const solutions: { lambdaZ: number; a: number; b: number; c: number; d: number }[] = [
  { lambdaZ: 0.0027, a: 0.4448, b: 0.346, c: 0.10316, d: -0.07643 },
  { lambdaZ: 0.0039, a: 0.41393, b: 0.03145, c: 0.00876, d: -0.03145 },
  { lambdaZ: 0.0051, a: 0.29443, b: 0, c: 0, d: 0 },
  { lambdaZ: 0.0075, a: 0, b: 0, c: 0, d: 0 },
];

/** Z = B(a, b, c, d) for k_A = k_B = 5. */
export function blockMatrix({ a, b, c, d }: { a: number; b: number; c: number; d: number }): number[][] {
  return Array.from({ length: 10 }, (_, i) =>
    Array.from({ length: 10 }, (_, j) => {
      const own = i === j ? 1 : 0;
      if (i < 5 && j < 5) return own * 5 * (a + c) - a;
      if (i < 5) return -b;
      if (j < 5) return -c;
      return own * 5 * (d + b) - d;
    }),
  );
}

export function noisy(Z: readonly (readonly number[])[], seed: number, size: number = 0.04): number[][] {
  const { normal } = random(seed);
  const most = Math.max(0.3, ...Z.flat().map(Math.abs));
  return Z.map((row) => row.map((v) => v * 0.97 + size * most * normal()));
}

export const heatMapData: HeatMapData = {
  rows: ["predicted Z*", "measured Z"],
  clusters,
  groups: solutions.map((s, i) => ({
    title: `λ_Z = ${s.lambdaZ}`,
    matrices: [blockMatrix(s), noisy(blockMatrix(s), i)],
  })),
};

const grid = Array.from({ length: 60 }, (_, i) => 0.001 + (i * 0.0075) / 59);
const fall = (lambdaZ: number, end: number, top: number): number => (lambdaZ < end ? top * Math.log(end / lambdaZ) : 0);

export const separationData: SeparationData = {
  predicted: [
    {
      label: "predicted, free features",
      points: grid.map((l) => ({ at: l, separation: fall(l, 1 / 300, 6), largest: fall(l, 0.00745, 2) })),
    },
    {
      label: "predicted, nonnegative features",
      points: grid.map((l) => ({ at: l, separation: fall(l, 0.0034, 5), largest: fall(l, 0.0067, 1.9) })),
    },
  ],
  measured: [
    {
      label: "measured, linear features",
      points: [0.002, 0.0027, 0.0033, 0.0039, 0.0051, 0.0075].map((l) => ({
        at: l,
        separation: fall(l, 1 / 300, 5.8),
        largest: fall(l, 0.00745, 1.95),
      })),
    },
    {
      label: "measured, ReLU features",
      points: [0.0039, 0.0051].map((l) => ({ at: l, separation: null, largest: fall(l, 0.0067, 1.88) })),
    },
  ],
  thresholds: [
    { at: 1 / 300, label: "minority merges" },
    { at: 0.0034, label: "minority vanishes (nonnegative)" },
    { at: 0.0067, label: "complete collapse (nonnegative)" },
    { at: 0.00745, label: "complete collapse (free)" },
  ],
};

export const curveData: CurveData = {
  yLabel: "NC1 (paper weighting)",
  yScale: "log",
  runs: [0.002, 0.0027, 0.0039].map((l, r) => ({
    label: `λ_Z = ${l}`,
    points: Array.from({ length: 41 }, (_, i) => ({
      epoch: i * 10,
      value: r === 2 && i === 20 ? null : 2 * Math.exp(-i * (0.18 + 0.05 * r)) + 1e-4,
    })),
  })),
};

const correlation = (n: number, from: number): number => -1 / 9 + from / Math.log(n);
const angleAt = (n: number): { nA: number; withinA: number; withinB: number; between: number } => ({
  nA: n,
  withinA: correlation(n, -0.4),
  withinB: correlation(n, 0.9),
  between: correlation(n, -0.15),
});
export const angleData: AngleData = {
  K: 10,
  points: [100, 200, 500, 1000, 2000, 4000].map(angleAt).map((p) => ({ ...p, withinB: p.withinB + 0.005 })),
  predicted: Array.from({ length: 30 }, (_, i) => angleAt(100 * 40 ** (i / 29))),
};

export const singularValueData: SingularValueData = {
  lambdaZ: grid,
  values: grid.map((l) => [
    ...Array.from({ length: 4 }, () => fall(l, 0.00745, 22)),
    fall(l, 0.006, 17),
    ...Array.from({ length: 4 }, () => fall(l, 1 / 300, 14)),
    0,
  ]),
  events: [
    { at: 1 / 300, label: "classes 5, 6, 7, 8, 9: one vector from here on, rank 5" },
    { at: 0.006, label: "rank 4" },
    { at: 0.00745, label: "complete collapse, rank 0" },
  ],
  current: 0.0027,
};

export const pathData: PathData = {
  xLabel: "λ_Z",
  xScale: "log",
  x: grid,
  yLabel: "margin over the strongest rival (logits)",
  curves: [
    { label: "0-4 (n = 500)", values: grid.map((l) => fall(l, 0.00745, 2)) },
    { label: "5-9 (n = 100)", values: grid.map((l) => fall(l, 1 / 300, 2) - 1) },
  ],
  events: singularValueData.events,
};

const across = (n: number, low: number, high: number): number[] =>
  Array.from({ length: n }, (_, i) => low * (high / low) ** (i / (n - 1)));
const phaseAt = (nA: number, lambdaZ: number): PhaseLetter => {
  const s = lambdaZ * 5 * (nA + 100);
  return s <= 10 ? "a" : s >= Math.sqrt(nA) ? "d" : s < 10 + 0.3 * (Math.sqrt(nA) - 10) ? "b" : "c";
};
export const phaseData: PhaseData = {
  xLabel: "n_A, samples in each majority class",
  yLabel: "λ_Z",
  x: across(80, 110, 20000),
  y: across(60, 0.0002, 0.02),
  phases: across(60, 0.0002, 0.02).map((l) => across(80, 110, 20000).map((n) => phaseAt(n, l))),
  point: { x: 500, y: 0.0027 },
};

/** Exact borders, of which one ends inside. */
export const phaseStripData: PhaseData = {
  xLabel: "λ_Z",
  yLabel: "n_A / n_B",
  x: across(40, 1e-4, 0.1),
  y: across(20, 1, 100),
  phases: [],
  strips: phaseColumns({
    x: { parameter: "lambdaZ", values: across(40, 1e-4, 0.1) },
    y: { parameter: "ratio", values: across(20, 1, 100) },
    fixed: { kA: 5, kB: 5, nB: 100, ratio: 1, lambdaZ: 1, lambdaB: 0.02 },
  }),
};

export const marginData: MarginData = {
  bars: [
    { label: "5 classes", count: 500, margin: 0.6377 },
    { label: "5 classes", count: 100, margin: 0.19 },
    { label: "3 classes, merged", count: 40, margin: 0 },
    { label: 'class 13 ("fox & <hound>")', count: 20, margin: null },
  ],
};

export const scalingData: ScalingData = {
  xLabel: "classes K",
  series: [
    {
      label: "reduced to 20 clusters",
      points: [10, 100, 1000, 10000].map((K) => ({ size: K, seconds: 0.004 * (1 + K / 5000) })),
    },
    { label: "dense", points: [10, 100, 300, 1000].map((K) => ({ size: K, seconds: 2e-6 * K ** 2.6 })) },
    { label: "first-order peer", points: [10, 100, 300].map((K) => ({ size: K, seconds: 3e-4 * K ** 2.2 })) },
  ],
};

export const bandData: BandData = {
  xLabel: "epoch",
  yLabel: "classes",
  names: ["own", "outvoted", "faded", "merged"],
  points: [1, 2, 5, 9].map((at, i) => ({ at, values: [10 - 3 * i, i, i, i] })),
  end: [5, 0, 5, 0],
};

/** A tail of 60 classes of ten counts; the last 12 are lost. */
const tail = Array.from({ length: 60 }, (_, i) => Math.floor(i / 6));
export const rankData: RankData = {
  keys: ["own", "outvoted", "faded", "merged"],
  shades: [
    { label: "many (> 100 samples)", from: 1, to: 24 },
    { label: "medium (20-100)", from: 25, to: 48 },
    { label: "few (< 20)", from: 49, to: 60 },
  ],
  panels: [
    {
      yLabel: "margin over the strongest rival (logits)",
      lines: [{ values: tail.map((j) => 8 - j), key: tail.map((j) => (j < 8 ? 0 : j < 9 ? 1 : 3)) }],
      rules: [0],
    },
    {
      yLabel: "samples",
      yScale: "log",
      lines: [{ values: tail.map((j) => 1000 * 2 ** -j), key: tail.map((j) => (j < 8 ? 0 : j < 9 ? 1 : 3)) }],
    },
  ],
};

export const shareData: ShareData = {
  names: ["own", "outvoted", "faded", "merged"],
  of: "classes",
  bars: [
    { label: "all classes", values: [48, 6, 0, 6] },
    { label: "many (> 100 samples)", values: [24, 0, 0, 0] },
    { label: "few (< 20)", values: [0, 6, 0, 6] },
  ],
};

export const spectrumData: SpectrumData = {
  yLabel: "singular values of Z √D",
  values: [22, 22, 22, 22, 17, 14, 14, 14, 14, 0],
};
