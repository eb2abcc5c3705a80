import { expect, test } from "vitest";
import { random } from "../../src/math/random.ts";
import { freeEvents, nonnegativeEvents } from "../../src/prediction/index.ts";
import { problem } from "../../src/problem/index.ts";
import {
  type BorderInput,
  borderMeetings,
  bordersAt,
  coreBoundaries,
  nonnegativePhase,
  type PhaseBorders,
  phase,
  phaseBorders,
} from "../../src/theory/index.ts";

const inf = Number.POSITIVE_INFINITY;
const usual = { kA: 5, kB: 5, nB: 100, lambdaB: 0.02 };

/** Problems over the whole range: biases of every strength, none and free. */
const some = (n: number, nonnegative: boolean): (BorderInput & { ratio: number })[] => {
  const generator = random(7);
  const u = (low: number, high: number): number => low + (high - low) * generator.uniform();
  return Array.from({ length: n }, (_, i) => ({
    kA: 2 + Math.floor(u(0, 40)),
    kB: 2 + Math.floor(u(0, 40)),
    nB: 10 ** u(0, 5),
    lambdaB: i % 10 === 0 ? inf : i % 10 === 1 ? 0 : 10 ** u(-7, 2),
    ratio: 10 ** (i % 3 === 0 ? u(-3, 0) : u(0, 4)) + (i % 3 === 0 ? 1 : 0),
    nonnegative,
  }));
};

const letter = ({ kA, kB, nB, lambdaB, nonnegative }: BorderInput, ratio: number, lambdaZ: number): string =>
  (nonnegative ? nonnegativePhase : phase)({ kA, kB, nA: ratio * nB, nB, lambdaB, lambdaZ });

test.each([false, true])("the phases on both sides of every border are those it parts (nonnegative: %s)", (nonnegative) => {
  for (const input of some(600, nonnegative)) {
    const phases = nonnegative ? "acd" : "abcd";
    const at = bordersAt(input, input.ratio);
    expect(at).toEqual([...at].sort((x, y) => x - y));
    at.forEach((lambdaZ, i) => {
      // As near as the borders' distance from each other allows, and 1e-8 at most.
      const room = Math.min(1e-8, ...at.flatMap((other, j) => (j === i ? [] : [0.4 * Math.abs(Math.log(other / lambdaZ))])));
      if (room < 1e-12) return;
      const where = JSON.stringify({ input, lambdaZ });
      expect(letter(input, input.ratio, lambdaZ * (1 - room)), where).toBe(phases[i]);
      expect(letter(input, input.ratio, lambdaZ * (1 + room)), where).toBe(phases[i + 1]);
    });
  }
});

test("xi changes its sign once between the outer borders: a scan finds no more", () => {
  for (const { kA, kB, nB, lambdaB, ratio } of some(300, false))
    expect(coreBoundaries({ kA, kB, nA: ratio * nB, nB, lambdaB }, 64)).toHaveLength(1);
});

test.each([
  [usual, 5],
  [{ ...usual, lambdaB: inf }, 7],
  [{ ...usual, kA: 3, kB: 7, lambdaB: 0.05 }, 20],
])("they are the events of the certified solution: %j at ratio %d", (input, ratio) => {
  const counts = [...new Array(input.kA).fill(ratio * input.nB), ...new Array(input.kB).fill(input.nB)];
  const p = { counts, lambdaZ: 0.001, lambdaB: input.lambdaB };
  const free = freeEvents(problem(p)).events.map((e) => e.lambdaZ);
  for (const border of bordersAt({ ...input, nonnegative: false }, ratio))
    expect(Math.min(...free.map((x) => Math.abs(x / border - 1)))).toBeLessThan(1e-9);
  const own = nonnegativeEvents(problem({ ...p, nonnegative: true })).events.map((e) => e.lambdaZ);
  for (const border of bordersAt({ ...input, nonnegative: true }, ratio))
    expect(Math.min(...own.map((x) => Math.abs(x / border - 1)))).toBeLessThan(1e-9);
});

test("between two rows the curve is straight in logarithms, to less than a tenth of a pixel", () => {
  for (const nonnegative of [false, true]) {
    const { rows } = phaseBorders({ ...usual, nonnegative }, 1, 1000);
    expect(rows.map((row) => row.ratio)).toEqual(rows.map((row) => row.ratio).sort((x, y) => x - y));
    expect([rows[0].ratio, rows.at(-1)?.ratio]).toEqual([1, 1000]);
    expect(rows.length).toBeLessThan(400);
    rows.slice(1).forEach((right, i) => {
      const left = rows[i];
      for (const share of [0.25, 0.5, 0.75])
        bordersAt({ ...usual, nonnegative }, left.ratio ** (1 - share) * right.ratio ** share).forEach((x, j) => {
          const line = (1 - share) * Math.log(left.lambdaZ[j]) + share * Math.log(right.lambdaZ[j]);
          expect(Math.abs(Math.log(x) - line)).toBeLessThan(6e-4);
        });
    });
  }
});

test("borders meet at ratio 1, and where those of free and of nonnegative features cross", () => {
  const of = (input: typeof usual, nonnegative: boolean): PhaseBorders => phaseBorders({ ...input, nonnegative }, 1, 100);
  let crossings = 0;
  for (const input of [usual, { ...usual, lambdaB: 0.002 }, { ...usual, kA: 3, kB: 7 }, { ...usual, lambdaB: inf }]) {
    const meetings = borderMeetings(input, of(input, false));
    const K = input.kA + input.kB;
    expect(meetings.slice(0, 2)).toEqual([
      { ratio: 1, lambdaZ: expect.closeTo(1 / (K * Math.sqrt(input.nB)), 14) },
      { ratio: 1, lambdaZ: expect.closeTo(Math.sqrt((K - 1) / K) / (K * Math.sqrt(input.nB)), 14) },
    ]);
    for (const { ratio, lambdaZ } of meetings.slice(2)) {
      crossings++;
      // Both have a border there, and just around it their letters tell the crossing.
      for (const nonnegative of [false, true])
        expect(Math.min(...bordersAt({ ...input, nonnegative }, ratio).map((x) => Math.abs(x / lambdaZ - 1)))).toBeLessThan(
          1e-11,
        );
    }
    // Without a bias every border of nonnegative features is the smaller by the same factor and those of (a) never cross.
    if (input.lambdaB === inf)
      for (const [ratio, x, y] of of(input, true).rows.map((row) => [row.ratio, row.lambdaZ[0], row.lambdaZ[1]]))
        expect([x, y].map((v) => v * (input.kA * ratio + input.kB) * 10)).toEqual([
          expect.closeTo(Math.sqrt(0.9), 12),
          expect.closeTo(Math.sqrt(0.9 * ratio), 11),
        ]);
  }
  expect(crossings).toBeGreaterThan(0);
});

test("refuses what is no problem", () => {
  expect(() => phaseBorders({ ...usual, kA: 1, nonnegative: false }, 1, 10)).toThrow(/^kA: .*got 1/);
  expect(() => phaseBorders({ ...usual, nonnegative: false }, 0.5, 10)).toThrow(/^ratio: .*got 0.5/);
});
