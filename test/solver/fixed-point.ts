/*
 * Numbers with 256 binary digits after the point, as BigInt x 2^-256: what float64 results are held against. Range is no concern (integers grow),
 * rounding is: every operation is off by some 1e-77, absolutely.
 */
const digits = 256n;
export const one: bigint = 1n << digits;

/** A float64 as it is, to the last bit above 2^-256. */
export function exact(x: number): bigint {
  if (!Number.isFinite(x)) throw new RangeError(`a finite number, got ${x}`);
  let exponent = 0;
  let whole = x;
  while (!Number.isInteger(whole)) {
    whole *= 2;
    exponent++;
  }
  return (BigInt(whole) << digits) >> BigInt(exponent);
}

/** The nearest float64, or nearly. */
export const toNumber = (x: bigint): number => Number(x >> 128n) / 2 ** 128 + Number(x & ((1n << 128n) - 1n)) / 2 ** 256;

export const times = (x: bigint, y: bigint): bigint => (x * y) >> digits;
export const over = (x: bigint, y: bigint): bigint => (x << digits) / y;

export function root(x: bigint): bigint {
  if (x < 0n) throw new RangeError("root of a number below 0");
  const square = x << digits;
  let guess = 1n << BigInt((square.toString(2).length + 1) >> 1);
  for (;;) {
    const next = (guess + square / guess) >> 1n;
    if (next >= guess) return guess;
    guess = next;
  }
}

/** log x = e log 2 + 2 artanh((m - 1)/(m + 1)), x = m 2^e with m in [3/4, 3/2). */
export function log(x: bigint): bigint {
  if (x <= 0n) throw new RangeError("log of a number that is not above 0");
  let m = x;
  let e = 0n;
  while (m >= (3n * one) / 2n) {
    m >>= 1n;
    e++;
  }
  while (m < (3n * one) / 4n) {
    m <<= 1n;
    e--;
  }
  return artanhTwice(over(m - one, m + one)) + e * logTwo;
}

function artanhTwice(z: bigint): bigint {
  const square = times(z, z);
  let power = z;
  let sum = 0n;
  for (let n = 1n; power !== 0n && power !== -1n; n += 2n) {
    sum += power / n;
    power = times(power, square);
  }
  return 2n * sum;
}

/** 2 artanh(1/3). */
const logTwo = artanhTwice(one / 3n);

/** exp x = 2^e exp(r), r in [0, log 2). */
export function exp(x: bigint): bigint {
  let e = x / logTwo;
  if (e * logTwo > x) e--;
  const r = x - e * logTwo;
  let term = one;
  let sum = 0n;
  for (let n = 1n; term !== 0n; n++) {
    sum += term;
    term = times(term, r) / n;
  }
  return e >= 0n ? sum << e : sum >> -e;
}

/** Whether the symmetric matrix is positive semidefinite: elimination without pivots, each of which must stay above 0 (or its row be 0). */
export function isSemidefinite(matrix: readonly (readonly bigint[])[]): boolean {
  const A = matrix.map((row) => [...row]);
  // What 2^-256 an operation adds up to.
  const noise = one >> 200n;
  for (let i = 0; i < A.length; i++) {
    if (A[i][i] < -noise) return false;
    if (A[i][i] <= noise) {
      if (A[i].slice(i).some((x) => x > noise << 20n || x < -(noise << 20n))) return false;
      continue;
    }
    for (let k = i + 1; k < A.length; k++) {
      const ratio = over(A[k][i], A[i][i]);
      for (let l = i; l < A.length; l++) A[k][l] -= times(ratio, A[i][l]);
    }
  }
  return true;
}
