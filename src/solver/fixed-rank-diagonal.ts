import { type Frame, layoutOf, type Place } from "./fixed-rank.ts";

/**
 * The preconditioner of fixed-rank-preconditioner.ts for a loss whose logits are all equally bent, W_j = level diag(k_i) (the square loss): E is orthonormal, so every block of it is
 * diagonal, and what takes J^4 operations there takes J^2 here. `mu`: the damping, taken at the mean of 1/k_i (exact where all clusters are of one size).
 */
export function diagonalPreconditioner(
  frame: Frame,
  { rank: r, S, V }: Place,
  level: number,
  mu: number,
): (v: Float64Array, out: Float64Array) => void {
  const { p, rho, hasBias, scales, d } = frame;
  const { J, s, biasRidge } = p;
  const q = d - r;
  const { atX, atE } = layoutOf(frame, r);
  const stiff = Float64Array.from(S, (sigma) => s / sigma);
  const firm = level + mu * p.size.reduce((sum, k) => sum + 1 / k / J, 0);
  const bend = Float64Array.from({ length: J }, (_, j) => firm * scales.mass[j] * scales.colScale[j] ** 2);
  // Of the bias in U's span: rho_j^2 (sigma - sigma B^-1 sigma) without cancellation, summed over the columns.
  const schur = stiff.map((sigma) => bend.reduce((sum, w, j) => sum + rho[j] ** 2 * sigma * (w / (w + sigma)), biasRidge));
  const turns = stiff.map((sigma, l) => bend.reduce((sum, w, j) => sum + w * V[j * r + l] ** 2, sigma));
  const free = scales.mass.reduce((sum, mass) => sum + firm * mass, biasRidge);
  return (v, out) => {
    for (let a = 0; a < r; a++) {
      const sigma = stiff[a];
      let pull = hasBias ? v[atE + a] : 0;
      for (let j = 0; j < J; j++) {
        out[j * r + a] = v[j * r + a] / (bend[j] + sigma);
        pull += rho[j] * sigma * out[j * r + a];
      }
      if (hasBias) {
        const bias = pull / schur[a];
        for (let j = 0; j < J; j++) out[j * r + a] += (rho[j] * sigma * bias) / (bend[j] + sigma);
        out[atE + a] = bias;
      }
      for (let b = 0; b < q; b++) out[atX + a * q + b] = v[atX + a * q + b] / turns[a];
    }
    if (hasBias) for (let b = 0; b < q; b++) out[atE + r + b] = v[atE + r + b] / free;
  };
}
