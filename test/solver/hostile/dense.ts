import type { Problem } from "../../../src/problem/index.ts";

/**
 * The proof of theory, section 2 (section 7 for nonnegative features), once more: on the whole K x K matrices, with a singular value decomposition of its own, no clusters and
 * none of the code in src/. What is given is what `nclab predict` prints: Z and b.
 */
export interface DenseProof {
  objective: number;
  /** Lower bound of (UFM), or of (UFM+) for nonnegative features. */
  dual: number;
  /** (objective - dual) / objective. */
  relativeGap: number;
  /** Singular values of Z D^(1/2), descending. */
  singularValues: number[];
  /** |G|_2 / s. */
  ratio: number;
}

export function dense(p: Problem, Z: readonly (readonly number[])[], b: readonly number[]): DenseProof {
  const { K, N, counts, lambdaZ, lambdaB, smoothing: eps, nonnegative } = p;
  const s = N * lambdaZ;
  const w = (k: number): number => p.weights?.[k] ?? 1;
  const delta = (i: number): number => p.factors?.[i] ?? 1;
  const iota = (i: number): number => p.offsets?.[i] ?? 0;
  let loss = 0;
  // Columns of residuals P - Q; the own one as minus the sum of the others.
  const Y: number[][] = [];
  for (let k = 0; k < K; k++) {
    const u = Array.from({ length: K }, (_, i) => delta(i) * (Z[i][k] + b[i]) + iota(i));
    const top = Math.max(...u);
    let rest = 0;
    for (let i = 0; i < K; i++) if (i !== k) rest += Math.exp(u[i] - top);
    const total = rest + Math.exp(u[k] - top);
    let ce = u[k] === top ? Math.log1p(rest) : Math.log(total) + top - u[k];
    const y = new Array<number>(K).fill(0);
    for (let i = 0; i < K; i++) {
      if (i === k) continue;
      y[i] = Math.exp(u[i] - top) / total - eps / K;
      y[k] -= y[i];
      ce += (eps / K) * (u[k] - u[i]);
    }
    Y.push(y);
    loss += w(k) * counts[k] * ce;
  }
  const weighted = Y.map((y, k) => y.map((v, i) => w(k) * Math.sqrt(counts[k]) * delta(i) * v));
  const scaled = Array.from({ length: K }, (_, k) => Array.from({ length: K }, (_, i) => Z[i][k] * Math.sqrt(counts[k])));
  const values = singularValuesOf(scaled);
  const norms = scaled.map((z) => Math.hypot(...z));
  const forces = weighted.map((g) => Math.hypot(...g));
  const largest = nonnegative ? Math.max(...forces) : singularValuesOf(weighted)[0];
  const penalty = (nonnegative ? norms : values).reduce((sum, x) => sum + x, 0);
  const t = Array.from({ length: K }, (_, k) => Math.min(1, s / (nonnegative ? forces[k] : largest)));
  // Thousands of terms of one sign: added up plainly, their rounding alone would put the bound 1e-13 above the objective.
  const dual = compensated();
  const v = Array.from({ length: K }, compensated);
  for (let k = 0; k < K; k++) {
    let away = 0;
    for (let i = 0; i < K; i++) {
      const y = t[k] * Y[k][i];
      v[i].add(w(k) * counts[k] * delta(i) * y);
      dual.add(w(k) * counts[k] * y * iota(i));
      if (i === k) continue;
      const q = y + eps / K;
      away += q;
      if (q > 0) dual.add(-w(k) * counts[k] * q * Math.log(q));
    }
    if (away < 1) dual.add(-w(k) * counts[k] * (1 - away) * Math.log1p(-away));
  }
  let ridge = 0;
  let bias = 0;
  if (Number.isFinite(lambdaB)) {
    ridge = v.reduce((sum, x) => sum + (x.value() / N) ** 2, 0) / (2 * lambdaB);
    bias = (lambdaB / 2) * b.reduce((sum, x) => sum + x * x, 0);
  }
  const objective = loss / N + lambdaZ * penalty + bias;
  const bound = dual.value() / N - ridge;
  return { objective, dual: bound, relativeGap: (objective - bound) / objective, singularValues: values, ratio: largest / s };
}

/** A sum with its rounding carried along (Neumaier 1974). */
function compensated(): { add(x: number): void; value(): number } {
  let [sum, lost] = [0, 0];
  return {
    add(x) {
      const next = sum + x;
      lost += Math.abs(sum) >= Math.abs(x) ? sum - next + x : x - next + sum;
      sum = next;
    },
    value: () => sum + lost,
  };
}

/** Of the matrix with these columns, by one-sided Jacobi rotations. */
export function singularValuesOf(columns: readonly (readonly number[])[]): number[] {
  const a = columns.map((c) => Float64Array.from(c));
  for (let sweep = 0; sweep < 60; sweep++) {
    let rotated = false;
    for (let i = 0; i < a.length; i++) {
      for (let j = i + 1; j < a.length; j++) {
        const [x, y] = [a[i], a[j]];
        let [xx, yy, xy] = [0, 0, 0];
        for (let l = 0; l < x.length; l++) {
          xx += x[l] * x[l];
          yy += y[l] * y[l];
          xy += x[l] * y[l];
        }
        if (Math.abs(xy) <= 1e-15 * Math.sqrt(xx * yy)) continue;
        rotated = true;
        const zeta = (yy - xx) / (2 * xy);
        const tangent = (zeta >= 0 ? 1 : -1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
        const cosine = 1 / Math.sqrt(1 + tangent * tangent);
        for (let l = 0; l < x.length; l++) {
          const xl = x[l];
          x[l] = cosine * (xl - tangent * y[l]);
          y[l] = cosine * (tangent * xl + y[l]);
        }
      }
    }
    if (!rotated) break;
  }
  return a.map((c) => Math.hypot(...c)).sort((x, y) => y - x);
}
