import type { LossName } from "../loss/index.ts";
import { addEntropy, provedCrossEntropy } from "./proved-cross-entropy.ts";
import { provedEntrywise } from "./proved-entrywise.ts";
import { type ProvedLoss, Tally } from "./proved-loss.ts";

const { EPSILON } = Number;

/** The square loss (1/2)|u - q|^2: D(q + y) = -|y|^2/2 - <q, y>, for any y. */
const square = provedEntrywise({
  residual: (u, q) => u - q,
  value: (u, q) => 0.5 * (u - q) * (u - q),
  other: (tally, copies, step, uniform) => addSquare(tally, copies, step, uniform),
  own: (tally, { step, lack }) => addSquare(tally, 1, -step, 1 - lack),
  fall: () => Number.POSITIVE_INFINITY,
  rise: () => Number.POSITIVE_INFINITY,
  atTarget: () => 0,
  // |p| <= 2 |q_mean| <= 2: D(p) = (|q|^2 - |p|^2) / 2.
  mixture: () => ({ apart: 9, depth: 2 }),
});

function addSquare(tally: Tally, copies: number, y: number, q: number): void {
  tally.sum.add(-copies * (0.5 * y * y + q * y));
  tally.error += 4 * EPSILON * copies * (0.5 * y * y + q * Math.abs(y));
}

/** Binary cross-entropy of every logit: D is the entropy of every pi_i and 1 - pi_i together, 0 <= pi_i <= 1. */
const binary = provedEntrywise({
  residual: (u, q, lack) => (q > 0 ? -q / (1 + Math.exp(u)) : 0) + (lack > 0 ? lack / (1 + Math.exp(-u)) : 0),
  value: (u, q, lack) => {
    const rest = Math.log1p(Math.exp(-Math.abs(u)));
    return q * (Math.max(-u, 0) + rest) + lack * (Math.max(u, 0) + rest);
  },
  other: (tally, copies, step, uniform) => addBinary(tally, uniform + step, copies, EPSILON * (Math.abs(step) + uniform)),
  // Of the own class it is 1 - pi that keeps its digits.
  own: (tally, { lost, doubt }) => addBinary(tally, lost, 1, doubt),
  fall: (pi) => Math.max(0, pi),
  rise: (pi) => Math.max(0, 1 - pi),
  atTarget(K, eps) {
    const tally = new Tally();
    const lack = eps * (1 - 1 / K);
    addBinary(tally, lack, 1, 0);
    addBinary(tally, eps / K, K - 1, 0);
    return tally.sum.value;
  },
  // Each entry is a probability.
  mixture: (K) => ({ apart: K, depth: 0 }),
});

/** -x log x - (1 - x) log(1 - x), `copies` times, x being known to `delta`. */
function addBinary(tally: Tally, x: number, copies: number, delta: number): void {
  if (delta === 0 && x === 0) return;
  addEntropy(tally, x, copies, delta);
  const kept = Math.max(0, 1 - x);
  const h = x < 1 ? -kept * Math.log1p(-Math.max(0, x)) : 0;
  tally.sum.add(copies * h);
  tally.error +=
    copies * (delta > 0 ? 5 * delta * (1 + Math.abs(Math.log(Math.max(kept, delta)))) : 0) + copies * 2 * EPSILON * h;
}

const byName: Record<LossName, ProvedLoss> = { "cross-entropy": provedCrossEntropy, square, bce: binary };

/** The loss of that name, as the certificates see it. */
export const provedLoss = (name: LossName): ProvedLoss => byName[name];
