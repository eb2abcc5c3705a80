import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InputError } from "../../src/errors.ts";
import { clustersOf, parseCounts, parseCountsFile, parseLongTail, problem, regularization } from "../../src/problem/index.ts";

const message = (f: () => unknown): string => {
  try {
    f();
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return (error as Error).message;
  }
  throw new Error("expected an InputError, got none");
};

describe("counts", () => {
  test("repetitions, plain lists, spaces and exponents", () => {
    expect(parseCounts("5x500,5x100")).toEqual([500, 500, 500, 500, 500, 100, 100, 100, 100, 100]);
    expect(parseCounts("500, 300 ,20")).toEqual([500, 300, 20]);
    expect(parseCounts("2x1e3,7")).toEqual([1000, 1000, 7]);
  });

  test("whatever list is written as text comes back", () => {
    const runs = fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 1e9 })), {
      minLength: 2,
      maxLength: 8,
    });
    fc.assert(
      fc.property(runs, (list) => {
        const text = list.map(([k, n]) => (k === 1 ? `${n}` : `${k}x${n}`)).join(",");
        expect(parseCounts(text)).toEqual(list.flatMap(([k, n]) => new Array<number>(k).fill(n)));
      }),
    );
  });

  test("long tails follow the contract's formulas", () => {
    expect(parseLongTail("exp:10:5000:0.01")).toEqual(
      Array.from({ length: 10 }, (_, k) => Math.floor(5000 * 0.01 ** (k / 9) + 1e-6)),
    );
    expect(parseLongTail("exp:10:5000:0.01").at(-1)).toBe(50);
    expect(parseLongTail("step:5:100:0.1")).toEqual([100, 100, 100, 10, 10]);
  });

  test("files: JSON, plain lines, name,count with a header", () => {
    expect(parseCountsFile("[3, 2]", "f.json")).toEqual([3, 2]);
    expect(parseCountsFile("3\n2\n", "f.txt")).toEqual([3, 2]);
    expect(parseCountsFile("name,count\r\ncat,3\r\n\r\ndog,2", "f.csv")).toEqual([3, 2]);
  });

  test("what is wrong is named with its rule and value", () => {
    expect(message(() => parseCounts("5,-2"))).toMatch(/--counts\[1\].*positive integer.*-2/);
    expect(message(() => parseCounts("5,2.5"))).toMatch(/positive integer.*2\.5/);
    expect(message(() => parseCounts("5,0"))).toMatch(/positive integer.*0/);
    expect(message(() => parseCounts("7"))).toMatch(/at least 2 classes/);
    expect(message(() => parseCounts("5,,3"))).toMatch(/--counts/);
    expect(message(() => parseLongTail("exp:10:5000"))).toMatch(/exp:K:nmax:factor/);
    expect(message(() => parseLongTail("exp:10:5000:7"))).toMatch(/factor.*\(0, 1\].*7/);
    expect(message(() => parseLongTail("exp:10:5:0.001"))).toMatch(
      /factor: expected at least one sample of every class .*0\.001/,
    );
    expect(message(() => parseCountsFile("a,3\nb,x", "c.csv"))).toMatch(/c\.csv, line 2.*positive integer.*"x"/);
    expect(message(() => parseCountsFile("[1,", "c.json"))).toMatch(/c\.json.*JSON/);
  });
});

