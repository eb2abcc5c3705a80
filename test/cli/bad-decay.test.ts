import { expect, test } from "vitest";
import { runProgram } from "./run.ts";

/**
 * Bad input about weight decay, in every command that takes it: what, rule, value, and a way out; exit code 2, nothing on stdout. A command that means something
 * else by the words has its own line.
 */
const counts = ["--counts", "5x500,5x100"];
const commands: Record<string, string[]> = {
  predict: counts,
  thresholds: counts,
  advise: counts,
  limits: counts,
  // What is on the axes says no decay: it is given beside them.
  phase: ["--x", "k-a:2:5:4"],
  // Refused before the file is opened.
  measure: ["nowhere.npz"],
  train: ["--counts", "10x5", "--dataset", "glyphs", "--out", "never-made"],
};
const all = Object.keys(commands);
const but = (...names: string[]): string[] => all.filter((name) => !names.includes(name));

const decay = ["--weight-decay", "0.1"];
const ended = [...decay, "--ends", "batch-norm"];

/** Of which commands, what is given, and what is said. */
const table: [string[], string[], RegExp][] = [
  [but("limits", "train"), [...ended, "--lambda-z", "0.2"], /--weight-decay: expected no --lambda-z beside it, got 0\.2/],
  [["train"], [...ended, "--lambda-z", "0.2"], /--ends: expected nothing beside lambdas.*got "batch-norm"/],
  [all, [...ended, "--lambda-b", "0.2"], /--weight-decay: expected no --lambda-b beside it, got 0\.2.*--bias-weight-decay/],
  // What belongs to weight decay alone, beside lambdas and by itself: no word of what was not given.
  ...["--branches 2", "--bias-weight-decay 0", "--bias-weight-decay inf", "--ends batch-norm"].flatMap(
    (stray): [string[], string[], RegExp][] => {
      const args = stray.split(" ");
      return [
        [
          but("limits"),
          [...args, "--lambda-z", "0.2"],
          new RegExp(`^${args[0]}: expected nothing beside lambdas: it belongs to weight decay alone, got`),
        ],
        [but("thresholds", "limits"), args, /^--weight-decay: expected a value where ends.*got nothing/],
        // Along the decay no value is needed, but what stands before the head is.
        ...(args[0] === "--ends"
          ? []
          : [[["thresholds", "limits"], args, /^--ends: expected batch-norm.*got nothing/] as [string[], string[], RegExp]]),
      ];
    },
  ),
  [but("limits", "measure"), [...ended, "--convention", "mean"], /no convention beside it, got mean/],
  [
    but("train"),
    [...decay, "--ends", "batch-nrom"],
    /--ends: expected batch-norm or batch-norm-relu.*did you mean batch-norm\?.*got "batch-nrom"/,
  ],
  [["train"], [...decay, "--ends", "batch-nrom"], /--ends: expected batch-norm, which mlp-bn .* ends in, got "?batch-nrom/],
  [
    but("train", "measure"),
    decay,
    /--ends: expected batch-norm or batch-norm-relu.*got nothing: what stands before the head decides/,
  ],
  [but("train"), [...decay, "--ends", "none"], /--ends: .*got none: without a normalization .*feature penalty/],
  [all, [...ended, "--branches", "0.5"], /--branches: expected a number J of at least 1.*got 0\.5/],
  [["train"], ["--lambda-z", "0.2", "--optimizer", "adamw"], /--optimizer: expected sgd, got adamw: .*decoupled/],
  [all, [...ended, "--branches", "x"], /--branches: expected a number, got "x"/],
  [all, ["--weight-decay", "0", "--ends", "batch-norm"], /--weight-decay: expected a positive .*number.*got 0/],
  [all, ["--weight-decay", "-1", "--ends", "batch-norm"], /--weight-decay: expected a positive .*number.*got -1/],
  [all, ["--weight-decay", "inf", "--ends", "batch-norm"], /--weight-decay: expected a number, got "inf"/],
  [
    all,
    [...ended, "--norm-weight-decay", "0"],
    /--norm-weight-decay: expected a positive number, got 0: .*grow for ever.*Let them decay/,
  ],
  [all, [...ended, "--norm-weight-decay", "-1"], /--norm-weight-decay: expected a positive finite number, got -1/],
  [all, [...ended, "--bias-weight-decay", "-1"], /--bias-weight-decay: expected a number of at least 0 .*got -1/],
  [all, [...ended, "--optimizer", "adamw"], /--optimizer: expected sgd, got adamw: .*decoupled.*train with SGD/],
  [all, [...ended, "--optimizer", "lion"], /--optimizer: expected sgd .*got "lion"/],
];

test.each(table.flatMap(([names, args, rule]) => names.map((name) => [name, args, rule] as const)))(
  "%s %j",
  async (name, args, rule) => {
    const base = name === "train" && args.includes("--lambda-z") ? commands.train : commands[name];
    const { code, out, err } = await runProgram(name, ...base, ...args);
    expect(err).toMatch(rule);
    expect(code).toBe(2);
    expect(out).toBe("");
    if (!args.includes("--lambda-z")) expect(err).not.toMatch(/lambda-z beside/);
  },
);

test.each(["predict", "thresholds", "advise", "limits", "train"])("%s: counts of one class", async (name) => {
  const { code, err } = await runProgram(name, "--counts", "500", ...ended, ...(name === "train" ? ["--out", "never-made"] : []));
  expect(err).toMatch(/--counts: expected at least 2 classes, got "?1 class/);
  expect(code).toBe(2);
});

test("a margin that no remedy reaches is no bad input: every remedy says that it cannot, and why", async () => {
  const { code, out } = await runProgram("advise", ...counts, ...ended, "--margin", "650", "--json");
  expect(code).toBe(0);
  const { remedies } = JSON.parse(out) as { remedies: { kind: string; feasible: boolean; reason: string }[] };
  expect(remedies.length).toBeGreaterThan(4);
  for (const { kind, feasible, reason } of remedies) {
    expect(feasible, kind).toBe(false);
    expect(reason, kind).toMatch(
      /^(no|not|weights n_k\^-p and offsets .* do not|label smoothing .* there is none to take away)\b/,
    );
  }
});

test.each([
  [["--batch", "1"], /--batch: expected a whole number of at least 2 \(batch normalization needs two\), got 1/],
  [["--batch", "51"], /--batch: expected at most the 50 samples, got 51/],
  [
    ["--batch", "20", "--micro-batch", "1"],
    /--micro-batch: expected a divisor of the batch of 20, at least 2 \(batch normalization needs two\), got 1/,
  ],
  [["--batch", "20", "--micro-batch", "3"], /--micro-batch: expected a divisor of the batch of 20.* got 3/],
])("train %j: the normalization's reason where it is the reason", async (args, rule) => {
  const { code, err } = await runProgram("train", ...commands.train, "--lambda-z", "0.01", ...args);
  expect(err).toMatch(rule);
  expect(code).toBe(2);
  if (args[1] === "51") expect(err).not.toContain("normalization");
});

test.each(["predict", "advise"].flatMap((name) => ["1", "2.5", "-3"].map((size) => [name, size])))(
  "%s --batch-size %s: the normalization's reason",
  async (name, size) => {
    const { code, err } = await runProgram(name, ...counts, ...ended, "--batch-size", size);
    expect(err).toContain(`--batch-size: expected a whole number of at least 2 (batch normalization needs two), got ${size}`);
    expect(code).toBe(2);
  },
);
