import type { LossName } from "../loss/names.ts";
import { provedCrossEntropy } from "./proved-cross-entropy.ts";
import { provedEntrywise } from "./proved-entrywise.ts";
import type { ProvedLoss, Tally } from "./proved-loss.ts";

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

const byName: Record<LossName, ProvedLoss> = { "cross-entropy": provedCrossEntropy, square };

/** The loss of that name, as the certificates see it. */
export const provedLoss = (name: LossName): ProvedLoss => byName[name];
