import { expect, test } from "vitest";
import { run } from "./process.ts";

const classes = ["--counts", "5x500,5x100", "--lambda-z", "0.0036", "--lambda-b", "0.02"];

test("the document has the contract's fields and nothing else goes to stdout", async () => {
  const { code, stdout } = await run("advise", ...classes, "--json");
  expect(code).toBe(0);
  const d = JSON.parse(stdout);
  expect(d).toMatchObject({ schema: "nclab.advice/1", merged: [[5, 6, 7, 8, 9]], criticalCount: expect.closeTo(116.64, 8) });
  expect(d.remedies.map((r: { kind: string }) => r.kind)).toEqual([
    "offset",
    "weight",
    "weight-per-class",
    "oversample",
    "lambda",
    "smoothing",
    "combined",
  ]);
  for (const r of d.remedies) {
    expect(Object.keys(r)).toEqual(
      expect.arrayContaining(["kind", "feasible", "reason", "perClass", "resultingMargins", "extraSamples"]),
    );
    expect(r.perClass).toHaveLength(10);
    expect(r.resultingMargins).toHaveLength(10);
  }
  expect(d.problem.lambdaB).toBe(0.02);
});

test("the table names every remedy, and asks for the convention where it was not said", async () => {
  const { stdout } = await run("advise", ...classes);
  for (const word of [
    "oversample",
    "weight-per-class",
    "lambda",
    "smoothing",
    "offset",
    "combined",
    "5 merged",
    "which norm is penalized was not said",
  ])
    expect(stdout).toContain(word);
  expect((await run("advise", ...classes, "--convention", "paper")).stdout).not.toContain("was not said");
});

test("--change names what may be changed", async () => {
  const { stdout } = await run("advise", ...classes, "--change", "weight,lambda", "--json");
  expect(JSON.parse(stdout).remedies.map((r: { kind: string }) => r.kind)).toEqual(["weight", "lambda"]);
});

test.each([
  [
    ["--change", "weights"],
    "--change: expected any of offset, weight, weight-per-class, oversample, lambda, smoothing, combined, got weights",
  ],
  [["--margin", "0"], "--margin: expected a positive number of logits, got 0"],
  [["--margin", "1e300"], "--margin: expected at most 700 logits"],
  [["--batch-size", "1"], "--batch-size"],
  [["--tolerance", "0"], "--tolerance: expected a positive number, got 0"],
  [["--weights", "10x0"], "weights[0]"],
  [["--offsets", "9x0,1e9"], "offsets[9]"],
  [["--convention", "none"], "--convention"],
])("bad input %j: exit code 2, what, rule and value", async (extra, message) => {
  const { code, stdout, stderr } = await run("advise", ...classes, ...extra);
  expect(code).toBe(2);
  expect(stdout).toBe("");
  expect(stderr).toContain(message);
});

test("weight decay in place of lambdas: what it came to, what the batches leave open, and the lines to copy", async () => {
  const decay = ["--weight-decay", "0.3", "--ends", "batch-norm-relu"];
  const { code, stdout } = await run("advise", "--counts", "500,20,10", ...decay, "--batch-size", "128");
  expect(code).toBe(0);
  expect(stdout).toMatch(/^Covered by the theory: features that come out of batch normalization and a ReLU/);
  expect(stdout).toContain("weight decay 0.3, features out of batch-norm-relu: it came to");
  expect(stdout).toContain("batches of 128:");
  expect(stdout).toContain("nn.CrossEntropyLoss(weight=torch.tensor([");
  for (const [extra, message] of [
    [["--lambda-z", "0.1"], "--weight-decay: expected no --lambda-z beside it, got 0.1"],
    [["--optimizer", "adamw"], "--optimizer: expected sgd, got adamw"],
    [["--branches", "0.5"], "--branches: expected a number J of at least 1"],
    [["--norm-weight-decay", "0"], "--norm-weight-decay: expected a positive number, got 0"],
  ] as const) {
    const bad = await run("advise", "--counts", "500,20,10", ...decay, ...extra);
    expect(bad.code).toBe(2);
    expect(bad.stderr).toContain(message);
  }
});

test("not proved as predict says it: exit code 3 and one document that says so", async () => {
  const shared = ["--counts", "5x500,5x100", "--weight-decay", "0.178", "--ends", "batch-norm-relu", "--bias-weight-decay", "0"];
  const [advice, prediction] = await Promise.all([
    run("advise", ...shared, "--change", "weight", "--json"),
    run("predict", ...shared, "--json"),
  ]);
  expect([advice.code, prediction.code]).toEqual([3, 3]);
  const { certified, remedies } = JSON.parse(advice.stdout);
  expect(certified).toBe(JSON.parse(prediction.stdout).certified);
  expect(remedies[0]).toMatchObject({ reaches: true, certified: false, feasible: false });
});

test("the lines to copy are Python, of many classes too: brackets are closed before a comment", async () => {
  const decay = ["--weight-decay", "0.1", "--ends", "batch-norm"];
  const { stdout } = await run("advise", "--counts", "15x500,15x60", ...decay, "--change", "weight,combined");
  const lines = stdout.split("\n").filter((line) => line.includes("torch.tensor("));
  expect(lines.length).toBeGreaterThanOrEqual(2);
  for (const line of lines) {
    const statement = line.split("#")[0];
    expect(statement.split("(").length).toBe(statement.split(")").length);
    expect(statement).not.toContain("...");
  }
  // Balanced classes have nothing to equalize.
  expect((await run("advise", "--counts", "5x100", "--weight-decay", "0.01", "--ends", "batch-norm")).stdout).not.toContain(
    "what equalizes",
  );
});

test.each([
  ["5x500,5x100", ["--weight-decay", "0.178", "--ends", "batch-norm"], "offset,weight"],
  // Classes whose mean predictions are one: 0 but for rounding.
  ["5x500,3x100,2x30", ["--lambda-z", "0.0036", "--lambda-b", "0.02"], "offset"],
])("the table and the line below say the same of what cannot: %s", async (counts, regularization, kinds) => {
  const { stdout } = await run("advise", "--counts", counts, ...regularization, "--margin", "20", "--change", kinds);
  for (const kind of kinds.split(",")) {
    const shown = stdout.match(new RegExp(`│ ${kind} +│ cannot │ - +│ +([-0-9.e]+) │`))?.[1];
    expect(shown).toBeDefined();
    expect(stdout).toMatch(new RegExp(`\n${kind}: .* is ${shown?.replace(".", "\\.")}(,|:|\n)`));
  }
});
