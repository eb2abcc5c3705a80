import { expect, test } from "vitest";
import { seriesStyle } from "../../src/plots/palette.ts";

test("no two of 36 series look alike, in color or without it beside the same color", () => {
  const styles = Array.from({ length: 36 }, (_, i) => seriesStyle(i));
  for (const key of ["dash", "symbol"] as const)
    expect(new Set(styles.map((style) => `${style.color} ${style[key]}`)).size).toBe(36);
  expect(seriesStyle(36)).toEqual(seriesStyle(0));
});
