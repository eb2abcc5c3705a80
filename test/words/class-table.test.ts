import { expect, test } from "vitest";
import type { PredictedClass } from "../../src/prediction/index.ts";
import { shotRows } from "../../src/words/class-table.ts";

const predicted = (count: number, pOwn: number): PredictedClass => ({
  class: 0,
  count,
  pOwn,
  rival: 1,
  margin: 1,
  status: "own",
  nearest: 1,
  distance: 1,
});

test("the median of an even number of classes lies between the two in the middle, and the limits are those of the names", () => {
  const rows = shotRows([predicted(101, 0.9), predicted(100, 0.2), predicted(20, 0.6), predicted(19, 0.1)]);
  expect(rows.map((row) => [row[0], row[1], row.at(-1)])).toEqual([
    ["many (> 100 samples)", "1", "0.9"],
    ["medium (20-100)", "2", "0.4"],
    ["few (< 20)", "1", "0.1"],
  ]);
});
