import { timesTranspose, transposeTimes } from "../math/index.ts";
import { separates } from "./cluster-law.ts";
import type { LossClusters, Scales } from "./clusters.ts";
import type { LossCurvature } from "./column-loss.ts";

/**
 * The curvature of a softmax's cross-entropy, the gaps following (softmax-gaps.ts). All logits count relative to the own class's, so nothing cancels:
 *
 *   u'W_j u = sum_i P_ij (u_i - u_j)^2 - theta_j (sum_i P_ij (u_i - u_j))^2,   theta: gapShare below.
 *
 * `P`: the probabilities of softmax.ts at the point, J x J with columns of the softmax as columns.
 */
export function softmaxCurvature(p: LossClusters, scales: Scales, P: Float64Array): LossCurvature {
  const { J } = p;
  let changes: LossCurvature["times"] | null = null;
  let share: Float64Array | null = null;
  let room: { apart: Float64Array; shared: Float64Array } | null = null;
  return {
    level: null,
    times(dM, dc, force) {
      changes ??= changesOf(p, scales, P);
      changes(dM, dc, force);
    },
    variances() {
      share ??= gapShare(p, P);
      return variances(p, P, share);
    },
    block(rows, d, r, j) {
      share ??= gapShare(p, P);
      if (room?.apart.length !== J * r) room = { apart: new Float64Array(J * r), shared: new Float64Array(J * r) };
      const { apart, shared } = room;
      const block = new Float64Array(r * r);
      const mean = new Float64Array(r);
      for (let i = 0; i < J; i++) {
        const x = i === j ? 0 : P[i * J + j];
        for (let a = 0; a < r; a++) {
          const u = rows[i * d + a] - rows[j * d + a];
          apart[i * r + a] = u;
          shared[i * r + a] = x * u;
          mean[a] += x * u;
        }
      }
      transposeTimes(block, shared, apart, J, r, r);
      for (let a = 0; a < r; a++) for (let b = 0; b <= a; b++) block[a * r + b] -= share[j] * mean[a] * mean[b];
      return block;
    },
    across(c) {
      share ??= gapShare(p, P);
      return across(J, P, share, c);
    },
  };
}

/** Of belonging to cluster i, or on the diagonal to any other cluster, less what the gaps take off it: they hold the latter all but fixed. */
function variances({ J }: LossClusters, P: Float64Array, share: Float64Array): Float64Array {
  const rest = new Float64Array(J);
  for (let i = 0; i < J; i++) for (let j = 0; j < J; j++) if (i !== j) rest[j] += P[i * J + j];
  const found = new Float64Array(J * J);
  for (let i = 0; i < J; i++)
    for (let j = 0; j < J; j++) {
      const q = i === j ? rest[j] : P[i * J + j];
      found[i * J + j] = Math.max(q * (1 - share[j] * q), 0);
    }
  return found;
}

function across(J: number, P: Float64Array, share: Float64Array, c: Float64Array): Float64Array {
  // Column j: what a move of one logit does to the mean, P_ij for the others and minus their sum for its own.
  const moves = new Float64Array(J * J);
  for (let j = 0; j < J; j++)
    for (let i = 0; i < J; i++) {
      if (i === j) continue;
      moves[i * J + j] = P[i * J + j];
      moves[j * J + j] -= P[i * J + j];
    }
  const weighted = new Float64Array(J * J);
  for (let j = 0; j < J; j++) for (let i = 0; i < J; i++) weighted[i * J + j] = -c[j] * share[j] * moves[i * J + j];
  const A = new Float64Array(J * J);
  timesTranspose(A, weighted, moves, J, J, J);
  for (let j = 0; j < J; j++) {
    for (let i = 0; i < J; i++) {
      if (i === j) continue;
      const x = c[j] * P[i * J + j];
      A[i * J + i] += x;
      A[i * J + j] -= x;
      A[j * J + i] -= x;
      A[j * J + j] += x;
    }
  }
  return A;
}

