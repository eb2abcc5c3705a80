import { expect, test } from "vitest";
import { decodeSafetensors, encodeSafetensors } from "../../src/features/index.ts";

test("arrays come back in their own types, with the metadata", () => {
  const bytes = encodeSafetensors(
    { w: { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) }, n: { shape: [1], data: BigInt64Array.of(7n) } },
    { epoch: "3" },
  );
  const { arrays, metadata } = decodeSafetensors(bytes);
  expect(arrays.w).toEqual({ shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) });
  expect(arrays.n.data).toEqual(BigInt64Array.of(7n));
  expect(metadata).toEqual({ epoch: "3" });
});

test("a Node Buffer inside a larger pool is read where it lies", () => {
  const bytes = encodeSafetensors({ w: { shape: [3], data: Float64Array.of(1.5, -2, 1e300) } });
  const pool = Buffer.alloc(bytes.length + 64, 0xff);
  pool.set(bytes, 24);
  const { arrays } = decodeSafetensors(pool.subarray(24, 24 + bytes.length));
  expect(arrays.w.data).toEqual(Float64Array.of(1.5, -2, 1e300));
});
