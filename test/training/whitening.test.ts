import { expect, test } from "vitest";
import { columnsOf, rowsOf } from "../../src/training/whitening.ts";

test("rows and columns are each other's transposes", () => {
  // Three samples of two numbers, a row a sample; columns: all samples of the first number, then of the second.
  const rows = { shape: [3, 2], data: Float32Array.from([1, 10, 2, 20, 3, 30]) };
  const columns = Float64Array.from([1, 2, 3, 10, 20, 30]);
  expect(columnsOf(rows)).toEqual(columns);
  expect(rowsOf(columns, 3)).toEqual(rows);
});
