import { afterEach, expect, it, vi } from "vitest";
import { DefectError } from "../../src/errors.ts";
import { predict } from "../../src/prediction/index.ts";
import { problem } from "../../src/problem/index.ts";
import type * as Dual from "../../src/solver/dual.ts";

const planted = vi.hoisted(() => ({ raise: 0 }));

// A mistake in the certificate: bounds that are too high.
vi.mock("../../src/solver/dual.ts", async (original) => {
  const { dualValue } = await original<typeof Dual>();
  return { dualValue: (...args: Parameters<typeof dualValue>) => dualValue(...args) * (1 + planted.raise) };
});

afterEach(() => {
  planted.raise = 0;
});

const inputs = {
  "a closed form": { counts: [500, 500, 100, 100], lambdaZ: 0.004, lambdaB: 0.02 },
  "the solver": { counts: [500, 500, 100, 100, 7], lambdaZ: 0.004, lambdaB: 0.02 },
  "nonnegative features": { counts: [500, 500, 100, 100], lambdaZ: 0.004, lambdaB: 0.02, nonnegative: true },
};

it.each(Object.entries(inputs))("a bound above the objective is no proof but a defect: %s", (_, input) => {
  const p = problem(input);
  expect(predict(p).certified).toBe(true);
  for (const raise of [0.18, 1e-6, 1e-11]) {
    planted.raise = raise;
    expect(() => predict(p)).toThrow(DefectError);
  }
});
