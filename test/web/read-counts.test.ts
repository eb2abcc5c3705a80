import fc from "fast-check";
import { expect, it } from "vitest";
import { InputError } from "../../src/errors.ts";
import { encodeNpy } from "../../src/features/npy.ts";
import { encodeNpz } from "../../src/features/npz.ts";
import { countsOfFile, countsOfText, textOfCounts } from "../../web/data/read-counts.ts";
import { defaults, fromHash, type State, toHash } from "../../web/state.ts";

const file = (name: string, content: string | Uint8Array): File => new File([content as BlobPart], name);
const labels = { shape: [7], data: BigInt64Array.from([0, 2, 1, 0, 0, 2, 0], BigInt) };

it("reads counts as they are typed and pasted", () => {
  expect(countsOfText("3x50, 2x7")).toEqual([50, 50, 50, 7, 7]);
  expect(countsOfText("[5, 4, 3]")).toEqual([5, 4, 3]);
  expect(countsOfText("class,count\ncat,10\ndog,20\n")).toEqual([10, 20]);
  expect(countsOfText("exp:3:100:0.01")).toEqual([100, 10, 1]);
  expect(countsOfText("step:4:100:0.1")).toEqual([100, 100, 10, 10]);
});

it.each(["", "5x", "1,2,-3", "0,1", "1.5,2", "exp:3:100", "step:4:100:2", "[1, 2", "one,two", "5"])(
  "refuses %j with a reason",
  (text) => {
    expect(() => countsOfText(text)).toThrow(InputError);
  },
);

it("counts the labels of files", async () => {
  expect(await countsOfFile(file("y.npy", encodeNpy(labels)), "counts")).toEqual([4, 1, 2]);
  expect(await countsOfFile(file("y.npz", encodeNpz({ labels })), "counts")).toEqual([4, 1, 2]);
  expect(await countsOfFile(file("y.csv", "label\n0\n2\n1\n0\n"), "labels")).toEqual([2, 1, 1]);
  expect(await countsOfFile(file("y.csv", "4\n2\n"), "counts")).toEqual([4, 2]);
  expect(await countsOfFile(file("y.json", "[4, 2]"), "counts")).toEqual([4, 2]);
  expect(await countsOfFile(file("y.json", "[0, 1, 0]"), "labels")).toEqual([2, 1]);
});

it.each([
  ["y.npy", "no array", "y.npy"],
  ["y.csv", "0\n2\n", "got none of class 1"],
  ["y.csv", "0\n-1\n", "a class from 0"],
  ["y.pt", "anything", ".csv, .tsv, .txt, .json, .npy, .npz"],
])("refuses %s with %j", async (name, content, message) => {
  await expect(countsOfFile(file(name, content), "labels")).rejects.toThrow(message);
});

it("says any counts in a text that reads back as they were", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(1, 2, 7, 500, 123456), { minLength: 2, maxLength: 40 }), (counts) => {
      expect(countsOfText(textOfCounts(counts))).toEqual(counts);
    }),
  );
});

it("keeps any state in an address", () => {
  const positive = fc.double({ min: 1e-12, max: 1e6, noNaN: true });
  const state = fc.record({
    tab: fc.constantFrom<State["tab"]>("theory", "data"),
    kA: fc.integer({ min: 1, max: 500 }),
    nA: fc.integer({ min: 1, max: 1e9 }),
    lambdaZ: positive,
    lambdaB: fc.oneof(positive, fc.constant(Number.POSITIVE_INFINITY)),
    nonnegative: fc.boolean(),
    counts: fc.string(),
  });
  fc.assert(
    fc.property(state, (part) => {
      const whole = { ...defaults, ...part };
      expect(fromHash(toHash(whole))).toEqual({ state: whole, problems: [] });
    }),
  );
});
