import { expect, test } from "vitest";
import {
  addToSums,
  addToWithin,
  emptySums,
  emptyWithin,
  finishWithClasses,
  frameOf,
  type Head,
} from "../../src/measure/index.ts";

/** What is said of class 0 when its own logit is ahead of the other by a hair, features being the unit vectors. */
function statusAhead(head: Head): { status: string | null; margin: number | null } {
  const block = { n: 4, features: Float64Array.of(1, 0, 1, 0, 0, 1, 0, 1), labels: [0, 0, 1, 1] };
  const sums = emptySums(2, 2);
  addToSums(sums, block);
  const frame = frameOf(sums);
  const within = emptyWithin(frame, head);
  addToWithin(within, frame, head, block);
  return finishWithClasses({ ...frame, counts: Float64Array.of(2, 3) }, within, head).classes[0];
}

/** Logits of a million carry rounding of 1e-10 each, and a share of 1e-9 of the largest is no margin (theory, section 11). */
test.each<[string, (margin: number) => Head]>([
  ["weights", (margin) => ({ W: Float64Array.of(1e6, 0, 1e6 - margin, 1e6), b: new Float64Array(2) })],
  ["the bias", (margin) => ({ W: Float64Array.of(1, 0, 1 - margin, 9), b: Float64Array.of(1e6, 1e6) })],
  ["a negative bias", (margin) => ({ W: Float64Array.of(1, 0, 1 - margin, 9), b: Float64Array.of(-1e6, -1e6) })],
])("beside logits that %s makes a million, a margin of 1e-5 is rounding and one of 0.01 is not", (_, head) => {
  const tie = statusAhead(head(1e-5));
  expect(tie.margin).toBeCloseTo(1e-5, 8);
  expect(tie.status).toBe("outvoted");
  expect(statusAhead(head(0.01)).status).toBe("own");
});
