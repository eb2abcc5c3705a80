import { expect, test } from "vitest";
import { predict } from "../../src/index.ts";
import { criticalProduct } from "../../src/words/index.ts";

const said = (settings: Parameters<typeof predict>[0]): string | undefined =>
  criticalProduct((predict(settings as never) as { problem: Parameters<typeof criticalProduct>[0] }).problem)?.text;

test("the critical count is named where it decides which classes merge, and nowhere else", () => {
  const counts = "5x500,5x100";
  expect(said({ counts, weightDecay: 0.178, ends: "batch-norm" })).toBe("(N lambda_Z)^2");
  expect(said({ counts, lambdaZ: 0.003, lambdaB: 0.02 })).toBe("(N lambda_Z)^2");
  expect(said({ counts, layerPeeled: { EW: 1, EH: 1 } })).toBe("N x multiplier");
  const relu = { counts, weightDecay: 0.178, ends: "batch-norm-relu" } as const;
  expect(said(relu)).toBeUndefined();
  // Above it, and gone all the same: the number said the contrary.
  const { criticalCount, vanished } = predict(relu) as { criticalCount: number; vanished: number[] };
  expect(criticalCount).toBeLessThan(100);
  expect(vanished).toEqual([5, 6, 7, 8, 9]);
});
