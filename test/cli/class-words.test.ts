import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { predict } from "../../src/cli/predict.ts";
import { measuredOffsets } from "../../src/prediction/index.ts";
import { runCommand, tableWith } from "./run.ts";

interface Class {
  class: number;
  pOwn: number;
  rival: number;
  margin: number;
  status: string;
}

const document = async (...args: string[]) => JSON.parse((await runCommand(predict, ...args, "--json")).out);
const text = async (...args: string[]): Promise<string> => (await runCommand(predict, ...args)).out;

// A long tail in which the rare classes are outvoted: nothing merges (all counts differ), yet they are never predicted.
const tail = ["--counts", "500,300,180,110,65,40,24,14,9,5", "--lambda-z", "0.003", "--lambda-b", "0.001"];

test("a class that is never predicted is not called apart, and no class alone with its count is called a cluster", async () => {
  const d = await document(...tail);
  const lost = d.classes.filter((c: Class) => c.status !== "own");
  expect(lost.length).toBeGreaterThan(0);
  // By hand from Z and b: the largest logit at the mean of such a class is another's.
  for (const { class: k, rival, margin } of lost) {
    const u = d.Z.map((row: number[], i: number) => row[k] + d.b[i]);
    expect(u.indexOf(Math.max(...u))).toBe(rival);
    expect(u[k] - u[rival]).toBeCloseTo(margin, 10);
  }
  const words = await text(...tail);
  expect(words).not.toMatch(/apart|cluster/);
  expect(words).toMatch(/outvoted|faded/);
  expect(words).toContain(`${10 - lost.length} of 10 classes are their own`);
});

/** Whether x_k + D[k][i] >= x_i for all k, i has a solution: no negative cycle (Bellman and Ford), the textbook's way. */
function feasible(D: number[][], margin: number): boolean {
  const K = D.length;
  const x = new Array<number>(K).fill(0);
  for (let round = 0; round <= K; round++) {
    let changed = false;
    for (let k = 0; k < K; k++)
      for (let i = 0; i < K; i++)
        if (i !== k && x[k] + D[k][i] - margin < x[i] - 1e-12) {
          x[i] = x[k] + D[k][i] - margin;
          changed = true;
        }
    if (!changed) return true;
  }
  return false;
}

test.each([
  tail,
  ["--counts", "500,300,180,110,65,40,24,14,9,5", "--lambda-z", "0.0005", "--lambda-b", "0.001"],
  ["--counts", "5x500,5x100", "--lambda-z", "0.0039"],
  ["--counts", "5x500,5x100", "--lambda-z", "0.0027", "--lambda-b", "0.02"],
  ["--counts", "9,8,7,3,2,1", "--lambda-z", "0.06", "--lambda-b", "0.02"],
])("offsets restore exactly where the system of differences has a solution: %s %s %s %s", async (...args) => {
  const d = await document(...args);
  const D = d.Z.map((_: unknown, k: number) => d.Z.map((row: number[]) => d.Z[k][k] - row[k]));
  expect(d.summary.offsetsRestore).toBe(feasible(D, 1e-6));
  if (!d.summary.offsetsRestore) {
    expect(d.summary.offsets).toBeNull();
    return;
  }
  const o: number[] = d.summary.offsets;
  expect(o.reduce((a, b) => a + b, 0)).toBeCloseTo(0, 9);
  // Added to the logits, they put every class right, and no larger least margin is possible.
  const margins = D.map((row: number[], k: number) =>
    Math.min(...row.flatMap((m, i) => (i === k ? [] : [m + d.b[k] + o[k] - d.b[i] - o[i]]))),
  );
  const least = Math.min(...margins);
  expect(least).toBeGreaterThan(0);
  expect(feasible(D, least - 1e-7)).toBe(true);
  expect(feasible(D, least + 1e-7)).toBe(false);
  // The same from K x K numbers.
  const measured = measuredOffsets(d.Z, d.b);
  expect(measured?.margin).toBeCloseTo(least, 8);
});

