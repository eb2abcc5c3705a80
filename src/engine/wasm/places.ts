import { add, type Code, divide, int, multiplyInt, remainder } from "../../wasm/index.ts";

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
      return multiplyInt(i, int(4 * places.stride));
    case "taps":
      return add(
        multiplyInt(divide(i, int(places.length)), int(4 * places.stride)),
        multiplyInt(remainder(i, int(places.length)), int(4)),
      );
    case "pixels": {
      const { height, width, step, from } = places;
      const [rows, columns, channels] = from;
      const image = multiplyInt(divide(i, int(height * width)), int(rows * columns));
      const row = multiplyInt(remainder(divide(i, int(width)), int(height)), int(step * columns));
      const column = multiplyInt(remainder(i, int(width)), int(step));
      return multiplyInt(add(image, add(row, column)), int(4 * channels));
    }
  }
}
