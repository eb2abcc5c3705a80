import { expect, test } from "vitest";
import { memoryBytes } from "../../src/features/browser.ts";
import { textLabels } from "../../src/features/labels/text-labels.ts";
import { advise } from "../../src/index.ts";
import { remediesFor } from "../../web/data/advice-choice.ts";
import { questionOfState } from "../../web/data/question.ts";
import { defaults, type State } from "../../web/state.ts";
import { dataControls, measuringControls, wayOut } from "../../web/way-out.ts";

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

test("label smoothing is offered to be lessened where there is some", () => {
  const kinds = (smoothing: number): string[] =>
    remediesFor(advise({ counts: "5x50,5x10", lambdaZ: 0.01, lambdaB: 0.02, smoothing })).map(({ kind }) => kind);
  expect(kinds(0)).not.toContain("smoothing");
  expect(kinds(0.1)).toContain("smoothing");
});
