import { describe, expect, test } from "vitest";
import { amongFiles, type Keys, labelsIn, memoryArrays, memoryBytes } from "../../src/features/browser.ts";
import { encodeNpy, encodeNpz, type NumericArray } from "../../src/features/index.ts";
import { textLabels } from "../../src/features/labels/text-labels.ts";
import { advise } from "../../src/index.ts";
import { openInput, type Places } from "../../src/inputs/index.ts";
import { remediesFor } from "../../web/data/advice-choice.ts";
import { questionOfState } from "../../web/data/question.ts";
import { dataControls } from "../../web/data/way-out.ts";
import { measuringControls } from "../../web/measuring/way-out.ts";
import { defaults, type State } from "../../web/state.ts";
import { wayOut } from "../../web/way-out.ts";

const counts = "5x500,5x100";
const refused = async (what: () => unknown): Promise<string> => {
  try {
    await what();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("nothing was refused");
};
const asked = (state: Partial<State>): Promise<string> => refused(() => questionOfState({ ...defaults, counts, ...state }));
/** What a visitor of a page cannot act on. */
const pageless = /--[a-z]|docs\/|theory, section|in the summary|expected sgd/;

test("notes of advice and refused trainings name the page's own controls", async () => {
  const relu = advise({ counts, weightDecay: 0.178, ends: "batch-norm-relu" });
  const fine = advise({ counts, weightDecay: 5e-4, ends: "batch-norm" });
  const said = [...relu.notes, ...fine.notes, await asked({ optimizer: "adamw" })];
  // The texts are those of the command line: if they change, so must their patterns.
  expect(said.filter((text) => pageless.test(text))).toHaveLength(3);
  const here = said.map((text) => wayOut(text, dataControls));
  expect(here.filter((text) => pageless.test(text))).toEqual([]);
  expect(here.join("\n")).toMatch(/did not; ask for a larger "margin to reach", let/);
  expect(here.join("\n")).toMatch(/stopped early\); offsets in a line of PyTorch equalize the margins$/m);
  expect(here.at(-1)).toMatch(
    /^AdamW is not covered: its decay is decoupled .* minimum of loss and decay; train with SGD .* and choose "explicit penalties"$/,
  );
  expect(wayOut(await asked({ ends: "group-norm" }), dataControls)).toMatch(/^Not covered: a group normalization has/);
});

test("a label that marks no class is left out by the field, or out of a file of labels", async () => {
  const message = await refused(() => textLabels(memoryBytes("y.txt", new TextEncoder().encode("0\n1\n-1\n2\n0\n1\n"))));
  expect(message).toContain("(--ignore-label -1: samples that belong to no class)");
  expect(wayOut(message, measuringControls)).toContain('("label to leave out" -1: samples that belong to no class)');
  expect(wayOut(message, dataControls)).toContain("(leave label -1 out of the file: samples that belong to no class)");
});

test("labels in a table or an array of several columns: the column alone is dropped in Your data", async () => {
  const table = new TextEncoder().encode("a,b\n0,1\n1,0\n0,1\n0,2\n1,2\n1,0\n");
  const said = [
    await refused(() => textLabels(memoryBytes("y.csv", table))),
    await refused(async () =>
      labelsIn(await memoryArrays("y.npy", encodeNpy({ shape: [2, 2, 3], data: new Float64Array(12) })), {}, {}),
    ),
    await refused(() => textLabels(memoryBytes("y.json", new TextEncoder().encode('{"a": [1]}')))),
  ];
  const here = said.map((text) => wayOut(text, dataControls));
  expect(here.filter((text) => pageless.test(text))).toEqual([]);
  expect(here[0]).toMatch(/or a file with that column alone$|; drop that column alone$/);
  expect(here[1]).toContain("(save one column of it)");
});

test("label smoothing is offered to be lessened where there is some", () => {
  const kinds = (smoothing: number): string[] =>
    remediesFor(advise({ counts: "5x50,5x10", lambdaZ: 0.01, lambdaB: 0.02, smoothing })).map(({ kind }) => kind);
  expect(kinds(0)).not.toContain("smoothing");
  expect(kinds(0.1)).toContain("smoothing");
});