test("margin means logits wherever a table says it, and the table's numbers are those of classes", async () => {
  const d = await document(...tail);
  const words = await text(...tail);
  expect(words.replaceAll("margin in logits", "").replaceAll(/a margin of [\d.]+ logits/g, "")).not.toContain("margin");
  const rows = tableWith("margin in logits", words);
  expect(rows).toHaveLength(10);
  for (const [k, { margin, pOwn, status, rival }] of (d.classes as Class[]).entries()) {
    expect(rows[k]).toMatchObject({ classes: String(k), becomes: status, "strongest rival": String(rival) });
    expect(Number(rows[k]["margin in logits"])).toBeCloseTo(margin, 3);
    expect(Number(rows[k].p_own)).toBeCloseTo(pOwn, 3);
  }
});

test("a file of counts that leaves a number out says what it did with the others", async () => {
  const folder = mkdtempSync(join(tmpdir(), "nclab-words-"));
  const file = join(folder, "counts.csv");
  writeFileSync(file, "0,500\n1,100\n3,20\n");
  const { out, err } = await runCommand(predict, "--counts", file, "--lambda-z", "0.01");
  rmSync(folder, { recursive: true });
  expect(err).toContain("counts.csv: no count of class 2: the 3 others are taken as classes 0 to 2");
  expect(tableWith("margin in logits", out).map((row) => row.classes)).toEqual(["0 0", "1 1", "2 3"]);
});

test("measured: a class that does not occur asks for nothing, and takes no margin from others", () => {
  const Z = [
    [2, -1, null],
    [1, 0.5, null],
    [3, 0, null],
  ];
  const found = measuredOffsets(Z, [0.5, -0.25, 1]);
  // Between classes 0 and 1 margins are 1 + o and 1.5 - o: 1.25 both.
  expect(found?.margin).toBeCloseTo(1.25, 12);
  const seen = (k: number, i: number): number => (Z[i][k] as number) + [0.5, -0.25, 1][i] + (found?.offsets[i] as number);
  for (const k of [0, 1]) for (const i of [0, 1, 2]) if (i !== k) expect(seen(k, k) - seen(k, i)).toBeGreaterThan(1.25 - 1e-12);
  expect(
    measuredOffsets(
      [
        [1, null],
        [0, null],
      ],
      [0, 0],
    ),
  ).toBeNull();
});

test("many different counts: many, medium and few, and the weakest of all", async () => {
  const args = ["--counts", "dataset:cifar100-lt:100", "--weight-decay", "5e-4", "--ends", "batch-norm-relu"];
  const d = await document(...args);
  const words = await text(...args);
  expect(words).toContain("100 of 100 classes are their own");
  const least = d.classes.reduce((a: Class, b: Class) => (b.margin < a.margin ? b : a));
  expect(words).toMatch(/many \(> 100 samples\) +│ +35 │ +35 │/);
  expect(words).toMatch(/few \(< 20\)/);
  expect(words.split("the weakest:")[1]).toContain(String(Number(least.margin.toPrecision(4))));
});

test("--batch-size says what mini-batches leave open; without a normalization it is refused", async () => {
  const args = ["--counts", "5x500,5x100", "--weight-decay", "0.05", "--ends", "batch-norm"];
  const d = await document(...args, "--batch-size", "300");
  // 100 of 3000 samples: 10 in 300.
  expect(d.batch).toMatchObject({ batchSize: 300, smallestClass: 10 });
  expect(await text(...args, "--batch-size", "300")).toContain("batches of 300");
  expect((await document(...args)).batch).toBeNull();
  await expect(runCommand(predict, "--counts", "5x500,5x100", "--lambda-z", "0.01", "--batch-size", "300")).rejects.toThrow(
    /--batch-size: expected a weight decay/,
  );
  await expect(runCommand(predict, ...args, "--batch-size", "1")).rejects.toThrow(/--batch-size/);
});
