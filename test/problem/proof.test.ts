import { describe, expect, it } from "vitest";
import { DefectError } from "../../src/errors.ts";
import { problem, prove } from "../../src/problem/index.ts";

const p = problem({ counts: [300, 200], lambdaZ: 0.01, weights: [1, 2], smoothing: 0.1 });
const of = (objective: number, dual: number, rounding = 1e-15, tolerance = 1e-10) =>
  prove(p, { objective, dual, rounding, tolerance });

describe("what counts as proof", () => {
  it("a gap within the tolerance, relative to the objective", () => {
    expect(of(2, 2 - 1e-10)).toMatchObject({ objective: 2, dual: 2 - 1e-10, certified: true });
    expect(of(2, 1.5)).toEqual({ objective: 2, dual: 1.5, gap: 0.5, relativeGap: 0.25, certified: false });
    expect(of(2, 1.5, 0, 0.25).certified).toBe(true);
    expect(of(2, 1.5, 0, 0.2499).certified).toBe(false);
  });

  it("a gap below 0 by rounding is shown as it is and counts as 0", () => {
    const gap = of(1, 1 + 2 ** -51).gap;
    expect(gap).toBe(-(2 ** -51));
    expect(of(1, 1 + 2 ** -51)).toMatchObject({ relativeGap: 0, certified: true });
  });

  it("a bound above the objective by more than rounding is a defect, and the message has the problem's values", () => {
    expect(() => of(1.82, 2)).toThrow(DefectError);
    expect(() => of(1, 1 + 2e-15)).toThrow(DefectError);
    expect(() => of(1.82, 2)).toThrow(
      /defect of nclab.*objective 1\.82, bound 2.*"counts":\[300,200\],"lambdaZ":0\.01,"lambdaB":"inf".*"weights":\[1,2\].*"smoothing":0\.1/,
    );
  });

  it("stays relative where the objective is near 0, and asks for equality where it is 0", () => {
    expect(of(1e-200, 0.5e-200, 0)).toMatchObject({ relativeGap: 0.5, certified: false });
    expect(of(1e-200, 1e-200, 0).certified).toBe(true);
    expect(of(0, 0, 0)).toMatchObject({ gap: 0, relativeGap: 0, certified: true });
    expect(of(0, -1e-300, 0)).toMatchObject({ relativeGap: Number.POSITIVE_INFINITY, certified: false });
  });

  it("values that are not finite prove nothing", () => {
    for (const [objective, dual] of [
      [Number.NaN, 1],
      [1, Number.NaN],
      [Number.POSITIVE_INFINITY, 1],
      [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
      [1, Number.NEGATIVE_INFINITY],
    ])
      expect(of(objective, dual)).toMatchObject({ relativeGap: Number.POSITIVE_INFINITY, certified: false });
  });
});
