import { add, type Code, divide, int, multiply, remainder } from "../wasm/index.ts";

/** Where index i lies, in places of four bytes. */
export type Places =
  /** i stride */
  | { readonly kind: "even"; readonly stride: number }
  /** i mod length, in pieces of `length` that begin `stride` apart: the values under one window. */
  | { readonly kind: "taps"; readonly length: number; readonly stride: number }
  /** The corner of window i of images that have a border already: by image, row, column of the output. */
  | {
      readonly kind: "pixels";
      readonly height: number;
      readonly width: number;
      readonly step: number;
      /** Of the input with its border: rows, columns, channels. */
      readonly from: readonly [rows: number, columns: number, channels: number];
    };

/** How many places in a row lie next to each other; 0: none. */
export function lengthOf(places: Places, count: number): number {
  if (places.kind === "taps") return places.length;
  return places.kind === "even" && places.stride === 1 ? count : 0;
}

/** The place of an index, in bytes. */
export function placeOf(places: Places, i: Code): Code {
  switch (places.kind) {
    case "even":
      return multiply(i, int(4 * places.stride));
    case "taps":
      return add(
        multiply(divide(i, int(places.length)), int(4 * places.stride)),
        multiply(remainder(i, int(places.length)), int(4)),
      );
    case "pixels": {
      const { height, width, step, from } = places;
      const [rows, columns, channels] = from;
      const image = multiply(divide(i, int(height * width)), int(rows * columns));
      const row = multiply(remainder(divide(i, int(width)), int(height)), int(step * columns));
      const column = multiply(remainder(i, int(width)), int(step));
      return multiply(add(image, add(row, column)), int(4 * channels));
    }
  }
}
