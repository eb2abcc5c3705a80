/**
 * The plain twins of the kernel: the three products of ../products.ts in TypeScript alone; with `onto` the product is added to C. They serve small matrices, engines without
 * WebAssembly vectors, and the tests that hold the kernel to them.
 */

/** C (m x n) = A (m x r) B' (n x r). */
export function plainTimesTranspose(
  C: Float64Array,
  A: Float64Array,
  B: Float64Array,
  m: number,
  n: number,
  r: number,
  onto = false,
): void {
  strided(C, A, B, m, n, r, r, 1, 1, r, onto);
}

/** C (m x r) = A (m x n) B (n x r). */
export function plainTimes(
  C: Float64Array,
  A: Float64Array,
  B: Float64Array,
  m: number,
  n: number,
  r: number,
  onto = false,
): void {
  strided(C, A, B, m, r, n, n, 1, r, 1, onto);
}

/** C (n x r) = A' (n x m) B (m x r), A stored m x n. */
export function plainTransposeTimes(
  C: Float64Array,
  A: Float64Array,
  B: Float64Array,
  m: number,
  n: number,
  r: number,
  onto = false,
): void {
  strided(C, A, B, n, r, m, 1, n, r, 1, onto);
}

/**
 * C (m x n) = sum over l < k of A(i, l) B(l, j), where A(i, l) is A[i * rowA + l * colA], and B likewise. Tiles of 2 x 4 entries are summed
 * in local variables, which the engine keeps in registers: six loads for eight products, and no store until the end.
 */
function strided(
  C: Float64Array,
  A: Float64Array,
  B: Float64Array,
  m: number,
  n: number,
  k: number,
  rowA: number,
  colA: number,
  rowB: number,
  colB: number,
  onto: boolean,
): void {
  const colB2 = 2 * colB;
  const colB3 = 3 * colB;
  const tiledRows = m - (m % 2);
  const tiledColumns = n - (n % 4);
  for (let i = 0; i < tiledRows; i += 2) {
    for (let j = 0; j < tiledColumns; j += 4) {
      let p = i * rowA;
      let q = j * colB;
      const at = i * n + j;
      let c0 = onto ? C[at] : 0;
      let c1 = onto ? C[at + 1] : 0;
      let c2 = onto ? C[at + 2] : 0;
      let c3 = onto ? C[at + 3] : 0;
      let d0 = onto ? C[at + n] : 0;
      let d1 = onto ? C[at + n + 1] : 0;
      let d2 = onto ? C[at + n + 2] : 0;
      let d3 = onto ? C[at + n + 3] : 0;
      for (let l = 0; l < k; l++) {
        const a = A[p];
        const b = A[p + rowA];
        const x0 = B[q];
        const x1 = B[q + colB];
        const x2 = B[q + colB2];
        const x3 = B[q + colB3];
        c0 += a * x0;
        c1 += a * x1;
        c2 += a * x2;
        c3 += a * x3;
        d0 += b * x0;
        d1 += b * x1;
        d2 += b * x2;
        d3 += b * x3;
        p += colA;
        q += rowB;
      }
      C[at] = c0;
      C[at + 1] = c1;
      C[at + 2] = c2;
      C[at + 3] = c3;
      C[at + n] = d0;
      C[at + n + 1] = d1;
      C[at + n + 2] = d2;
      C[at + n + 3] = d3;
    }
    // The columns that are left, two rows at a time.
    for (let j = tiledColumns; j < n; j++) {
      let p = i * rowA;
      let q = j * colB;
      let c = onto ? C[i * n + j] : 0;
      let d = onto ? C[i * n + n + j] : 0;
      for (let l = 0; l < k; l++) {
        const x = B[q];
        c += A[p] * x;
        d += A[p + rowA] * x;
        p += colA;
        q += rowB;
      }
      C[i * n + j] = c;
      C[i * n + n + j] = d;
    }
  }
  // The row that is left.
  for (let i = tiledRows; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let p = i * rowA;
      let q = j * colB;
      let c = onto ? C[i * n + j] : 0;
      for (let l = 0; l < k; l++) {
        c += A[p] * B[q];
        p += colA;
        q += rowB;
      }
      C[i * n + j] = c;
    }
  }
}
