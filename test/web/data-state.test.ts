import { describe, expect, it } from "vitest";
import { advise, predict } from "../../src/index.ts";
import { nothingNeeded } from "../../src/prediction/index.ts";
import { lookedAt } from "../../web/data/advice-choice.ts";
import { firstList, rowsOf, sameClasses, sortedBy, unfiltered } from "../../web/data/class-rows.ts";
import { commandOf } from "../../web/data/commands.ts";
import { inForm, withLambdaZ } from "../../web/data/penalties.ts";
import { type Question, questionOfState } from "../../web/data/question.ts";
import { type Answer, afterwards, type Happening, nothing, type Shown } from "../../web/data/shown.ts";
import { clues } from "../../web/data/training-words.ts";
import { rules, words } from "../../web/rules.ts";
import { answerByBlocks, madeOf, said } from "../../web/solver/answer.ts";
import type { Told } from "../../web/solver/messages.ts";
import { defaults, type State } from "../../web/state.ts";

const asked = (state: Partial<State>): Question => questionOfState({ ...defaults, counts: "5x500,5x100", ...state });
const one = asked({});
const decayed = asked({ weightDecay: 0.1 });
const wider = asked({ margin: 3 });
const decayedWider = asked({ weightDecay: 0.1, margin: 3 });
const other = asked({ counts: "3x30,2x5" });
const answer = { classes: [], bins: 5 } as unknown as Answer;
const exact = { classes: [], bins: null } as unknown as Answer;

/** What stands after some happenings, in a line. */
const line = (shown: Shown): string =>
  [
    shown.question?.key === one.key ? "one" : shown.question ? "another" : "none",
    shown.answer === answer ? "first" : shown.answer === exact ? "exact" : "nothing",
    shown.old ? "old" : "new",
    shown.solving.is,
    shown.advice ? "advice" : "no advice",
    shown.advising.is,
  ].join(", ");

const ask = (question: Question): Happening => ({ key: question.key, what: "asked", question });
const key = one.answerKey;
const told = { said: "step 3", share: null };
const first: Happening = { key, what: "answered", answer, last: false };
const last: Happening = { key, what: "answered", answer: exact, last: true };
const advised: Happening = { key: one.key, what: "advised", advice: {} as never };

describe("what stands beside a question, happening by happening", () => {
  it.each<[string, Happening[], string]>([
    ["at first", [], "none, nothing, new, idle, no advice, idle"],
    ["asked", [ask(one)], "one, nothing, new, idle, no advice, idle"],
    ["at work", [ask(one), { key, what: "began", task: "solving" }], "one, nothing, new, working, no advice, idle"],
    ["a first answer, and the exact one to come", [ask(one), first], "one, first, new, working, no advice, idle"],
    ["the exact one", [ask(one), first, last], "one, exact, new, done, no advice, idle"],
    [
      "stopped: the first answer stays",
      [ask(one), first, { key, what: "stopped", task: "solving" }],
      "one, first, new, stopped, no advice, idle",
    ],
    [
      "advised",
      [ask(one), last, { key: one.key, what: "began", task: "advising" }, advised],
      "one, exact, new, done, advice, done",
    ],
    [
      "other classes: nothing of the ones before stays",
      [ask(one), last, advised, ask(other)],
      "another, nothing, new, idle, no advice, idle",
    ],
    [
      "another weight decay on the same classes: the answer stays for a moment, the advice does not",
      [ask(one), last, advised, ask(decayed)],
      "another, exact, old, idle, no advice, idle",
    ],
    [
      "and no longer",
      [ask(one), last, ask(decayed), { key: decayed.answerKey, what: "waited" }],
      "another, nothing, new, idle, no advice, idle",
    ],
    [
      "another margin: the answer is the same, the advice another",
      [ask(one), last, advised, ask(wider)],
      "another, exact, new, done, no advice, idle",
    ],
    [
      "another margin beside an answer that is still an old one: what is worked on goes on",
      [ask(one), last, ask(decayed), { key: decayed.answerKey, what: "began", task: "solving" }, ask(decayedWider)],
      "another, exact, old, working, no advice, idle",
    ],
    [
      "what comes for an earlier question changes nothing",
      [
        ask(one),
        ask(other),
        { key, what: "answered", answer, last: true },
        advised,
        { key, what: "failed", task: "solving", message: "late" },
      ],
      "another, nothing, new, idle, no advice, idle",
    ],
    [
      "refused: nothing stays",
      [ask(one), last, { key: "", what: "refused", message: "counts: no" }],
      "none, nothing, new, idle, no advice, idle",
    ],
    [
      "failed",
      [ask(one), { key, what: "failed", task: "solving", message: "why" }],
      "one, nothing, new, failed, no advice, idle",
    ],
  ])("%s", (_, happenings, wanted) => {
    expect(line(happenings.reduce(afterwards, nothing))).toBe(wanted);
  });

  it("says how far it is while it works, and not after it was stopped", () => {
    const working = [ask(one), { key, what: "began", task: "solving" } as const].reduce(afterwards, nothing);
    const tell: Happening = { key, what: "told", task: "solving", told };
    expect(afterwards(working, tell).solving).toEqual({ is: "working", told });
    const stopped = afterwards(working, { key, what: "stopped", task: "solving" });
    expect(afterwards(stopped, tell).solving).toEqual({ is: "stopped" });
  });
});

