import { transposeTimes } from "../math/index.ts";
import { separates } from "./cluster-law.ts";
import type { LossClusters, Scales } from "./clusters.ts";
import type { ColumnLoss, LossCurvature } from "./column-loss.ts";

/**
 * One entry of a loss that is a sum over the logits, loss = sum_i [h(u_i) - q_i u_i + what depends on q_i alone]: a convex h of one number, whose slope is the prediction. A target q comes
 * with `lack`, 1 - q to full precision.
 */
export interface Entry {
  /** h(u) - q u and what makes it 0 or more. */
  value(u: number, q: number, lack: number): number;
  /** h'(u): the prediction at logit u. Convex up to u = 0 and concave from there on (entrywise-column.ts counts on it). */
  prediction(u: number): number;
  /** h'(u) - q, without cancellation where both are near 0 or near 1. */
  residual(u: number, q: number, lack: number): number;
  /** h''(u). */
  bend(u: number): number;
  /** The logit with prediction q, 0 <= q <= 1: infinite where none has it. */
  logit(q: number, lack: number): number;
  /** The alpha > 0 with h'(mean + (1 - 1/k) alpha) - h'(mean - alpha/k) = 1 - shortfall, for shortfall < 1. */
  gap(mean: number, k: number, shortfall: number): number;
}

/** The targets of a column: of its own class and of any other, each with 1 less it. */
export function targetsOf({ K, smoothing: eps }: Pick<LossClusters, "K" | "smoothing">): {
  own: { q: number; lack: number };
  other: { q: number; lack: number };
} {
  const uniform = eps / K;
  return { own: { q: 1 - eps + uniform, lack: eps * (1 - 1 / K) }, other: { q: uniform, lack: 1 - uniform } };
}

/** The loss of a reduced problem that is made of such entries. Offsets and factors are a softmax's and play no part. */
export function entrywise(entry: Entry, amplitude: ColumnLoss["amplitude"]): ColumnLoss {
  return {
    shiftFree: false,
    entry,
    at(p, core, alpha) {
      const { J, size } = p;
      const { own, other } = targetsOf(p);
      let value = 0;
      for (let j = 0; j < J; j++) {
        let sum = entry.value(core[j * J + j] + alpha[j], own.q, own.lack);
        for (let i = 0; i < J; i++) {
          const copies = i === j ? size[i] - 1 : size[i];
          if (copies > 0) sum += copies * entry.value(core[i * J + j], other.q, other.lack);
        }
        value += p.weight[j] * p.count[j] * size[j] * sum;
      }
      return {
        value,
        residuals() {
          const R = new Float64Array(J * J);
          for (let i = 0; i < J; i++)
            for (let j = 0; j < J; j++) {
              const copies = i === j ? size[i] - 1 : size[i];
              if (copies > 0) R[i * J + j] = copies * entry.residual(core[i * J + j], other.q, other.lack);
              if (i === j) R[i * J + j] += entry.residual(core[i * J + j] + alpha[j], own.q, own.lack);
            }
          return R;
        },
        curvature: (scales) => entrywiseCurvature(p, scales, bends(p, entry, core, alpha)),
      };
    },
    gaps(p, shortfall, logits) {
      const { J, size, count } = p;
      const alpha = new Float64Array(J);
      let norm = 0;
      for (let j = 0; j < J; j++) {
        if (!separates(p, j)) continue;
        alpha[j] = entry.gap(logits[j * J + j], size[j], shortfall[j]);
        norm += (size[j] - 1) * Math.sqrt(count[j]) * alpha[j];
      }
      return { alpha, norm };
    },
    settled(p) {
      const { own, other } = targetsOf(p);
      const logits = { own: entry.logit(own.q, own.lack), other: entry.logit(other.q, other.lack) };
      return Number.isFinite(logits.own) && Number.isFinite(logits.other) ? logits : null;
    },
    amplitude,
  };
}

/**
 * The diagonal of every W_j (J x J, in columns): k_i h'' for the k_i rows of another cluster. Of the own cluster alpha moves such that the two predictions go on differing by the same, a
 * du_own = b du_other with a, b = h'' there, which leaves k^2 a b / ((k - 1) a + b); without a gap of its own a = b, and it is k a.
 */
function bends({ J, size }: LossClusters, { bend }: Entry, core: Float64Array, alpha: Float64Array): Float64Array {
  const D = new Float64Array(J * J);
  for (let i = 0; i < J; i++)
    for (let j = 0; j < J; j++) {
      const k = size[i];
      const other = k > 1 || i !== j ? bend(core[i * J + j]) : 0;
      if (i !== j) D[i * J + j] = k * other;
      else {
        const own = bend(core[i * J + j] + alpha[j]);
        const sum = (k - 1) * own + other;
        D[i * J + j] = k === 1 ? own : sum > 0 ? k * own * ((k * other) / sum) : 0;
      }
    }
  return D;
}

function entrywiseCurvature({ J, size }: LossClusters, { rowScale, colScale, mass }: Scales, D: Float64Array): LossCurvature {
  const total = new Float64Array(J);
  let weighted = new Float64Array(0);
  let left = new Float64Array(0);
  const level = D[0] / size[0];
  return {
    level: D.every((x, e) => x === level * size[Math.floor(e / J)]) ? level : null,
    times(dM, dc, force) {
      total.fill(0);
      for (let j = 0; j < J; j++) {
        const unit = colScale[j];
        for (let i = 0; i < J; i++) {
          const e = j * J + i;
          const change = mass[j] * D[i * J + j] * (dM[e] * rowScale[i] * unit + dc[i]);
          total[i] += change;
          dM[e] = change * unit * rowScale[i];
        }
      }
      force?.set(total);
    },
    variances: () => D,
    block(rows, d, r, j) {
      if (left.length !== J * r) {
        left = new Float64Array(J * r);
        weighted = new Float64Array(J * r);
      }
      for (let i = 0; i < J; i++)
        for (let a = 0; a < r; a++) {
          left[i * r + a] = rows[i * d + a];
          weighted[i * r + a] = D[i * J + j] * rows[i * d + a];
        }
      const block = new Float64Array(r * r);
      transposeTimes(block, weighted, left, J, r, r);
      return block;
    },
    across(c) {
      const A = new Float64Array(J * J);
      for (let i = 0; i < J; i++) for (let j = 0; j < J; j++) A[i * J + i] += c[j] * D[i * J + j];
      return A;
    },
  };
}
