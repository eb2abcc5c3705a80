import fc from "fast-check";
import { expect, it } from "vitest";
import { imagesFromIdx, parseIdx } from "../../src/data/index.ts";
import { InputError } from "../../src/errors.ts";
import { encodeIdx } from "./files.ts";

it("gives back what was written, for any shape", () => {
  const shapes = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(shapes, fc.infiniteStream(fc.integer({ min: 0, max: 255 })), (dims, values) => {
      const size = dims.reduce((product, d) => product * d, 1);
      const data = Uint8Array.from({ length: size }, () => values.next().value as number);
      const parsed = parseIdx(encodeIdx(dims, data));
      expect(parsed.dims).toEqual(dims);
      expect([...parsed.data]).toEqual([...data]);
    }),
    { numRuns: 200 },
  );
});

it("reads bytes that begin in the middle of a buffer", () => {
  const file = encodeIdx([2, 3], Uint8Array.of(1, 2, 3, 4, 5, 6));
  const buffer = new Uint8Array(file.length + 7);
  buffer.set(file, 5);
  expect(parseIdx(buffer.subarray(5, 5 + file.length))).toEqual({ dims: [2, 3], data: Uint8Array.of(1, 2, 3, 4, 5, 6) });
});

it("refuses every file that is longer or shorter than its header says", () => {
  fc.assert(
    fc.property(fc.integer({ min: -30, max: 30 }).filter(Boolean), (change) => {
      const whole = encodeIdx([4, 5], new Uint8Array(20));
      const changed = new Uint8Array(whole.length + change);
      changed.set(whole.subarray(0, changed.length));
      expect(() => parseIdx(changed, "some.idx")).toThrow(InputError);
      expect(() => parseIdx(changed, "some.idx")).toThrow(/^some\.idx: expected .*got \d+/);
    }),
  );
});

const good = encodeIdx([2], Uint8Array.of(7, 8));
const changed = (at: number, value: number): Uint8Array => good.map((byte, i) => (i === at ? value : byte));

it.each([
  ["a first byte", changed(0, 1), /magic number: expected two zero bytes first, got "0x01000801"/],
  ["a second byte", changed(1, 9), /magic number/],
  ["another type", changed(2, 0x0d), /type byte: expected 0x08 \(unsigned bytes\), got "0x0d"/],
  ["no dimensions", changed(3, 0), /number of dimensions: expected at least 1, got 0/],
  ["no bytes at all", new Uint8Array(0), /at least 4 bytes, got 0/],
  ["a cut header", good.subarray(0, 6), /a header of 8 bytes for 1 dimensions, got 6/],
])("refuses %s that is wrong", (_, bytes, message) => {
  expect(() => parseIdx(bytes, "x.idx")).toThrow(InputError);
  expect(() => parseIdx(bytes, "x.idx")).toThrow(message);
});

it("does not allocate what a lying header promises", () => {
  const lie = encodeIdx([0xffffffff, 100], new Uint8Array(3));
  const before = process.memoryUsage().arrayBuffers;
  expect(() => parseIdx(lie, "lie.idx")).toThrow(/lie\.idx: expected 429496729512 bytes.*got 15/);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1e6);
  expect(() => parseIdx(encodeIdx(new Array(9).fill(0xffffffff), new Uint8Array(0)))).toThrow(/below 2\^53/);
});

const images = { ...parseIdx(encodeIdx([2, 2, 1], Uint8Array.of(9, 8, 7, 6))), file: "images" };
const labels = (dims: number[], ...values: number[]) => ({ dims, data: Uint8Array.from(values), file: "labels" });

it("joins images and labels", () => {
  const joined = imagesFromIdx(images, labels([2], 0, 9), 10, "two");
  expect(joined).toMatchObject({ name: "two", count: 2, height: 2, width: 1, channels: 1, classes: 10 });
  expect([[...joined.pixels], [...joined.labels]]).toEqual([
    [9, 8, 7, 6],
    [0, 9],
  ]);
});

it("names the file, the index and the value of a label out of range", () => {
  expect(() => imagesFromIdx(images, labels([2], 3, 10), 10, "two")).toThrow("labels: label 1: expected a class in 0..9, got 10");
});

it("refuses files that do not belong together", () => {
  expect(() => imagesFromIdx(images, labels([3], 0, 1, 2), 10, "two")).toThrow(/labels: number of labels: expected 2, .*got 3/);
  expect(() => imagesFromIdx(images, labels([1, 2], 0, 1), 10, "two")).toThrow(/labels: dimensions: expected one/);
  expect(() => imagesFromIdx(labels([2], 0, 1), labels([2], 0, 1), 10, "two")).toThrow(/expected images x height x width/);
  expect(() => imagesFromIdx({ ...labels([0, 28, 28]) }, labels([0]), 10, "two")).toThrow(/none of them 0/);
});
