import { describe, expect, test } from "vitest";
import { memoryArrays } from "../../src/features/bytes-arrays.ts";
import { fileKind } from "../../src/features/file-kind.ts";
import { encodeNpy, encodeNpz, encodeSafetensors } from "../../src/features/index.ts";
import { holdsArrays } from "../../src/features/labels/labels-in.ts";

const text = (words: string): Uint8Array => new TextEncoder().encode(words);
const array = { data: Float64Array.of(1, 2), shape: [2] };

describe("what a file is by its beginning", () => {
  test.each([
    ["x.npy", encodeNpy(array), "npy"],
    ["x", encodeNpz({ x: array }), "zip"],
    ["x", encodeNpz({}), "zip"],
    ["x", encodeSafetensors({ x: array }), "safetensors"],
    ["x", Uint8Array.of(0x80, 4, 0x4e, 0x2e), "pickle"],
    ["x.pkl", text("(lp0\nI1\naI2\na."), "pickle"],
  ])("%s that was written by its writer", (name, bytes, kind) => {
    expect(fileKind(bytes.subarray(0, 16), name)).toBe(kind);
    expect(holdsArrays(bytes.subarray(0, 16), name)).toBe(true);
  });

  test.each(["PKW\nVAN\n", "PK", "(a)\n", "[0, 1]", "{}", ""])("%j is text, whoever asks", (words) => {
    expect(fileKind(text(words), "labels.txt")).toBeUndefined();
    expect(holdsArrays(text(words), "labels.txt")).toBe(false);
  });

  test("a text that begins like a zip's letters is called text, no damaged zip", async () => {
    await expect(memoryArrays("classes.txt", text("PKW\nVAN\n"))).rejects.toThrow("got text");
  });
});
