import { expect, it } from "vitest";
import { joinImages, parseCifar } from "../../src/data/index.ts";
import { InputError } from "../../src/errors.ts";

function rows(...labels: number[]): Uint8Array {
  const bytes = new Uint8Array(3073 * labels.length);
  labels.forEach((label, i) => {
    bytes[3073 * i] = label;
    for (let p = 0; p < 3072; p++) bytes[3073 * i + 1 + p] = (p * 7 + Math.floor(p / 1024) * 50 + i) % 256;
  });
  return bytes;
}

it("turns planes into pixels: (i, y, x, c) is byte 1 + 1024 c + 32 y + x of row i", () => {
  const bytes = rows(3, 9);
  const images = parseCifar(bytes, "batch");
  expect(images).toMatchObject({ count: 2, height: 32, width: 32, channels: 3, classes: 10 });
  expect([...images.labels]).toEqual([3, 9]);
  for (const [i, y, x, c] of [[0, 0, 0, 0], [0, 0, 0, 2], [0, 31, 31, 1], [1, 5, 17, 0], [1, 5, 17, 2]]) // biome-ignore format: a table
    expect(images.pixels[((i * 32 + y) * 32 + x) * 3 + c]).toBe(bytes[3073 * i + 1 + 1024 * c + 32 * y + x]);
});

it("refuses rows that are cut, none at all, and labels above 9", () => {
  expect(() => parseCifar(rows(1, 2).subarray(0, 6000), "batch")).toThrow(InputError);
  expect(() => parseCifar(rows(1, 2).subarray(0, 6000), "batch")).toThrow(/batch: expected rows of 3073 bytes.*6000/);
  expect(() => parseCifar(new Uint8Array(0), "batch")).toThrow(InputError);
  expect(() => parseCifar(rows(1, 10), "batch")).toThrow("batch: label 1: expected a class in 0..9, got 10");
});

it("joins files in order", () => {
  const both = joinImages([parseCifar(rows(1)), parseCifar(rows(2, 3))], "both");
  expect(both).toMatchObject({ name: "both", count: 3 });
  expect([...both.labels]).toEqual([1, 2, 3]);
  expect(both.pixels.subarray(3072)).toEqual(parseCifar(rows(2, 3)).pixels);
  expect(() => joinImages([parseCifar(rows(1)), { ...parseCifar(rows(1)), channels: 1 }], "both")).toThrow(
    /shape: expected 32 x 32 x 3/,
  );
});
