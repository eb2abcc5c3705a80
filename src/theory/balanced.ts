/**
 * Balanced classes, n_k = n (theory, section 4; paper Theorem 3.1(c), corrected):
 *
 *   Z = a (K I - J),  b = 0,   a = (1/K) log(K sqrt(n)/s - K + 1) for s < sqrt(n), else 0,   s = N lambda_Z.
 *
 * Returns a. `n`: samples a class. Free of cancellation near the threshold s = sqrt(n).
 */
export function balanced(K: number, n: number, lambdaZ: number): number {
  const s = K * n * lambdaZ;
  const root = Math.sqrt(n);
  return s >= root ? 0 : Math.log1p((K * (root - s)) / s) / K;
}