describe("the question that the settings say", () => {
  it.each<[Partial<State>, object, string]>([
    [{}, { weightDecay: 5e-4, ends: "batch-norm-relu" }, "--weight-decay 0.0005 --ends batch-norm-relu"],
    [
      { training: "unknown", weightDecay: 0.3, ends: "batch-norm" },
      { weightDecay: 5e-4, ends: "batch-norm-relu" },
      "--weight-decay 0.0005 --ends batch-norm-relu",
    ],
    [
      { ends: "batch-norm", branches: 2, decayedBias: "free" },
      { ends: "batch-norm", branches: 2, biasWeightDecay: 0 },
      "--weight-decay 0.0005 --ends batch-norm --branches 2 --bias-weight-decay 0",
    ],
    [
      { training: "penalties", dataLambdaB: Number.POSITIVE_INFINITY, dataNonnegative: true, dataLoss: "square" },
      { lambdaZ: 0.0036, nonnegative: true, loss: "square" },
      "--lambda-z 0.0036 --convention paper --nonnegative --loss square",
    ],
    [
      { training: "penalties", dataPenalties: "each", dataLambdaW: 0.01, dataLambdaH: 1e-4, dataLambdaZ: 7 },
      { lambdaW: 0.01, lambdaH: 1e-4, lambdaB: 0.02 },
      "--lambda-w 0.01 --lambda-h 0.0001 --lambda-b 0.02 --convention paper",
    ],
    [{ training: "norms", boundW: 2, boundH: 3 }, { layerPeeled: { EW: 2, EH: 3 } }, "--layer-peeled 2,3"],
  ])("%j", (settings, input, options) => {
    const state = { ...defaults, counts: "5x500,5x100", ...settings };
    const question = questionOfState(state);
    expect(question.input).toMatchObject({ ...input, counts: [500, 500, 500, 500, 500, 100, 100, 100, 100, 100] });
    expect(commandOf("predict", state, question, [])).toBe(`nclab predict --counts 5x500,5x100 ${options}`);
  });

  it("penalties are the same in either form, in every convention, and so is what they are changed to", () => {
    for (const convention of ["paper", "no-half", "mean"]) {
      const z: State = { ...defaults, counts: "5x500,5x100", training: "penalties", dataLambdaZ: 0.004, convention };
      const each: State = { ...z, ...inForm("each", z) };
      expect(each).toMatchObject({ dataPenalties: "each", dataLambdaW: 0.04, dataLambdaH: 0.0004 });
      expect(questionOfState(each).input).not.toHaveProperty("lambdaZ");
      const [of, both] = [questionOfState(z).lambdaZ as number, questionOfState(each).lambdaZ as number];
      expect(both / of).toBeCloseTo(1, 12);
      const moved: State = { ...each, dataLambdaW: 0.16 };
      expect({ ...moved, ...inForm("product", moved) }).toMatchObject({ dataPenalties: "product", dataLambdaZ: 0.008 });
      expect(withLambdaZ(0.001, moved)).toEqual({ dataLambdaZ: 0.001, dataLambdaW: 0.02, dataLambdaH: 5e-5 });
    }
    // What is no penalty is refused by the door that commands have.
    expect(() => asked({ training: "penalties", dataPenalties: "each", dataLambdaW: 0 })).toThrow(
      /^lambdaW: expected a positive finite number, got 0/,
    );
  });

  it.each<[Partial<State>, RegExp]>([
    [{ optimizer: "adamw" }, /^optimizer: .*adamw: its decay is decoupled/],
    [{ ends: "layer-norm" }, /antipodal pairs.*`nclab predict --ends layer-norm --width d`/],
    [{ ends: "none" }, /`nclab measure --hidden`/],
    [{ ends: "group-norm" }, /group normalization/],
    [{ counts: "200000x3" }, /^counts: expected at most 100000 classes on a page; the command line takes more, got 200000/],
    [{ counts: "5x0" }, /^counts\[0\]: expected a positive integer/],
  ])("what no model answers is refused with the reason: %j", (settings, message) => {
    expect(() => asked(settings)).toThrow(message);
  });

  it("a clue of the guide sets what a field would take, and is answered or refused with a reason", () => {
    for (const { set } of clues) {
      for (const [name, value] of Object.entries(set)) {
        if (name in words) expect(words[name as keyof typeof words]).toContain(value);
        else expect(rules[name as keyof typeof rules](value as number)).toBeNull();
      }
      try {
        expect(asked(set).input.counts).toHaveLength(10);
      } catch (error) {
        expect((error as Error).message).toMatch(/^(optimizer|ends): /);
      }
    }
  });
});

