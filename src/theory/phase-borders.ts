/**
 * The borders between the structures of two clusters as curves over the plane of lambda_Z and the ratio r = n_A/n_B, k_A, k_B, n_B and lambda_b fixed (theory, sections 5 and 7; paper Figure 2).
 * For every ratio above 1 lambda_Z runs through the structures in one order, and through each once:
 *
 *   free features           (a) sqrt(n_B)/N (b) xi = 0 (c) sqrt(n_A)/N (d)              the outer two in closed form, xi = 0 a root in lambda_Z between them
 *   nonnegative features    (a) the minority is 0 from here on (c) Z = 0 (d)            roots in mu = K m (nonnegative-phase.ts)
 *
 * so that a border is a function of the ratio. (That xi changes its sign once is proved without a bias, and was never seen otherwise with one: test/theory/phase-borders.test.ts.) At r = 1 there is one
 * cluster: the borders of free features meet at s = sqrt(n_B), those of nonnegative ones at s = sqrt(n_B (K-1)/K).
 *
 * @module
 */
import { maximum } from "../extremes.ts";
import { decreasingRoot } from "../math/index.ts";
import { nonnegativeThresholds } from "./nonnegative-phase.ts";
import type { Phase } from "./phase.ts";
import { checkPhaseParameter, type PhasePoint } from "./phase-grid.ts";
import { coreBoundaries } from "./thresholds.ts";

/** What is on no axis, in the paper's convention. */
export type BorderInput = Pick<PhasePoint, "kA" | "kB" | "nB" | "lambdaB"> & {
  /** Features are nonnegative: no structure (b). */
  nonnegative: boolean;
};

/** The borders at one ratio. */
export interface BorderRow {
  /** n_A/n_B. */
  ratio: number;
  /** The lambda_Z of every border, ascending: one less than there are structures. */
  lambdaZ: readonly number[];
}

/** Borders as curves through exact points. */
export interface PhaseBorders {
  /** The structures from the least lambda_Z on. */
  phases: readonly Phase[];
  /** Ratios ascending; in logarithms the curves lie within `straight` of the straight lines from row to row. */
  rows: readonly BorderRow[];
}

/** A point at which two borders meet. */
export interface BorderMeeting {
  /** n_A/n_B. */
  ratio: number;
  /** Of both borders. */
  lambdaZ: number;
}

/** By how much log lambda_Z may be off on a straight line between two rows: a tenth of a pixel of a wide picture. */
const straight = 5e-4;
/** Rows to begin with, and halvings of the gaps between them. */
const first = 16;
const halvings = 12;

/** The lambda_Z of every border at one ratio, ascending, to rounding. Does not check its input. */
export function bordersAt({ kA, kB, nB, lambdaB, nonnegative }: BorderInput, ratio: number): number[] {
  const nA = ratio * nB;
  const K = kA + kB;
  if (ratio === 1) {
    const together = (Math.sqrt(nonnegative ? (K - 1) / K : 1) * Math.sqrt(nB)) / (K * nB);
    return nonnegative ? [together, together] : [together, together, together];
  }
  const p = { kA, kB, nA, nB, lambdaB };
  if (nonnegative) {
    const { minority, complete } = nonnegativeThresholds(p);
    return [minority, complete];
  }
  const N = kA * nA + kB * nB;
  const [low, high] = [Math.sqrt(nB) / N, Math.sqrt(nA) / N];
  // Where rounding leaves no room between the outer two, they stand for it.
  return [low, coreBoundaries(p, 1)[0] ?? low, high];
}

/** The borders from one ratio to another, 1 <= from < to. Throws InputError. */
export function phaseBorders(input: BorderInput, from: number, to: number): PhaseBorders {
  for (const name of ["kA", "kB", "nB", "lambdaB"] as const) checkPhaseParameter(name, input[name]);
  for (const ratio of [from, to]) checkPhaseParameter("ratio", ratio);
  const row = (ratio: number): BorderRow => ({ ratio, lambdaZ: bordersAt(input, ratio) });
  const rows = [row(from)];
  for (let i = 1; i <= first; i++) {
    const next = row(i === first ? to : from * (to / from) ** (i / first));
    for (const one of between(rows[rows.length - 1], next, row, halvings)) rows.push(one);
    rows.push(next);
  }
  return { phases: input.nonnegative ? ["a", "c", "d"] : ["a", "b", "c", "d"], rows };
}

function between(left: BorderRow, right: BorderRow, row: (ratio: number) => BorderRow, depth: number): BorderRow[] {
  if (depth === 0) return [];
  const middle = row(Math.sqrt(left.ratio * right.ratio));
  const off = middle.lambdaZ.map((x, i) =>
    Math.abs(Math.log(x / left.lambdaZ[i]) - 0.5 * Math.log(right.lambdaZ[i] / left.lambdaZ[i])),
  );
  if (maximum(off) <= straight) return [middle];
  return [...between(left, middle, row, depth - 1), middle, ...between(middle, right, row, depth - 1)];
}

/**
 * Where borders meet over the ratios of `free`: at r = 1 those of each kind of features, and wherever one of free features crosses one of nonnegative ones. `free`: the borders of the same input with
 * features of any sign.
 */
export function borderMeetings(input: Omit<BorderInput, "nonnegative">, { rows }: PhaseBorders): BorderMeeting[] {
  const found: BorderMeeting[] = [];
  const at = (ratio: number, nonnegative: boolean): number[] => bordersAt({ ...input, nonnegative }, ratio);
  if (rows[0].ratio === 1) for (const nonnegative of [false, true]) found.push({ ratio: 1, lambdaZ: at(1, nonnegative)[0] });
  let before = { ratio: rows[0].ratio, free: rows[0].lambdaZ, own: at(rows[0].ratio, true) };
  for (const { ratio, lambdaZ: free } of rows.slice(1)) {
    const here = { ratio, free, own: at(ratio, true) };
    for (const i of free.keys())
      for (const j of here.own.keys()) {
        const sign = Math.sign(before.free[i] - before.own[j]);
        if (sign === 0 || sign * (here.free[i] - here.own[j]) >= 0) continue;
        const apart = (x: number): number => sign * Math.log(at(Math.exp(x), false)[i] / at(Math.exp(x), true)[j]);
        const crossing = Math.exp(decreasingRoot(apart, Math.log(before.ratio), Math.log(ratio)));
        found.push({ ratio: crossing, lambdaZ: at(crossing, false)[i] });
      }
    before = here;
  }
  return found;
}
