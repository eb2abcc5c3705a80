import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { asking } from "../../web/data/asking.ts";
import { type Question, questionOfState } from "../../web/data/question.ts";
import { type Answer, afterwards, type Happening, nothing, type Shown } from "../../web/data/shown.ts";
import type { interruptible } from "../../web/data/solver.ts";
import { Stopped } from "../../web/solver/client.ts";
import { defaults, type State } from "../../web/state.ts";

/** The tab's questions to its workers, with solvers that answer when the test says so. */

const asked = (state: Partial<State>): Question => questionOfState({ ...defaults, counts: "5x500,5x100", ...state });
const one = asked({});
/** Of so many different counts no thresholds are asked for. */
const twelve = (weightDecay: number): Question => asked({ counts: "exp:12:500:0.1", weightDecay });
const many = asked({ counts: `exp:120:5000:0.01` });

interface Open {
  kind: string;
  question: { first?: boolean; input?: { weightDecay?: number } };
  answer(value: unknown): Promise<void>;
}

function tab() {
  const open: Open[] = [];
  let stops = 0;
  const start = (() => {
    let rejects: ((error: Error) => void)[] = [];
    return {
      stop() {
        stops++;
        for (const reject of rejects) reject(new Stopped());
        rejects = [];
      },
      ask: (kind: string, question: Open["question"]) =>
        new Promise((resolve, reject) => {
          rejects.push(reject);
          open.push({
            kind,
            question,
            answer: async (value) => {
              resolve(value);
              await vi.advanceTimersByTimeAsync(0);
            },
          });
        }),
    };
  }) as unknown as typeof interruptible;
  const happened: Happening[] = [];
  let shown: Shown = nothing;
  const asks = asking((happening) => {
    happened.push(happening);
    shown = afterwards(shown, happening);
  }, start);
  return { asks, open, happened, shown: () => shown, stops: () => stops };
}

const answerTo = (weightDecay: number): Answer => ({ classes: [], bins: null, weightDecay }) as unknown as Answer;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("the answer to the question before, which was let through, does not keep its place beside the next one: it goes after a glance", async () => {
  const { asks, open, happened, shown } = tab();
  asks.ask(twelve(5e-4));
  const before = answerTo(5e-4);
  await vi.advanceTimersByTimeAsync(100);
  await open[0].answer(before);
  expect(shown()).toMatchObject({ answer: before, old: false });
  // Twice more, as a slider does: the work on the first is young enough to be let through.
  asks.ask(twelve(0.05));
  await vi.advanceTimersByTimeAsync(50);
  const decayed = twelve(0.1);
  asks.ask(decayed);
  await vi.advanceTimersByTimeAsync(50);
  expect(open[1]).toMatchObject({ kind: "answer", question: { input: { weightDecay: 0.05 } } });
  await open[1].answer(answerTo(0.05));
  expect(open[2]).toMatchObject({ kind: "answer", question: { input: { weightDecay: 0.1 } } });
  expect(shown()).toMatchObject({ answer: before, old: true });
  // The next answer takes long.
  await vi.advanceTimersByTimeAsync(250);
  expect(happened).toContainEqual({ key: decayed.answerKey, what: "waited" });
  expect(shown()).toMatchObject({ answer: null, old: false });
});

it("an answer in time ends the waiting of its own question", async () => {
  const { asks, open, happened, shown } = tab();
  asks.ask(one);
  await vi.advanceTimersByTimeAsync(50);
  await open[0].answer(answerTo(5e-4));
  await vi.advanceTimersByTimeAsync(1000);
  expect(happened.filter(({ what }) => what === "waited")).toEqual([]);
  expect(shown().solving).toEqual({ is: "done" });
  // What helps was asked for when the dials had rested, thresholds at once.
  expect(open.map(({ kind }) => kind)).toEqual(["answer", "events", "advise"]);
});

it("a long solve that is no longer asked is ended; a margin moved meanwhile ends nothing", async () => {
  const { asks, open, shown, stops } = tab();
  asks.ask(many);
  expect(open[0].question.first).toBe(true);
  await vi.advanceTimersByTimeAsync(1000);
  const begun = stops();
  asks.ask(asked({ counts: many.counts, margin: 3 }));
  // The adviser's alone.
  expect(stops()).toBe(begun + 1);
  expect(shown().solving.is).toBe("working");
  asks.ask(one);
  await vi.advanceTimersByTimeAsync(0);
  expect(stops()).toBe(begun + 3);
  expect(open.at(-1)).toMatchObject({ kind: "answer", question: { first: false } });
});