describe("regularization", () => {
  test("one problem in three conventions", () => {
    // The same penalty written three ways: (W/2)|W|^2 + (H/2) sum |h|^2.
    const N = 3000;
    const paper = regularization({ lambdaW: 0.04, lambdaH: 0.0001, lambdaB: 0.02 }, N);
    const noHalf = regularization({ lambdaW: 0.02, lambdaH: 0.00005, lambdaB: 0.01, convention: "no-half" }, N);
    const mean = regularization({ lambdaW: 0.04, lambdaH: 0.3, lambdaB: 0.02, convention: "mean" }, N);
    for (const r of [noHalf, mean])
      for (const key of ["lambdaZ", "lambdaW", "lambdaH", "lambdaB"] as const) expect(r[key] / paper[key]).toBeCloseTo(1, 14);
    expect(paper.lambdaZ).toBeCloseTo(0.002, 15);
  });

  test("in the mean convention only class fractions matter", () => {
    const at = (scale: number): number => {
      const counts = [500 * scale, 500 * scale, 100 * scale];
      const p = problem({ counts, lambdaW: 0.01, lambdaH: 0.3, convention: "mean" });
      return (p.N * p.lambdaZ) ** 2 / p.counts[2];
    };
    expect(at(7)).toBeCloseTo(at(1), 12);
  });

  test("lambda_Z given alone is lambda_Z in every convention's own sense", () => {
    expect(regularization({ lambdaZ: 0.003 }, 100)).toEqual({
      lambdaZ: 0.003,
      lambdaW: 0.003,
      lambdaH: 0.003,
      lambdaB: Number.POSITIVE_INFINITY,
      weightDecay: null,
      ends: null,
      branches: null,
    });
    expect(regularization({ lambdaZ: 0.003, convention: "no-half" }, 100).lambdaZ).toBe(0.006);
    expect(regularization({ lambdaZ: 0.003, convention: "mean" }, 100).lambdaZ).toBeCloseTo(0.0003, 16);
  });

  test("refuses zero, negative, NaN and contradictions", () => {
    for (const lambdaZ of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(message(() => regularization({ lambdaZ }, 10))).toMatch(/lambdaZ.*positive finite/);
    expect(message(() => regularization({ lambdaZ: 1, lambdaB: -1 }, 10))).toMatch(/lambdaB.*at least 0.*-1/);
    expect(message(() => regularization({ lambdaZ: 1, lambdaW: 1 }, 10))).toMatch(/not both/);
    expect(message(() => regularization({ lambdaW: 1 }, 10))).toMatch(/lambdaW with lambdaH/);
    expect(message(() => regularization({}, 10))).toMatch(/neither/);
  });
});

test("clusters: equal count, weight, offset and factor; descending counts; every class once", () => {
  const p = problem({ counts: [40, 600, 40, 600, 40], lambdaZ: 0.01, weights: [1, 1, 2, 1, 1] });
  expect(clustersOf(p).map((c) => c.classes)).toEqual([[1, 3], [0, 4], [2]]);
  expect(clustersOf(p).map((c) => [c.count, c.size, c.weight])).toEqual([
    [600, 2, 1],
    [40, 2, 1],
    [40, 1, 2],
  ]);
});

test("remedies are checked, and neutral ones are none", () => {
  const base = { counts: [5, 3, 3], lambdaZ: 0.1 };
  expect(problem({ ...base, weights: [1, 1, 1], offsets: [0, 0, 0], factors: [1, 1, 1] })).toMatchObject({
    weights: null,
    offsets: null,
    factors: null,
  });
  expect(message(() => problem({ ...base, weights: [1, 0, 1] }))).toMatch(
    /weights\[1\].*positive number from 1e-100 to 1e\+100, got 0/,
  );
  expect(message(() => problem({ ...base, factors: [1, 1, 1e300] }))).toMatch(
    /factors\[2\].*from 1e-100 to 1e\+100, got 1e\+300/,
  );
  expect(message(() => problem({ ...base, weights: [1, 1] }))).toMatch(/weights.*3 numbers/);
  expect(message(() => problem({ ...base, offsets: [0, Number.NEGATIVE_INFINITY, 0] }))).toMatch(/offsets\[1\].*impossible/);
  expect(message(() => problem({ ...base, smoothing: 1 }))).toMatch(/smoothing.*\[0, 1\).*1/);
  expect(message(() => problem({ counts: [2 ** 53, 3], lambdaZ: 1 }))).toMatch(/counts\[0\]/);
});