it("a step says what is left in numbers that mean something", () => {
  const step = { stage: "factors", iteration: 4, decrement: 2e-17, relativeGap: null } as unknown as Parameters<typeof said>[0];
  expect(said(step).said).toBe("step 4, at the optimum to rounding");
  expect(said({ ...step, decrement: 2e-3 }).said).toBe("step 4, about 2e-6 of the objective above the optimum");
  expect(said({ ...step, decrement: null }).said).toBe("step 4");
});

it("behind the proof it is said what is still done, and told however soon after it", () => {
  const counts = Array.from({ length: 12 }, (_, k) => 40 - k);
  for (const nonnegative of [false, true]) {
    const told: Told[] = [];
    const input = { counts, lambdaZ: 0.002, lambdaB: 0.01, nonnegative };
    const answer = answerByBlocks({ input, names: null, first: false }, (one) => told.push(one));
    expect(told.at(-1)).toEqual({
      ...madeOf(answer.relativeGap),
      said: expect.stringMatching(/^solved, proved to a relative gap of .*what is left are singular values/),
    });
    expect(told.at(-1)?.stays).toBe(true);
    expect(told.slice(0, -1).some(({ stays }) => stays)).toBe(false);
  }
});

describe("the list of classes", () => {
  const { classes } = predict({ counts: { cat: 30, dog: 30, fox: 4, yak: 2, "sea cow": 1 }, lambdaZ: 0.02, lambdaB: 0.1 });
  const names = (list: Partial<typeof firstList>): (string | null)[] =>
    rowsOf(classes, { ...firstList, ...list }).map(({ name }) => name);

  it("of other classes begins with all of them, in the order that was chosen", () => {
    const searched = { ...sortedBy(firstList, "count"), search: "7", status: "merged" as const };
    expect(names(searched)).toEqual([]);
    expect(unfiltered(searched)).toEqual(sortedBy(firstList, "count"));
    expect(names(unfiltered(searched))).toHaveLength(classes.length);
    expect(sameClasses(classes, [...classes])).toBe(true);
    expect(sameClasses(classes, classes.slice(1))).toBe(false);
    expect(sameClasses(classes, [{ ...classes[0], name: "owl" }, ...classes.slice(1)])).toBe(false);
    expect(sameClasses(classes, [{ ...classes[0], count: 31 }, ...classes.slice(1)])).toBe(false);
  });

  it("is sorted by every column, either way, and equal ones by class", () => {
    expect(names({ column: "class" })).toEqual(["cat", "dog", "fox", "yak", "sea cow"]);
    expect(names({ column: "count", down: true })).toEqual(["cat", "dog", "fox", "yak", "sea cow"]);
    expect(names({ column: "count" })).toEqual(["sea cow", "yak", "fox", "cat", "dog"]);
    const margins = rowsOf(classes, firstList).map(({ margin }) => margin);
    expect(margins).toEqual([...margins].sort((x, y) => x - y));
    const down = rowsOf(classes, { ...firstList, column: "pOwn", down: true }).map(({ pOwn }) => pOwn);
    expect(down).toEqual([...down].sort((x, y) => y - x));
    const statuses = rowsOf(classes, { ...firstList, column: "status" }).map(({ status }) => status);
    expect(statuses.indexOf("own")).toBe(statuses.filter((status) => status !== "own").length);
  });

  it("is searched by a part of a name or a number, and by what becomes of a class", () => {
    expect(names({ search: "COW" })).toEqual(["sea cow"]);
    expect(names({ search: " 2 " })).toEqual(["fox"]);
    expect(names({ search: "o", column: "class" })).toEqual(["dog", "fox", "sea cow"]);
    expect(names({ search: "unicorn" })).toEqual([]);
    expect(names({ status: "own" }).length).toBe(classes.filter(({ status }) => status === "own").length);
  });

  it("a pressed head sorts by its column, and pressed again the other way", () => {
    const byCount = sortedBy(firstList, "count");
    expect(byCount).toMatchObject({ column: "count", down: true });
    expect(sortedBy(byCount, "count").down).toBe(false);
    expect(sortedBy(byCount, "class")).toMatchObject({ column: "class", down: false });
  });
});

describe("which remedy is looked at", () => {
  const advice = advise({ counts: "5x500,5x100", lambdaZ: 0.0036, lambdaB: 0.02 });
  it("the chosen one, or the first that does it; none where nothing has to be changed", () => {
    expect(lookedAt(advice, "auto")?.kind).toBe("weight");
    expect(lookedAt(advice, "oversample")?.kind).toBe("oversample");
    expect(nothingNeeded(advice)).toBe(false);
    expect(nothingNeeded(advise({ counts: "5x500,5x100", lambdaZ: 1e-4 }))).toBe(true);
  });
});
