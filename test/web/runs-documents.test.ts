import { expect, test } from "vitest";
import { toJson } from "../../src/json.ts";
import { predict } from "../../src/prediction/index.ts";
import { type ProblemInput, problem } from "../../src/problem/index.ts";
import { itemOfDocument } from "../../web/runs/documents.ts";
import type { Item } from "../../web/runs/item.ts";
import { predicted } from "../../web/runs/shown.ts";

const base: ProblemInput = { counts: [20, 20, 5], lambdaZ: 0.02, lambdaB: 0.1 };

test.each<[string, Partial<ProblemInput>]>([
  ["plain", {}],
  ["square loss", { loss: "square" }],
  ["binary cross-entropy", { loss: "bce" }],
  ["weights", { weights: [1, 1, 4] }],
  ["offsets", { offsets: [0, 0, -1] }],
  ["factors", { factors: [1, 1, 0.5] }],
  ["label smoothing", { smoothing: 0.1 }],
  ["nonnegative features", { nonnegative: true }],
  ["no bias", { lambdaB: Number.POSITIVE_INFINITY }],
])("the minimum beside a dropped prediction is its own: %s", async (_, change) => {
  const document = predict(problem({ ...base, ...change }));
  const item = itemOfDocument("p.json", JSON.parse(toJson(document))) as Item;
  const slow = { ask: (_kind: string, input: ProblemInput) => Promise.resolve(predict(problem(input))) } as never;
  const { found, problems } = await predicted([item], slow);
  expect(problems).toEqual([]);
  expect(found[0].goal?.objective).toBeCloseTo(document.objective, 10);
});
