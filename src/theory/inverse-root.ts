import { maximum, minimum } from "../extremes.ts";
/**
 * The multipliers T of the margins as lambda_Z -> 0 (theory, section 6, (6.6) and (6.10)), by groups of classes of one count: T = (Pi D Pi)^(+1/2), or where the bias costs nothing
 * T = C^(+1/2) (I - n 1'/N), C = D - n n'/N.
 */
export interface BlockMatrix {
  /** Row group i, column group j, not the class itself (J x J, row-major). */
  readonly other: Float64Array;
  /** The diagonal, a number a group. */
  readonly own: Float64Array;
}

/** Classes of one count. */
export interface CountGroup {
  /** Samples of each class. */
  readonly count: number;
  /** Number of classes. */
  readonly size: number;
}

/**
 * -T off the diagonal from its integral, t = e^u:  -T_jk = (1/pi) int sqrt(t) u_j r_k / sum_i u_i du, r_k = 1/(n_k + t), u_j = r_j, or n_j r_j where the bias is `free`. Every term is positive, so
 * every entry keeps full relative precision whatever the imbalance. In u the integrand is analytic in a strip of half width pi and
 * decays like e^(-|u|/2): the trapezoidal rule with step 1/2 errs by e^(-4 pi^2), below rounding. The columns of T sum to 0.
 */
export function inverseRoot(groups: readonly CountGroup[], free: boolean): BlockMatrix {
  const J = groups.length;
  const other = new Float64Array(J * J);
  const step = 0.5;
  const beyond = 80;
  const low = Math.log(minimum(groups.map(({ count }) => count))) - beyond;
  const high = Math.log(maximum(groups.map(({ count }) => count))) + beyond;
  for (let at = low; at <= high; at += step) {
    const t = Math.exp(at);
    const r = Float64Array.from(groups, ({ count }) => 1 / (count + t));
    const u = free ? r.map((x, j) => groups[j].count * x) : r;
    const scale = (step / Math.PI) * (Math.sqrt(t) / groups.reduce((sum, { size }, j) => sum + size * u[j], 0));
    for (let j = 0; j < J; j++) {
      const row = scale * u[j];
      for (let k = 0; k < J; k++) other[j * J + k] -= row * r[k];
    }
  }
  const own = Float64Array.from(
    groups,
    (_, k) => -groups.reduce((sum, { size }, j) => sum + (size - (j === k ? 1 : 0)) * other[j * J + k], 0),
  );
  return { other, own };
}
