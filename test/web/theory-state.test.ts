import { describe, expect, it } from "vitest";
import { predict } from "../../src/prediction/index.ts";
import { problem } from "../../src/problem/index.ts";
import { defaults, type State } from "../../web/state.ts";
import { commandOf, inputOf, keyOf, refused } from "../../web/theory/parameters.ts";
import { axesFor } from "../../web/theory/phase-data.ts";
import { situation } from "../../web/theory/situation.ts";
import { after, begin, type TheoryEvent, type TheoryState, wanted } from "../../web/theory/state.ts";

const dials = (part: Partial<State> = {}): State => ({ ...defaults, ...part });
const bounded = { model: "layer-peeled" };
const prediction = predict(problem(inputOf(defaults)));

describe("the first tab's state", () => {
  it.each<[string, TheoryEvent[], (state: TheoryState) => unknown, unknown]>([
    ["nothing is known at first", [], (s) => [s.answer, s.error, s.rest, s.phases.shown], [null, null, null, null]],
    [
      "an answer is kept while the next one is on its way",
      [
        { kind: "answered", of: dials(), prediction },
        { kind: "moved", dials: dials({ kA: 7 }) },
      ],
      (s) => [s.answer?.of.kA, s.dials.kA],
      [5, 7],
    ],
    [
      "what the dials may not be is said, and the last answer stays",
      [
        { kind: "answered", of: dials(), prediction },
        { kind: "moved", dials: dials({ kA: 400, kB: 400 }) },
      ],
      (s) => [s.error, s.answer?.prediction === prediction],
      ["k_A + k_B: at most 500 classes are drawn here, got 800; tab Your data takes 100000", true],
    ],
    [
      "an error goes with the next good dials",
      [
        { kind: "moved", dials: dials({ nA: 0 }) },
        { kind: "moved", dials: dials() },
      ],
      (s) => s.error,
      null,
    ],
    ["a failed question is said", [{ kind: "failed", of: dials(), message: "no" }], (s) => s.error, "no"],
    [
      "an answer takes the error of the question before away",
      [
        { kind: "failed", of: dials(), message: "no" },
        { kind: "answered", of: dials(), prediction },
      ],
      (s) => s.error,
      null,
    ],
    [
      "a late answer does not hide that the dials are wrong",
      [
        { kind: "moved", dials: dials({ nA: 0 }) },
        { kind: "answered", of: dials(), prediction },
      ],
      (s) => s.error?.startsWith("nA: "),
      true,
    ],
    [
      "words in a picture's place forget what was drawn, so that it is asked for again",
      [
        { kind: "asked", part: "angles", key: "k" },
        { kind: "drawn", part: "angles", key: "k", of: dials(), value: [] },
        { kind: "missing", part: "angles", key: null, words: "none" },
      ],
      (s) => s.angles,
      { asked: null, shown: null, words: "none" },
    ],
    [
      "a picture takes the words' place",
      [
        { kind: "missing", part: "angles", key: null, words: "none" },
        { kind: "asked", part: "angles", key: "k" },
        { kind: "drawn", part: "angles", key: "k", of: dials(), value: [] },
      ],
      (s) => [s.angles.words, s.angles.shown?.key],
      [null, "k"],
    ],
    [
      "a picture that comes late does not take the place of words that there is none",
      [
        { kind: "asked", part: "angles", key: "k" },
        { kind: "missing", part: "angles", key: null, words: "none" },
        { kind: "drawn", part: "angles", key: "k", of: dials(), value: [] },
      ],
      (s) => s.angles,
      { asked: null, shown: null, words: "none" },
    ],
    [
      "nor does a question that fails late",
      [
        { kind: "asked", part: "angles", key: "k" },
        { kind: "missing", part: "angles", key: null, words: "none" },
        { kind: "missing", part: "angles", key: "k", words: "failed" },
      ],
      (s) => s.angles.words,
      "none",
    ],
    [
      "a question that fails is said where it is the last, and the next one is drawn",
      [
        { kind: "asked", part: "angles", key: "k" },
        { kind: "missing", part: "angles", key: "k", words: "failed" },
        { kind: "asked", part: "angles", key: "l" },
        { kind: "asked", part: "angles", key: "m" },
        { kind: "missing", part: "angles", key: "l", words: "failed too" },
        { kind: "drawn", part: "angles", key: "m", of: dials(), value: [] },
      ],
      (s) => [s.angles.asked, s.angles.words, s.angles.shown?.key],
      ["m", null, "m"],
    ],
    ["rest is where the dials stand", [{ kind: "moved", dials: dials({ nB: 50 }) }, { kind: "rested" }], (s) => s.rest?.nB, 50],
  ])("%s", (_, events, read, expected) => {
    const first = begin(dials());
    const frozen = JSON.stringify(first);
    expect(read(events.reduce(after, first))).toEqual(expected);
    // A state is a value: what comes after leaves it as it was.
    expect(JSON.stringify(first)).toBe(frozen);
  });

  it.each<[string, Partial<State>, "phases" | "spectrum" | "angles", boolean]>([
    ["lambda_Z inside of the axes", { lambdaZ: 0.0031 }, "phases", false],
    ["lambda_Z beyond them", { lambdaZ: 0.5 }, "phases", true],
    ["n_A inside of the axes", { nA: 900 }, "phases", false],
    ["the kind of features: both are drawn", { nonnegative: true }, "phases", false],
    ["k_A", { kA: 6 }, "phases", true],
    ["lambda_b", { lambdaB: 0.5 }, "phases", true],
    ["lambda_Z, along which they are", { lambdaZ: 0.0031 }, "spectrum", false],
    ["the loss", { loss: "square" }, "spectrum", true],
    ["nonnegative features", { nonnegative: true }, "spectrum", true],
    ["n_A, along which they are", { nA: 900 }, "angles", false],
    ["lambda_Z", { lambdaZ: 0.0031 }, "angles", true],
    ["whether the proof is open", { why: true }, "spectrum", false],
    ["the model", { ...bounded, EH: 7 }, "phases", true],
    ["bounds, where norms are penalized", { EW: 2 }, "spectrum", false],
  ])("asks anew after a change of %s: %j, %s: %s", (_, change, part, again) => {
    const key = (state: State): unknown => wanted(state)[part];
    expect(JSON.stringify(key(dials(change))) !== JSON.stringify(key(dials()))).toBe(again);
  });

  it.each<[Partial<State>, RegExp]>([
    [{ loss: "square" }, /^The phases \(a\) to \(d\) are those of cross-entropy/],
    [{ kA: 1 }, /^The phases are those of two clusters of two or more/],
    [{ ...bounded, kB: 1 }, /^The border is that at which the minority merges/],
  ])("says why there is no phase diagram: %j", (change, words) => {
    expect((wanted(dials(change)).phases as { words: string }).words).toMatch(words);
  });

  it("says what holds beyond the last threshold", () => {
    const said = (part: Partial<State>): string | null => {
      const at = dials(part);
      return situation(at, predict(problem(inputOf(at))));
    };
    expect(said({})).toBeNull();
    for (const part of [{}, { nonnegative: true }, { loss: "square" }, { lambdaB: 0 }]) {
      expect(said({ lambdaZ: 1, ...part })).toBe("Z = 0 at every larger λ_Z too: raising it changes nothing more.");
      // As it says.
      for (const lambdaZ of [10, 1e9]) expect(predict(problem(inputOf(dials({ ...part, lambdaZ })))).vanished).toHaveLength(10);
    }
    expect(situation(dials({ ...bounded, lambdaZ: 1 }), prediction)).toBeNull();
  });

  it("says the command line of either model, and keys that tell them apart", () => {
    expect(commandOf(dials())).toBe("nclab predict --counts 5x500,5x100 --lambda-z 0.0027 --lambda-b 0.02 --json");
    expect(commandOf(dials({ ...bounded, EH: 3 }))).toBe("nclab predict --counts 5x500,5x100 --layer-peeled 1,3 --json");
    expect(keyOf(dials())).not.toBe(keyOf(dials(bounded)));
    // A bound that is no bound is refused where it counts.
    expect(refused(dials({ EW: 0 }))).toBeNull();
    expect(refused(dials({ ...bounded, EW: 0 }))).toMatch(/^EW: a positive number.*got 0$/);
  });

  it.each([
    [{ kA: 5, kB: 5, nB: 100 }, 1],
    [{ kA: 2, kB: 50, nB: 20 }, 1],
    [{ kA: 50, kB: 2, nB: 1e5 }, 300],
    [{ kA: 2, kB: 498, nB: 1 }, 1],
  ])("axes hold every border: %j", (at, ratio) => {
    const { x: lambdaZ, ratio: ratios } = axesFor(dials({ ...at, nA: ratio * at.nB, lambdaZ: 0.001 }));
    for (let i = 0; i <= 200; i++) {
      const r = ratios[1] ** (i / 200);
      const N = at.nB * (at.kA * r + at.kB);
      expect(Math.sqrt(at.nB) / N).toBeGreaterThan(lambdaZ[0]);
      expect(Math.sqrt(r * at.nB) / N).toBeLessThan(lambdaZ[1]);
    }
    expect(ratios[1]).toBeGreaterThan(ratio);
  });
});
