import { expect, it } from "vitest";
import { glyphs, type Images, padImages, stretchImages } from "../../src/data/index.ts";
import { InputError } from "../../src/errors.ts";

const tiny = (height: number, width: number, channels: number, ...pixels: number[]): Images => ({
  name: "tiny",
  count: pixels.length / (height * width * channels),
  height,
  width,
  channels,
  pixels: Uint8Array.from(pixels),
  labels: new Uint8Array(pixels.length / (height * width * channels)),
  classes: 2,
});

it("pads with zeros evenly and keeps every pixel", () => {
  const before = glyphs(1, 0);
  const after = padImages(before, 32, 32);
  expect(after).toMatchObject({ count: 10, height: 32, width: 32 });
  for (let i = 0; i < 10; i++)
    for (let y = 0; y < 32; y++)
      for (let x = 0; x < 32; x++) {
        const inside = y >= 2 && y < 30 && x >= 2 && x < 30;
        expect(after.pixels[(i * 32 + y) * 32 + x]).toBe(inside ? before.pixels[(i * 28 + y - 2) * 28 + x - 2] : 0);
      }
});

it("keeps channels together", () => {
  expect([...padImages(tiny(1, 1, 3, 1, 2, 3), 1, 3).pixels]).toEqual([0, 0, 0, 1, 2, 3, 0, 0, 0]);
  expect([...stretchImages(tiny(1, 2, 2, 0, 100, 80, 20), 1, 4).pixels]).toEqual([0, 100, 20, 80, 60, 40, 80, 20]);
});

it("stretches by bilinear interpolation: constants stay, ramps stay ramps, the same size changes nothing", () => {
  expect(new Set(stretchImages(tiny(3, 3, 1, ...Array(9).fill(77)), 7, 5).pixels)).toEqual(new Set([77]));
  expect([...stretchImages(tiny(2, 1, 1, 0, 100), 4, 1).pixels]).toEqual([0, 25, 75, 100]);
  const same = glyphs(1, 0);
  expect(stretchImages(same, 28, 28).pixels).toEqual(same.pixels);
});

it("refuses to shrink", () => {
  expect(() => padImages(glyphs(1, 0), 27, 28)).toThrow(InputError);
  expect(() => stretchImages(glyphs(1, 0), 32, 31.5)).toThrow(/new image size: expected whole numbers, at least 28 x 28/);
});
