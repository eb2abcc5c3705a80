import { expect, test } from "vitest";
import { fullRank, lossNamed, lossNames } from "../../src/loss/index.ts";

test.each(lossNames)("%s: the full rank is one less than K exactly where a shift of the logits is free", (loss) => {
  expect(fullRank({ K: 7, loss })).toBe(lossNamed(loss).shiftFree ? 6 : 7);
  // And a shift is free exactly where the loss says so: at 2 classes of one sample each, logits (1, 0) and (3, 2).
  const p = { J: 1, K: 2, s: 1, smoothing: 0, size: [2], count: [1], weight: [1], factor: [1], offset: [0] };
  const clusters = Object.fromEntries(
    Object.entries(p).map(([key, value]) => [key, Array.isArray(value) ? Float64Array.from(value) : value]),
  ) as unknown as Parameters<ReturnType<typeof lossNamed>["at"]>[0];
  const at = (shift: number): number => lossNamed(loss).at(clusters, Float64Array.of(shift), Float64Array.of(1)).value;
  expect(Math.abs(at(2) - at(0)) < 1e-12).toBe(lossNamed(loss).shiftFree);
});
