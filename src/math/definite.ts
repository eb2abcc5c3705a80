/** Small symmetric positive definite systems, n x n row-major, only the lower triangle read: for blocks of preconditioners, solved a thousand times. */

/**
 * A = L L', in place of A's lower triangle. A pivot that rounding has brought to 0 or below becomes a share of 1e-14 of its diagonal entry: what is
 * asked for is a good direction, not the inverse.
 */
export function factorDefinite(A: Float64Array, n: number): void {
  for (let i = 0; i < n; i++) {
    const least = 1e-14 * A[i * n + i];
    for (let j = 0; j <= i; j++) {
      let sum = A[i * n + j];
      for (let l = 0; l < j; l++) sum -= A[i * n + l] * A[j * n + l];
      A[i * n + j] = i === j ? Math.sqrt(Math.max(sum, least, 1e-300)) : sum / A[j * n + j];
    }
  }
}

/** x <- A^-1 x for n numbers of x from `at` on, with the L of `factorDefinite`. */
export function solveDefinite(L: Float64Array, n: number, x: Float64Array, at = 0): void {
  for (let i = 0; i < n; i++) {
    let sum = x[at + i];
    for (let l = 0; l < i; l++) sum -= L[i * n + l] * x[at + l];
    x[at + i] = sum / L[i * n + i];
  }
  for (let i = n - 1; i >= 0; i--) {
    const value = x[at + i] / L[i * n + i];
    x[at + i] = value;
    for (let l = 0; l < i; l++) x[at + l] -= L[i * n + l] * value;
  }
}
