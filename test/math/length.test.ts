import { expect, it } from "vitest";
import { lengthOf } from "../../src/math/length.ts";
import { random } from "../../src/math/random.ts";
import { Sum } from "../../src/math/sum.ts";
import { singularValues } from "../../src/math/svd.ts";

it("the length of 3, 4 and 12 at every scale, and with copies", () => {
  for (let e = -1060; e <= 1000; e += 20) {
    const unit = 2 ** e;
    expect(lengthOf(3, (i) => [3, -4, 12][i] * unit)).toBe(13 * unit);
    // 2^2 four times and 3^2 once: 25.
    expect(
      lengthOf(
        3,
        (i) => [2, 3, Number.MAX_VALUE][i] * (i < 2 ? unit : 1),
        (i) => [4, 1, 0][i],
      ),
    ).toBe(5 * unit);
  }
});

it("multiplies with its vector exactly where the scale is a power of two", () => {
  const r = random(5);
  for (let t = 0; t < 200; t++) {
    const x = Array.from({ length: 1 + r.integer(9) }, () => r.normal() * 10 ** (5 * r.normal()));
    const plain = lengthOf(x.length, (i) => x[i]);
    expect(Math.abs(plain / Math.hypot(...x) - 1)).toBeLessThan(4 * Number.EPSILON);
    for (const unit of [2 ** -600, 2 ** -800, 2 ** 800]) expect(lengthOf(x.length, (i) => x[i] * unit)).toBe(plain * unit);
  }
});

it("0, infinity and nothing", () => {
  expect(lengthOf(0, () => 1)).toBe(0);
  expect(lengthOf(3, () => 0)).toBe(0);
  expect(lengthOf(2, (i) => (i ? 1 : Number.NEGATIVE_INFINITY))).toBe(Number.POSITIVE_INFINITY);
});

it("a sum past the largest float64 is infinite, not NaN", () => {
  const sum = new Sum();
  for (const x of [1e308, 1e308, 5]) sum.add(x);
  expect(sum.value).toBe(Number.POSITIVE_INFINITY);
});

it("singular values of a matrix times a power of two are those times it, past the squares of float64 too", () => {
  const A = { rows: 2, cols: 3, data: Float64Array.of(3, 1, -2, 0.5, 4, 7) };
  const plain = singularValues(A);
  for (const unit of [2 ** -900, 2 ** -600, 2 ** 600, 2 ** 900])
    expect([...singularValues({ ...A, data: A.data.map((x) => x * unit) })]).toEqual([...plain.map((x) => x * unit)]);
});
