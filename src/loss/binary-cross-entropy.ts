import type { ColumnLoss } from "./column-loss.ts";
import { entrywise } from "./entrywise.ts";

/**
 * Binary cross-entropy of every logit (one against the rest; `BCEWithLogitsLoss`, the loss of DeiT III): h(u) = log(1 + e^u), the prediction is the sigmoid of the logit.
 *
 * As a vector of K logits has no common shift to hide in, a class that is compared with the others has to beat 0, not them.
 */
export const binaryCrossEntropy: ColumnLoss = entrywise(
  {
    value: (u, q, lack) => q * softplus(-u) + lack * softplus(u),
    prediction: sigmoid,
    residual: (u, q, lack) => lack * sigmoid(u) - q * sigmoid(-u),
    bend: (u) => sigmoid(u) * sigmoid(-u),
    logit: (q, lack) => Math.log(q) - Math.log(lack),
    gap,
  },
  // The cross-entropy's, of the same size.
  (g, { s, K }) => g * Math.log1p(K * Math.max(g / s - 1, 0)),
);

/** log(1 + e^u). */
function softplus(u: number): number {
  return Math.max(u, 0) + Math.log1p(Math.exp(-Math.abs(u)));
}

function sigmoid(u: number): number {
  return u < 0 ? Math.exp(u) / (1 + Math.exp(u)) : 1 / (1 + Math.exp(-u));
}

/**
 * With a, b the own and the other logit, sigmoid(a) - sigmoid(b) = (1 - e^(b - a)) sigmoid(a) sigmoid(-b) = 1 - r, whose logarithm
 *
 *   log(1 - e^-alpha) - softplus(-a) - softplus(b) - log(1 - r)
 *
 * is increasing and concave in alpha: Newton's method climbs to its root from a lower bound (any two of the three terms dropped).
 */
function gap(mean: number, k: number, r: number): number {
  const share = 1 - 1 / k;
  const right = Math.log1p(-r);
  const odds = Math.log(r) - right;
  let alpha = Math.max(-Math.log(r), k * (mean - odds), (-odds - mean) / share);
  for (let i = 0; i < 60; i++) {
    const a = mean + share * alpha;
    const b = mean - alpha / k;
    const excess = Math.log(-Math.expm1(-alpha)) - softplus(-a) - softplus(b) - right;
    const slope = 1 / Math.expm1(alpha) + share * sigmoid(-a) + sigmoid(b) / k;
    const step = -excess / slope;
    alpha += step;
    if (!(step > 1e-16 * alpha)) break;
  }
  return alpha;
}
