/**
 * The three dense products that the solver is made of, in plain TypeScript, float64, row-major, accumulating nothing hidden: each
 * overwrites `C`. These are the twins that faster kernels are held to.
 */

/** C (m x n) = A (m x r) B' (n x r). */
export function timesTranspose(C: Float64Array, A: Float64Array, B: Float64Array, m: number, n: number, r: number): void {
  for (let i = 0; i < m; i++) {
    const a = i * r;
    for (let j = 0; j < n; j++) {
      const b = j * r;
      let x = 0;
      let y = 0;
      let l = 0;
      for (; l + 1 < r; l += 2) {
        x += A[a + l] * B[b + l];
        y += A[a + l + 1] * B[b + l + 1];
      }
      if (l < r) x += A[a + l] * B[b + l];
      C[i * n + j] = x + y;
    }
  }
}

/** C (m x r) = A (m x n) B (n x r). */
export function times(C: Float64Array, A: Float64Array, B: Float64Array, m: number, n: number, r: number): void {
  C.fill(0, 0, m * r);
  for (let i = 0; i < m; i++) {
    const c = i * r;
    let k = 0;
    for (; k + 3 < n; k += 4) {
      const a0 = A[i * n + k];
      const a1 = A[i * n + k + 1];
      const a2 = A[i * n + k + 2];
      const a3 = A[i * n + k + 3];
      const b = k * r;
      for (let l = 0; l < r; l++) C[c + l] += a0 * B[b + l] + a1 * B[b + r + l] + (a2 * B[b + 2 * r + l] + a3 * B[b + 3 * r + l]);
    }
    for (; k < n; k++) {
      const a = A[i * n + k];
      const b = k * r;
      for (let l = 0; l < r; l++) C[c + l] += a * B[b + l];
    }
  }
}

/** C (n x r) = A' (n x m) B (m x r), A stored m x n. */
export function transposeTimes(C: Float64Array, A: Float64Array, B: Float64Array, m: number, n: number, r: number): void {
  C.fill(0, 0, n * r);
  let i = 0;
  for (; i + 3 < m; i += 4) {
    const b = i * r;
    for (let k = 0; k < n; k++) {
      const a0 = A[i * n + k];
      const a1 = A[(i + 1) * n + k];
      const a2 = A[(i + 2) * n + k];
      const a3 = A[(i + 3) * n + k];
      const c = k * r;
      for (let l = 0; l < r; l++) C[c + l] += a0 * B[b + l] + a1 * B[b + r + l] + (a2 * B[b + 2 * r + l] + a3 * B[b + 3 * r + l]);
    }
  }
  for (; i < m; i++) {
    const b = i * r;
    for (let k = 0; k < n; k++) {
      const a = A[i * n + k];
      const c = k * r;
      for (let l = 0; l < r; l++) C[c + l] += a * B[b + l];
    }
  }
}
