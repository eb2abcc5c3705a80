/** The largest entry of |Q Q' - I| of an m x n matrix. */
export function largestDeviationFromOrthonormal(Q: Float64Array, m: number, n: number): number {
  let worst = 0;
  for (let i = 0; i < m; i++)
    for (let k = 0; k <= i; k++) {
      let sum = 0;
      for (let j = 0; j < n; j++) sum += Q[i * n + j] * Q[k * n + j];
      worst = Math.max(worst, Math.abs(sum - (i === k ? 1 : 0)));
    }
  return worst;
}
