import { factorDefinite, solveDefinite, times, transposeTimes } from "../math/index.ts";
import { type Frame, layoutOf, type Place } from "./fixed-rank.ts";
import { diagonalPreconditioner } from "./fixed-rank-diagonal.ts";

/**
 * D^-1 for the Hessian of fixed-rank.ts. Given the rest, every column of the core is a problem of its own: its block of the loss is inverted exactly, with
 * s/sigma_l for the nuclear norm's curvature (an upper bound), and with it, exactly too, the bias in U's span, whose curvature is what the columns
 * leave. The moves of U (X) get one exact block for each direction of V, the rest of the bias another. `mu`: as in `hessian`.
 */
export function fixedRankPreconditioner(frame: Frame, place: Place, mu = 0): (v: Float64Array, out: Float64Array) => void {
  const { p, rho, hasBias, scales, d } = frame;
  if (place.curvature.level !== null) return diagonalPreconditioner(frame, place, place.curvature.level, mu);
  const { J, s } = p;
  const { rank: r, E, S, V, curvature } = place;
  const q = d - r;
  const { atX, atE } = layoutOf(frame, r);
  // Rows of E as the loss sees them: Delta_i rowScale_i E_i.
  const rows = new Float64Array(J * d);
  for (let i = 0; i < J; i++) for (let a = 0; a < d; a++) rows[i * d + a] = E[i * d + a] * p.factor[i] * scales.rowScale[i];
  const weight = Float64Array.from({ length: J }, (_, j) => scales.mass[j] * scales.colScale[j] ** 2);

  const damping = new Float64Array(mu > 0 ? r * r : 0);
  if (mu > 0)
    for (let i = 0; i < J; i++)
      for (let a = 0; a < r; a++) for (let b = 0; b < r; b++) damping[a * r + b] += rows[i * d + a] * rows[i * d + b];

  const blocks: Float64Array[] = [];
  const stiff = Float64Array.from(S, (sigma) => s / sigma);
  const schur = new Float64Array(r * r);
  for (let j = 0; j < J; j++) {
    const block = curvature.block(rows, d, r, j);
    for (let a = 0; a < r; a++) {
      for (let b = 0; b <= a; b++) block[a * r + b] = weight[j] * (block[a * r + b] + (mu > 0 ? mu * damping[a * r + b] : 0));
      block[a * r + a] += stiff[a];
    }
    factorDefinite(block, r);
    blocks.push(block);
    if (!hasBias) continue;
    // rho_j^2 (sigma - sigma B^-1 sigma).
    const column = new Float64Array(r);
    for (let a = 0; a < r; a++) {
      column.fill(0);
      column[a] = stiff[a];
      solveDefinite(block, r, column);
      for (let b = 0; b < r; b++) schur[a * r + b] += rho[j] ** 2 * ((a === b ? stiff[a] : 0) - stiff[b] * column[b]);
    }
  }
  if (hasBias) {
    for (let a = 0; a < r; a++) schur[a * r + a] += p.biasRidge;
    factorDefinite(schur, r);
  }

  const right = new Float64Array(J * q);
  for (let i = 0; i < J; i++) for (let b = 0; b < q; b++) right[i * q + b] = rows[i * d + r + b];
  /** Q' (sum_j c_j W_j) Q for weights c_j of the columns, plus `ridge`: q x q, factored. */
  const across = (c: Float64Array, ridge: number): Float64Array => {
    const A = curvature.across(c);
    const total = c.reduce((sum, x) => sum + x, 0);
    for (let i = 0; i < J; i++) A[i * J + i] += mu * total;
    const AQ = new Float64Array(J * q);
    times(AQ, A, right, J, J, q);
    const block = new Float64Array(q * q);
    transposeTimes(block, right, AQ, J, q, q);
    for (let a = 0; a < q; a++) block[a * q + a] += ridge;
    factorDefinite(block, q);
    return block;
  };
  const turns = Array.from({ length: q > 0 ? r : 0 }, (_, l) =>
    across(
      weight.map((w, j) => w * V[j * r + l] ** 2),
      stiff[l],
    ),
  );
  const free = hasBias && q > 0 ? across(scales.mass, p.biasRidge) : null;

  const bias = new Float64Array(r);
  const column = new Float64Array(r);
  return (v, out) => {
    out.set(v);
    for (let j = 0; j < J; j++) solveDefinite(blocks[j], r, out, j * r);
    if (hasBias) {
      // Arrow: [B_j, -rho_j sigma; ., sum rho_j^2 sigma + ridge].
      for (let a = 0; a < r; a++) {
        let sum = v[atE + a];
        for (let j = 0; j < J; j++) sum += rho[j] * stiff[a] * out[j * r + a];
        bias[a] = sum;
      }
      solveDefinite(schur, r, bias);
      for (let j = 0; j < J; j++) {
        for (let a = 0; a < r; a++) column[a] = rho[j] * stiff[a] * bias[a];
        solveDefinite(blocks[j], r, column);
        for (let a = 0; a < r; a++) out[j * r + a] += column[a];
      }
      out.set(bias, atE);
    }
    turns.forEach((block, l) => {
      solveDefinite(block, q, out, atX + l * q);
    });
    if (free) solveDefinite(free, q, out, atE + r);
  };
}
