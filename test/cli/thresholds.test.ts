import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { helpText } from "../../src/cli/command.ts";
import { phase } from "../../src/cli/phase.ts";
import { thresholds } from "../../src/cli/thresholds.ts";
import { InputError } from "../../src/errors.ts";
import { summarize } from "../../src/prediction/index.ts";
import { problem } from "../../src/problem/index.ts";
import { runCommand } from "./run.ts";

const folder = mkdtempSync(join(tmpdir(), "nclab-thresholds-"));
afterAll(() => rmSync(folder, { recursive: true }));

interface Document {
  schema: string;
  problem: { lambdaZ: number | null; lambdaB: number | string };
  events: { lambdaZ: number; weightDecay?: number; kind: string; classes: number[]; rankAfter: number }[];
  nonnegative: { events: Document["events"]; complete: number };
  ratio: number | null;
  nA: { minority: number | null; complete: number | null } | null;
  notes: string[];
}

async function json(...args: string[]): Promise<Document> {
  const { code, out } = await runCommand(thresholds, ...args, "--json");
  expect(code).toBe(0);
  expect(out.trim().split("\n")).toHaveLength(1);
  return JSON.parse(out) as Document;
}

describe("nclab thresholds", () => {
  it.each([
    ["5x500,5x100", 5, 5, 300, 1392.8, 0.00333, 0.00745, 0.0067],
    ["3x500,7x100", 3, 7, 433.3, 3964, 0.0045, 0.0102, 0.0087],
  ])(
    "%s: the thresholds of the paper's section 4.3, and those of nonnegative features",
    async (counts, kA, kB, nA, all, merge, complete, relu) => {
      const d = await json("--counts", counts, "--lambda-b", "0.02", "--lambda-z", "0.005");
      expect(d.schema).toBe("nclab.thresholds/1");
      expect(d.nA?.minority).toBeCloseTo(nA, 1);
      expect(Math.abs((d.nA?.complete as number) - all)).toBeLessThan(0.05 + (all > 2000 ? 0.45 : 0));
      expect(d.ratio).toBeCloseTo(nA / 100, 2);
      expect(d.events.map((e) => e.kind)).toEqual(["merge", "rank", "vanish", "merge", "complete"]);
      expect(Math.abs(d.events[0].lambdaZ - merge)).toBeLessThan(0.5e-4);
      expect(d.events[0].classes).toEqual(Array.from({ length: kB }, (_, i) => kA + i));
      expect(Math.abs(d.events[4].lambdaZ - complete)).toBeLessThan(0.5e-4);
      expect(Math.abs(d.nonnegative.complete - relu)).toBeLessThan(1e-4);
      expect(d.problem).toMatchObject({ lambdaZ: 0.005, lambdaB: 0.02 });
    },
  );

  it("says in words what the JSON says, and nothing of other people's decimals, and gives the reason for what is missing", async () => {
    const paper = await runCommand(thresholds, "--counts", "5x500,5x100", "--lambda-z", "0.005");
    expect(paper.out).toContain("n_A = 300");
    expect(paper.out).toContain("complete collapse from n_A = 1392.82");
    expect(paper.out.replace(/[\d.]+ s$/m, "")).not.toContain("0.075");
    expect(paper.out).toContain("classes 5-9: one vector from here on");
    const three = await runCommand(thresholds, "--counts", "2x50,2x20,2x5");
    expect(three.out).toContain("they are for two different counts, here are 3");
    expect(three.out).not.toContain("0.00745");
    const without = await json("--counts", "2x50,2x20");
    expect([without.ratio, without.nA, without.problem.lambdaZ, without.problem.lambdaB]).toEqual([null, null, null, "inf"]);
    expect(without.notes.join()).toContain("they need --lambda-z");
    const alone = await json("--counts", "50,2x20", "--lambda-z", "0.01");
    expect(alone.notes.join()).toContain("a class that is alone does not merge");
  });

  it("lambda_b is converted by the convention; lambda_W and lambda_H give lambda_Z", async () => {
    const a = await json("--counts", "2x50,2x20", "--lambda-b", "0.04");
    const b = await json("--counts", "2x50,2x20", "--lambda-b", "0.02", "--convention", "no-half");
    expect(b.events).toEqual(a.events);
    const c = await json("--counts", "2x50,2x20", "--lambda-w", "0.01", "--lambda-h", "0.04");
    const d = await json("--counts", "2x50,2x20", "--lambda-z", "0.02");
    // sqrt(0.01) sqrt(0.04) is 0.02 up to rounding.
    expect(c.nA?.minority).toBeCloseTo(d.nA?.minority as number, 9);
    expect(c.nA?.complete).toBeCloseTo(d.nA?.complete as number, 9);
  });

  it("under weight decay: the decay of each event, at which predictions from the decay alone change", async () => {
    for (const ends of ["batch-norm", "batch-norm-relu"] as const) {
      const nonnegative = ends === "batch-norm-relu";
      const counts = [300, 300, 40, 40, 9];
      const d = await json("--counts", counts.join(","), "--ends", ends);
      const events = nonnegative ? d.nonnegative.events : d.events;
      expect(events.length).toBeGreaterThan(3);
      for (const { weightDecay, lambdaZ, kind, classes } of events) {
        // One decay for all: lambda_Z = X / sqrt(N).
        expect((weightDecay as number) / (lambdaZ * Math.sqrt(689))).toBeCloseTo(1, 12);
        const at = (x: number) => summarize(problem({ counts, weightDecay: x, ends }));
        const [below, above] = [1 - 1e-5, 1 + 1e-5].map((f) => at((weightDecay as number) * f));
        if (kind === "complete") expect([below.vanished.length < 5, above.vanished.length]).toEqual([true, 5]);
        else if (kind === "vanish") expect([below, above].map((s) => s.vanished.includes(classes[0]))).toEqual([false, true]);
        else if (kind === "merge")
          expect([below, above].map((s) => s.clusters.find((c) => c.classes[0] === classes[0])?.merged)).toEqual([false, true]);
        else expect(below.rank - above.rank).toBeGreaterThan(0);
      }
    }
    const { out } = await runCommand(thresholds, "--counts", "2x50,2x20", "--ends", "batch-norm");
    expect(out).toContain("weight decay");
    const plain = await json("--counts", "2x50,2x20");
    expect(plain.events.every((e) => e.weightDecay === undefined)).toBe(true);
    expect((await runCommand(thresholds, "--counts", "2x50,2x20")).out).not.toContain("weight decay");
  });

  it("draws the singular values with the events, for free and for nonnegative features", async () => {
    for (const extra of [[], ["--nonnegative"]]) {
      const file = join(folder, `values${extra.length}.svg`);
      await runCommand(thresholds, "--counts", "3x50,2x20", "--lambda-b", "0.02", "--plot", file, ...extra);
      const svg = readFileSync(file, "utf8");
      expect(svg).toContain("complete collapse: Z = 0");
      expect(svg.includes("one vector from here on")).toBe(extra.length === 0);
    }
  });

  it.each([
    [["--counts", "500"], /at least 2 classes/],
    [["--counts", "5x500,5x0"], /positive integer/],
    [[], /exactly one of --counts/],
    [["--counts", "50,20", "--lambda-b", "-1"], /--lambda-b: expected a number of at least 0 .*, got -1/],
    [["--counts", "50,20", "--lambda-z", "0"], /--lambda-z: expected a positive finite number, got 0/],
    [["--counts", "50,20", "--lambda-w", "1"], /only --lambda-w/],
    [["--counts", "50,20", "--smoothing", "1"], /smoothing: expected a number in \[0, 1\), got 1/],
    [["--counts", "50,20", "--plot", "x.gif"], /--plot: expected a file name ending in .svg, .pdf or .png/],
    [["--cuonts", "50,20"], /cuonts/],
  ])("refuses %j", async (args, message) => {
    const attempt = runCommand(thresholds, ...args);
    await expect(attempt).rejects.toThrow(InputError);
    await expect(attempt).rejects.toThrow(message);
  });
});

