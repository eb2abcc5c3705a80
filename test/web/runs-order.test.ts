import { expect, test } from "vitest";
import { predict } from "../../src/prediction/index.ts";
import { type ProblemInput, problem } from "../../src/problem/index.ts";
import { separationAlong } from "../../web/runs/along.ts";
import { arrivals } from "../../web/runs/arrivals.ts";
import type { Item } from "../../web/runs/item.ts";
import { predicted, type Shown } from "../../web/runs/shown.ts";
import type { Change } from "../../web/runs/state.ts";

/** A solver whose answers come when the test says so. */
function held() {
  const asked: { kind: string; answer(): void }[] = [];
  const ask = (kind: string, question: ProblemInput | ProblemInput[]) =>
    new Promise((resolve) => {
      const solved = (input: ProblemInput) => predict(problem(input));
      const answers: Record<string, () => unknown> = {
        predict: () => solved(question as ProblemInput),
        several: () => (question as ProblemInput[]).map(solved),
        events: () => ({ events: [] }),
      };
      asked.push({ kind, answer: () => resolve(answers[kind]()) });
    });
  return { asked, ask: ask as never };
}
const at = (change: Partial<ProblemInput> = {}): ProblemInput => ({
  counts: [20, 20, 5, 5],
  lambdaZ: 0.02,
  lambdaB: 0.1,
  ...change,
});
const run = (name: string, input: ProblemInput): Item => ({
  name,
  kind: "run",
  status: "done",
  counts: [20, 20, 5, 5],
  problem: input,
  at: "settings",
  lines: [{ epoch: 1, Z: predict(problem(input)).Z, nc1: 1, nc3: null, nc4: null, etfDistance: null, error: 1, objective: null }],
  predicted: null,
  structure: null,
  classNames: null,
  view: null,
  notes: [],
  latest: [],
});
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));
const now = { ask: (_: string, input: ProblemInput) => Promise.resolve(predict(problem(input))) } as never;
const sweep = async (...inputs: ProblemInput[]): Promise<Shown[]> =>
  (
    await predicted(
      inputs.map((input, i) => run(`run ${i}`, input)),
      now,
    )
  ).found;

test("a sweep is not drawn over by one before it, whichever answers come last", async () => {
  const lambdaZ = await sweep(at(), at({ lambdaZ: 0.03 }));
  const lambdaB = await sweep(at(), at({ lambdaB: 0.4 }));
  const none = await sweep(at(), at());
  const [before, after] = ["Along λ_Z", "Along λ_b"];
  for (const [next, told] of [
    [lambdaB, [before, after, "drawn"]],
    [none, [before, "This picture needs two"]],
    [null, [before]],
  ] as const) {
    // The first sweep asks twice: it is left behind at either question.
    for (const answered of [0, 1]) {
      const slow = held();
      const said: string[] = [];
      const note = (text: string): void => void said.push(text);
      const draw = separationAlong({ say: note, explain: note, draw: () => note("drawn") }, slow);
      void draw(lambdaZ);
      if (answered === 1) slow.asked[0].answer();
      await settled();
      void draw(next);
      // The newest is answered first.
      for (const one of [...slow.asked].reverse()) one.answer();
      await settled();
      for (const one of slow.asked) one.answer();
      await settled();
      expect(said.map((text, i) => text.slice(0, told[i]?.length))).toEqual(told);
      expect(slow.asked.filter(({ kind }) => kind === "events")).toHaveLength(answered);
    }
  }
});

test("what is dropped comes in its order; what is on its way when all is cleared never does", async () => {
  const slow = held();
  const told: string[] = [];
  const reading = (name: string) => ({ items: [run(name, at())], series: [], problems: [] });
  const arriving = arrivals(slow, (change: Change) => {
    if (change.kind === "found") told.push(...change.shown.map(({ name }) => name));
  });
  const answerAll = async (): Promise<void> => {
    for (let round = 0; round < 4; round++) {
      for (const { answer } of slow.asked) answer();
      await settled();
    }
  };
  // The second is read before the first is; the third cannot be read and holds no other up.
  let read: (value: ReturnType<typeof reading>) => void = () => {};
  const first = arriving.add(
    new Promise((resolve) => {
      read = resolve;
    }),
  );
  void arriving.add(Promise.resolve(reading("b")));
  const third = arriving.add(Promise.reject(new Error("gone")));
  const fourth = arriving.add(Promise.resolve(reading("d")));
  const failed = expect(third).rejects.toThrow("gone");
  await settled();
  expect(told).toEqual([]);
  read(reading("a"));
  await settled();
  await answerAll();
  await first;
  await failed;
  await fourth;
  expect(told).toEqual(["a", "b", "d"]);

  void arriving.add(Promise.resolve({ ...reading("e"), items: [run("e", at()), run("f", at())] }));
  await settled();
  const asked = slow.asked.length;
  arriving.clear();
  void arriving.add(Promise.resolve(reading("g")));
  await settled();
  await answerAll();
  expect(told).toEqual(["a", "b", "d", "g"]);
  // The one that was on its way, and g: nothing more is asked of what was cleared.
  expect(slow.asked).toHaveLength(asked + 1);
});