function changesOf(p: LossClusters, { rowScale, colScale, mass }: Scales, P: Float64Array): LossCurvature["times"] {
  const { J } = p;
  const Pt = new Float64Array(J * J);
  for (let i = 0; i < J; i++) for (let j = 0; j < J; j++) Pt[j * J + i] = P[i * J + j];
  const scale = p.factor.map((delta, i) => delta * rowScale[i]);
  const shift = new Float64Array(J);
  const total = new Float64Array(J);
  const gaps = Array.from({ length: J }, (_, j) => (separates(p, j) ? gapResponse(p, Pt.subarray(j * J, j * J + J), j) : null));

  return (dM, dc, force) => {
    for (let i = 0; i < J; i++) shift[i] = p.factor[i] * dc[i];
    total.fill(0);
    for (let j = 0; j < J; j++) {
      const row = j * J;
      const diagonal = row + j;
      const unit = colScale[j];
      const own = dM[diagonal] * scale[j] * unit + shift[j];
      // The own class's entry is 0 and adds nothing.
      const mean =
        toDifferences(dM, Pt, scale, shift, unit, own, row, 0, j) + toDifferences(dM, Pt, scale, shift, unit, own, row, j + 1, J);
      dM[diagonal] = -Pt[diagonal] * mean;
      // The own class's probability loses what the others gain.
      let others = toChanges(dM, Pt, mean, row, 0, j) + toChanges(dM, Pt, mean, row, j + 1, J);
      const gap = gaps[j];
      if (gap) {
        const same = dM[diagonal];
        const factor = (-(same * (1 + 1 / (p.size[j] - 1)) + others) / gap.law) * gap.elsewhere;
        others = 0;
        for (let i = 0; i < J; i++) {
          if (i === j) continue;
          dM[row + i] += factor * Pt[row + i];
          others += dM[row + i];
        }
      }
      dM[diagonal] = -others;
      toGradient(dM, scale, total, mass[j], unit, row, J);
    }
    if (force) for (let i = 0; i < J; i++) force[i] = p.factor[i] * total[i];
  };
}

// The loops over one column stand alone: inside the closure above the engine compiles them half as fast.

/** Changes of M -> logit changes relative to the own class; returns their mean under the probabilities. */
function toDifferences(
  dM: Float64Array,
  P: Float64Array,
  scale: Float64Array,
  shift: Float64Array,
  unit: number,
  own: number,
  row: number,
  from: number,
  to: number,
): number {
  let mean = 0;
  for (let i = from; i < to; i++) {
    const delta = dM[row + i] * scale[i] * unit + shift[i] - own;
    dM[row + i] = delta;
    mean += P[row + i] * delta;
  }
  return mean;
}

/** Logit changes -> changes of the probabilities; returns their sum. */
function toChanges(dM: Float64Array, P: Float64Array, mean: number, row: number, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) {
    const change = P[row + i] * (dM[row + i] - mean);
    dM[row + i] = change;
    sum += change;
  }
  return sum;
}

/** Changes of the probabilities -> of the gradient; adds them up over the columns on the way. */
function toGradient(
  dM: Float64Array,
  scale: Float64Array,
  total: Float64Array,
  mass: number,
  unit: number,
  row: number,
  J: number,
): void {
  for (let i = 0; i < J; i++) {
    const change = mass * dM[row + i];
    total[i] += change;
    dM[row + i] = change * unit * scale[i];
  }
}

/** How the left side of column j's cluster law answers a unit of alpha_j: same = -Delta, elsewhere -Delta (1 - 1/k), relative to the own class. */
function gapResponse(p: LossClusters, column: Float64Array, j: number): { elsewhere: number; law: number } {
  let rest = 0;
  for (let i = 0; i < p.J; i++) if (i !== j) rest += column[i];
  const away = 1 - 1 / p.size[j];
  const same = column[j];
  const mean = -(same + away * rest);
  const dSame = same * (-1 - mean);
  return {
    elsewhere: p.factor[j] * (-away - mean),
    law: p.factor[j] * (dSame * (1 + 1 / (p.size[j] - 1)) + rest * (-away - mean)),
  };
}

/**
 * What the gaps alpha leave of the rank-one part of each column's curvature: sum_i P_ij (x_i - x_j)^2 - theta_j (sum_i P_ij (x_i - x_j))^2 over the
 * other clusters i, x the change of the logits. theta = 1 where the cluster has no gap of its own to move; where it has one, sum_i P_ij is all but fixed by the cluster law, and
 * theta is near its inverse.
 */
export function gapShare(p: LossClusters, P: Float64Array): Float64Array {
  const { J } = p;
  return Float64Array.from({ length: J }, (_, j) => {
    if (!separates(p, j)) return 1;
    const column = Float64Array.from({ length: J }, (_, i) => P[i * J + j]);
    const { elsewhere, law } = gapResponse(p, column, j);
    let rest = 0;
    for (let i = 0; i < J; i++) if (i !== j) rest += column[i];
    return 1 + ((1 - rest - column[j] * (1 + 1 / (p.size[j] - 1))) / law) * elsewhere;
  });
}