describe("nclab phase", () => {
  const axes = ["--x", "lambda-z:0.002:0.008:4:linear", "--y", "ratio:2:5:2"];

  it("prints the letters as one JSON document, and as a picture for terminals", async () => {
    const { code, out } = await runCommand(phase, ...axes, "--lambda-b", "0.02", "--json");
    expect(code).toBe(0);
    const d = JSON.parse(out);
    expect(d.schema).toBe("nclab.phase/1");
    expect(d.x).toEqual({ parameter: "lambdaZ", values: [0.002, 0.004, 0.006, 0.008] });
    expect(d.fixed).toEqual({ lambdaB: 0.02, nB: 100, kA: 5, kB: 5 });
    // Ratio 5, lambda_b 0.02: (b)/(c) at 0.00398 and complete collapse at 0.00745; ratio 2: sqrt(100)/1500 and sqrt(200)/1500.
    expect(d.phases).toEqual(["aaad", "accd"].map((row, i) => (i === 0 ? d.phases[0] : row)));
    expect(d.phases[0][3]).not.toBe("d");
    const words = (await runCommand(phase, ...axes, "--lambda-b", "0.02")).out;
    // Up is more: ratio 5 stands above ratio 2.
    expect(words.split("\n").filter((line) => /^\d+ [abcd]+$/.test(line))).toEqual(["5 accd", `2 ${d.phases[0]}`]);
    expect(words).toContain("(d) complete collapse");
  });

  it("writes the diagram", async () => {
    const file = join(folder, "phases.svg");
    await runCommand(phase, "--x", "lambda-b:1e-4:1:30", "--y", "k-a:2:20:19", "--lambda-z", "0.004", "--plot", file);
    expect(readFileSync(file, "utf8")).toContain("the minority is one vector");
  });

  it("k-a takes whole numbers only, each once", async () => {
    const { out } = await runCommand(phase, "--x", "k-a:2:5:50", "--lambda-z", "0.004", "--y", "n-b:10:100:2", "--json");
    expect(JSON.parse(out).x.values).toEqual([2, 3, 4, 5]);
  });

  it.each([
    [["--x", "lambda-z:1:2"], /--x: expected NAME:FROM:TO:STEPS/],
    [["--x", "lambda-q:1:2:5"], /NAME one of lambda-z/],
    [["--x", "lambda-z:1e-2:1e-3:5"], /FROM below TO/],
    [["--x", "lambda-z:0:1:5"], /--x \(lambda-z\): expected a positive finite number, got 0/],
    [
      ["--x", "lambda-b:0:1:5", "--lambda-z", "0.004"],
      /--x: FROM: expected a positive number on a log axis \(:linear begins at 0\), got "0"/,
    ],
    [
      ["--x", "lambda-b:0:1:5:linear", "--lambda-z", "0.004", "--plot", "x.svg"],
      /--plot: expected axes that begin above 0 .*got "?λ_b from 0/,
    ],
    [["--x", "lambda-z:1e-3:x:5"], /--x: TO: expected a number/],
    [["--x", "lambda-z:1e-3:1:1"], /STEPS: expected a whole number from 2/],
    [["--x", "ratio:1:5:5"], /--y: expected another parameter than --x/],
    [["--x", "lambda-b:1e-3:1:5"], /--lambda-z: expected a value, since it is on no axis/],
    [["--lambda-z", "0.1"], /--lambda-z: expected no value for what is on an axis/],
    [["--k-a", "1"], /--k-a: expected a whole number of at least 2/],
    [["--plot", "x"], /ending in .svg, .pdf or .png/],
  ])("refuses %j", async (args, message) => {
    const attempt = runCommand(phase, ...args);
    await expect(attempt).rejects.toThrow(InputError);
    await expect(attempt).rejects.toThrow(message);
  });
});

it("help shows an example that runs", async () => {
  for (const command of [thresholds, phase]) {
    expect(helpText(command)).toContain(command.example);
    const args = command.example
      .split(" ")
      .slice(2)
      .map((a) => (a === "phases.svg" ? join(folder, a) : a));
    expect((await runCommand(command, ...args)).code).toBe(0);
  }
});
