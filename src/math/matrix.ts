/** Dense matrices in float64, row-major: entry (i, j) is `data[i * cols + j]`. Plain data; the functions are beside it. */
export interface Matrix {
  /** Number of rows. */
  readonly rows: number;
  /** Number of columns. */
  readonly cols: number;
  /** rows x cols values. */
  readonly data: Float64Array;
}

/** A rows x cols matrix of the given values (not copied), zeros by default. Throws RangeError where their number differs. */
export function matrix(rows: number, cols: number, data: Float64Array = new Float64Array(rows * cols)): Matrix {
  if (data.length !== rows * cols) throw new RangeError(`matrix: expected ${rows} x ${cols} values, got ${data.length}`);
  return { rows, cols, data };
}

/** A matrix from its rows. Throws RangeError where they differ in length. */
export function fromRows(rows: readonly (readonly number[])[]): Matrix {
  const m = matrix(rows.length, rows[0]?.length ?? 0);
  rows.forEach((row, i) => {
    if (row.length !== m.cols) throw new RangeError(`fromRows: row ${i} has ${row.length} values, expected ${m.cols}`);
    m.data.set(row, i * m.cols);
  });
  return m;
}

/** The rows as arrays. */
export function toRows(m: Matrix): number[][] {
  return Array.from({ length: m.rows }, (_, i) => Array.from(m.data.subarray(i * m.cols, (i + 1) * m.cols)));
}

/** A', copied. */
export function transpose(m: Matrix): Matrix {
  const t = matrix(m.cols, m.rows);
  for (let i = 0; i < m.rows; i++) for (let j = 0; j < m.cols; j++) t.data[j * m.rows + i] = m.data[i * m.cols + j];
  return t;
}

/** A B, with B read row by row (all accesses run along memory). */
export function multiply(A: Matrix, B: Matrix): Matrix {
  if (A.cols !== B.rows) throw new RangeError(`multiply: inner sizes ${A.cols} and ${B.rows} differ`);
  const C = matrix(A.rows, B.cols);
  const n = B.cols;
  for (let i = 0; i < A.rows; i++) {
    const row = C.data.subarray(i * n, (i + 1) * n);
    for (let l = 0; l < A.cols; l++) {
      const a = A.data[i * A.cols + l];
      if (a === 0) continue;
      const offset = l * n;
      for (let j = 0; j < n; j++) row[j] += a * B.data[offset + j];
    }
  }
  return C;
}

/** |A|_F, scaled so that it neither overflows nor underflows. */
export function frobenius(A: Matrix): number {
  return norm2(A.data);
}

/** |x|_2, scaled so that it neither overflows nor underflows. */
export function norm2(x: ArrayLike<number>): number {
  let scale = 0;
  for (let i = 0; i < x.length; i++) scale = Math.max(scale, Math.abs(x[i]));
  if (scale === 0 || !Number.isFinite(scale)) return scale;
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += (x[i] / scale) ** 2;
  return scale * Math.sqrt(sum);
}
