import { expect, test } from "vitest";
import { InputError } from "../../src/errors.ts";
import { decodeSafetensors, encodeSafetensors, type TypedArray } from "../../src/features/index.ts";

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

test("the file itself: header length, JSON padded to a multiple of 8, numbers one array after the other", () => {
  // By the format's page: https://github.com/huggingface/safetensors#format
  const cases: [string, TypedArray][] = [
    ["F64", Float64Array.of(1.5)],
    ["F32", Float32Array.of(1.5, 2)],
    ["I8", Int8Array.of(-1, 2, 3)],
    ["I16", Int16Array.of(-1, 2)],
    ["I32", Int32Array.of(-1)],
    ["I64", BigInt64Array.of(-1n)],
    ["U8", Uint8Array.of(255)],
    ["U16", Uint16Array.of(65535)],
    ["U32", Uint32Array.of(2 ** 32 - 1)],
    ["U64", BigUint64Array.of(1n, 2n)],
  ];
  const arrays = Object.fromEntries(cases.map(([dtype, data]) => [`é ${dtype}`, { shape: [data.length], data }]));
  const bytes = Buffer.from(encodeSafetensors(arrays));
  const length = Number(bytes.readBigUInt64LE(0));
  expect(length % 8).toBe(0);
  const header = JSON.parse(bytes.toString("utf8", 8, 8 + length));
  let at = 0;
  for (const [dtype, data] of cases) {
    expect(header[`é ${dtype}`]).toEqual({ dtype, shape: [data.length], data_offsets: [at, at + data.byteLength] });
    expect(bytes.subarray(8 + length + at, 8 + length + at + data.byteLength)).toEqual(Buffer.from(data.buffer));
    at += data.byteLength;
  }
  expect(bytes).toHaveLength(8 + length + at);
  expect(decodeSafetensors(bytes).arrays).toEqual(arrays);
  expect(decodeSafetensors(bytes).metadata).toEqual({});
  expect(() => encodeSafetensors({ w: { shape: [2], data: Float32Array.of(1) } })).toThrow(/encodeSafetensors: w/);
});

test.each<[string, unknown, RegExp]>([
  ["a type of its own", { w: { dtype: "F7", shape: [1], data_offsets: [0, 4] } }, /x: dtype of w: expected F64, F32, .*"?F7/],
  ["too few bytes", { w: { dtype: "F32", shape: [2], data_offsets: [0, 4] } }, /x: w: expected data_offsets of 2 numbers/],
  ["an end outside", { w: { dtype: "F32", shape: [3], data_offsets: [0, 12] } }, /x: w/],
  ["a start before the first", { w: { dtype: "F32", shape: [3], data_offsets: [-4, 8] } }, /x: data_offsets of w/],
  ["no offsets", { w: { dtype: "F32", shape: [1] } }, /x: data_offsets of w/],
  ["no shape", { w: { dtype: "F32", data_offsets: [0, 4] } }, /x: shape of w/],
  ["an offset too many", { w: { dtype: "F32", shape: [1], data_offsets: [0, 4, 8] } }, /x: data_offsets of w/],
  ["a shape that is no list", { w: { dtype: "F32", shape: 1, data_offsets: [0, 4] } }, /x: shape of w/],
  ["a shape of halves", { w: { dtype: "F32", shape: [0.5, 2], data_offsets: [0, 4] } }, /x: shape of w/],
  ["an entry that is no object", { w: [1] }, /x: w: expected a JSON object/],
  ["a header that is a list", "[]", /x: header: expected a JSON object/],
  ["a header that is null", "null", /x: header: expected a JSON object/],
  ["metadata that are no texts", { __metadata__: { epoch: 3 } }, /x: __metadata__\.epoch: expected a text, got 3/],
  ["no JSON", "{", /x: header: expected JSON/],
])("%s is refused", (_, header, message) => {
  const text = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + 8);
  bytes[0] = text.length;
  bytes.set(text, 8);
  expect(() => decodeSafetensors(bytes, "x")).toThrow(InputError);
  expect(() => decodeSafetensors(bytes, "x")).toThrow(message);
});

test("a header that ends outside the file, and a file shorter than its length field, are refused", () => {
  const bytes = encodeSafetensors({ w: { shape: [1], data: Float32Array.of(1) } });
  const long = bytes.with(0, 255);
  expect(() => decodeSafetensors(long, "x")).toThrow(`x: header length: expected at most ${bytes.length - 8}`);
  expect(() => decodeSafetensors(bytes.subarray(0, 7), "x")).toThrow("x: expected at least 8 bytes, got 7");
});