describe("what measuring says, in the fields of the page", () => {
  const files = (named: Record<string, Uint8Array>): ReadonlyMap<string, Blob> =>
    new Map(Object.entries(named).map(([name, bytes]) => [name, new Blob([bytes as Uint8Array<ArrayBuffer>])]));
  const array = (shape: number[]): NumericArray => ({
    shape,
    data: Float64Array.from({ length: shape.reduce((x, y) => x * y, 1) }, (_, i) => Math.sin(i * i)),
  });
  const y = { shape: [6], data: Int32Array.from([0, 1, 2, 0, 1, 2]) };
  const features = array([6, 4]);
  const notesOf = async (named: Record<string, Uint8Array>, places: Omit<Places, "features" | "keys"> & { keys?: Keys } = {}) => {
    const [first] = Object.keys(named);
    const input = await openInput({ features: first, keys: {}, ...places }, amongFiles(files(named)));
    await input.close();
    return input.notes.join("\n");
  };
  const npz = (arrays: Record<string, NumericArray>, keys: Keys = {}) => notesOf({ "x.npz": encodeNpz(arrays) }, { keys });

  test.each<[string, () => Promise<string>, RegExp]>([
    [
      "two arrays of features",
      () => npz({ p: features, q: features, y }),
      /an array named like features, or the choice "array of features" \(by/,
    ],
    [
      "labels that are not there",
      () => npz({ features }),
      /^labels: expected a file, or labels in x\.npz \(the choice "array or column of labels"\), got neither$/,
    ],
    [
      "a stack of heads",
      () => npz({ features, y, "fc.weight": array([2, 3, 4]) }),
      /\(\[0\] as "part of the array of the head's weight" is the first of 2; head "none is looked for" measures without a head\)/,
    ],
    [
      "a head by its shape",
      () => npz({ features, y, z: array([3, 4]) }),
      /\(the choice "array of the head's weight" takes another, head "none is looked for" none; the list of arrays above shows all\)/,
    ],
    [
      "no bias",
      () => npz({ features, y, weight: array([3, 4]) }),
      /\(the choice "array of the head's bias" or a file that is said to be the head's bias gives one\)/,
    ],
    [
      "tokens",
      () => npz({ features: array([6, 2, 4]), y }),
      /a token \(\[:,0\] as "part of the array of features" takes the first\)/,
    ],
    [
      "labels of several columns",
      () => npz({ features, y: array([6, 2, 3]) }),
      /x\.npz, y: shape: expected one label a sample \(\[:,0,0\] as "part of the array or column of labels" takes one\)/,
    ],
    [
      "another label",
      () => npz({ features, y: { ...y, data: Int32Array.from([0, 1, 2, -1, 0, 1]) } }),
      /\("label to leave out" -1: samples that belong to no class\)/,
    ],
    [
      "no cosine head",
      () => notesOf({ "x.npz": encodeNpz({ features, y }) }, { cosine: {} }),
      /^head "cosine \(normalized\)": expected a head \(a file that is said to be the head's weight\), got none$/,
    ],
    [
      "a scale that is not said",
      () => notesOf({ "x.npz": encodeNpz({ features, y, weight: array([3, 4]) }) }, { cosine: {} }),
      /\("scale of the cosines" says what the loss multiplied by/,
    ],
    [
      "a column of a table",
      () =>
        notesOf(
          { "h.npy": encodeNpy(features), "y.csv": new TextEncoder().encode("a,b\n0,1\n1,0\n0,1\n0,2\n1,2\n1,0\n") },
          { labels: "y.csv" },
        ),
      /; a as "array or column of labels" takes a column$/,
    ],
  ])("%s", async (_, what, expected) => {
    let text: string;
    try {
      text = await what();
    } catch (error) {
      text = (error as Error).message;
    }
    const here = wayOut(text, measuringControls);
    expect(here).toMatch(expected);
    expect(here).not.toMatch(pageless);
    // Arrays of a .npz have the names under which the page lists them.
    expect(here).not.toMatch(/\.npy(?!\b.*h\.npy)(?=,|:| is|$)/);
  });
});
