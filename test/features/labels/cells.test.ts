import { expect, test } from "vitest";
import {
  isClassNameName,
  isFile,
  isLabelName,
  isMissing,
  isNumber,
  isPath,
  isWhole,
} from "../../../src/features/labels/cells.ts";

/** What a cell is by itself: each rule with words that it takes, and words that only contain such a one. */
test.each<[string, (cell: string) => boolean, string[], string[]]>([
  [
    "whole number",
    isWhole,
    ["3", "03", "-1", "+2", "3.0", "3.", "3.000000000000000000e+00", "1e3"],
    ["", "x3", "3x", "3.5", "1e-1", "0x10", "1,000", "3 4", "e5", "."],
  ],
  ["number", isNumber, ["3", "0.5", ".5", "-1e-3", "1E5"], ["", "a0.5", "0.5a", "1e", "--1", "nan", "inf"]],
  ["missing", isMissing, ["", "nan", "NaN", "N/A", "null", "None", "<NA>"], ["nano", "none of them", "annul", "na"]],
  [
    "file",
    isFile,
    ["img.png", "a/b.JPEG", "x.h5", "my cat.tiff"],
    ["png", ".png", "a/.png", "3.5", "v1.0", "a.toolong", "img.png "],
  ],
  ["path", isPath, ["cats/img.png", "a\\b", "./x/y", "a//b"], ["img.png", "/img.png", "cats/", "a b"]],
  [
    "title of classes",
    isLabelName,
    [
      "y",
      "GT",
      "label",
      "Labels",
      "class_id",
      "Class Index",
      "target",
      "category",
      "categories",
      "species",
      "ground_truth",
      "cls",
    ],
    ["my y", "ys", "gty", "unlabel", "labelled", "classy", "subclass", "label name"],
  ],
  [
    "title of names",
    isClassNameName,
    ["class_name", "Label Names", "species-str", "target names"],
    ["name", "class", "my class name", "class names here", "filename"],
  ],
])("%s", (_, is, yes, no) => {
  for (const cell of yes) expect(is(cell), cell).toBe(true);
  for (const cell of no) expect(is(cell), cell).toBe(false);
});
