import { expect, it } from "vitest";
import type { Series } from "../../src/watch/index.ts";
import { mostPredicted } from "../../web/rules.ts";
import type { Item } from "../../web/runs/item.ts";
import { predicted } from "../../web/runs/shown.ts";
import type { Solver } from "../../web/solver/client.ts";
import { goalsOf } from "../../web/watch/goals.ts";

/** Beside what was measured a prediction is asked for of classes whose Z is written out, and which are solved while someone waits: more are said to be the command's. */

const problemOf = (K: number) => ({ counts: Array<number>(K).fill(9), lambdaZ: 0.01 });
const nobody: Pick<Solver, "ask"> = { ask: () => Promise.reject(new Error("asked")) };

it("tab Runs asks for none of more classes, keeps what was measured, and says so", async () => {
  const item = (K: number) => ({ name: "run", counts: problemOf(K).counts, problem: problemOf(K) }) as unknown as Item;
  const { found, problems } = await predicted([item(mostPredicted + 1)], nobody);
  expect(found).toMatchObject([{ name: "run", goal: null, lambdaZ: 0.01 }]);
  expect(problems).toEqual(["run: shown without its prediction, which of more than 1000 classes nclab predict tells"]);
  expect(await predicted([item(mostPredicted)], nobody)).toEqual({ found: [], problems: ["run: asked"] });
});

it("tab Watch asks for none of more classes, and says so", () => {
  const series = (K: number) => ({ problem: problemOf(K), counts: problemOf(K).counts }) as unknown as Series;
  const goals = goalsOf(nobody, () => {});
  expect(goals.of(series(mostPredicted + 1))).toEqual({ why: "of more than 1000 classes nclab predict tells it" });
  expect(goals.of(series(mostPredicted))).toBeNull();
});
