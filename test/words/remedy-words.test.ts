import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { advise, predict } from "../../src/index.ts";
import { type Advice, nothingNeeded, type Remedy } from "../../src/prediction/index.ts";
import { equalizingLine, mostInLine, nothingNeededText, torchLines } from "../../src/words/index.ts";
import { pythonWith } from "../python/find.ts";

/**
 * The lines of Python that a user pastes: what they do to a loss and to logits in PyTorch (their text, where there is none), and whether the classes have the margin with the rounded numbers that stand in them.
 */

const counts = [...Array(5).fill(500), ...Array(5).fill(100)] as number[];
const lambdas = { lambdaZ: 0.0036, lambdaB: 0.02 };
const advice = advise({ counts, ...lambdas });
/** Outvoted, where offsets help. */
const tail = { counts: [400, 300, 20, 10], lambdaZ: 0.005, lambdaB: 0.05 };
const outvoted = advise({ ...tail, margin: 0.1 });
const safe = advise({ counts, lambdaZ: 1e-4, lambdaB: 0.02 });

const of = ({ remedies }: Advice, kind: string): Remedy => remedies.find((remedy) => remedy.kind === kind) as Remedy;
const python = pythonWith("torch");
if (python === undefined) console.info("skipped: no Python with torch was found; lines are read as text alone");

/** The numbers of the tensor in a line, as PyTorch has them after it was run, or as they stand in it. */
function numbersOf(lines: readonly string[], K: readonly number[]): number[][] {
  const written = lines.map((line) => JSON.parse(/tensor\((\[.*?\])\)/.exec(line)?.[1] ?? "null"));
  if (python === undefined) return written;
  const script = [
    ...["import json", "import torch", "from torch import nn", "model = lambda x: x", "found = []"],
    ...lines.flatMap((line, i) => [
      `x = torch.zeros(3, ${K[i]})`,
      line,
      line.startsWith("loss") ? "found.append(loss.weight.tolist())" : "found.append(logits[1].tolist())",
    ]),
    "print(json.dumps(found))",
  ];
  const { status, stdout, stderr } = spawnSync(python, ["-c", script.join("\n")], { encoding: "utf8" });
  expect(stderr.replace(/.*Warning.*\n.*\n?/g, "")).toBe("");
  expect(status).toBe(0);
  const ran = JSON.parse(stdout) as number[][];
  // PyTorch's own numbers are float32.
  ran.forEach((values, i) => {
    values.forEach((x, k) => {
      expect(Math.abs(x - written[i][k])).toBeLessThanOrEqual(1e-7 * Math.max(1, Math.abs(x)));
    });
  });
  return ran;
}

/** The margins of the classes in a prediction, with offsets on the logits: its own less the largest other. */
function marginsOf({ Z, b }: ReturnType<typeof predict>, offsets: readonly number[] | null): number[] {
  const u = (Z as number[][]).map((row, i) => row.map((z) => z + b[i] + (offsets?.[i] ?? 0)));
  return u.map((_, k) => u[k][k] - Math.max(...u.flatMap((row, i) => (i === k ? [] : [row[k]]))));
}

describe("lines to paste", () => {
  const weighted = ["weight", "weight-per-class", "combined"] as const;
  const lines = weighted.map((kind) => torchLines(of(advice, kind)));
  const offset = torchLines(of(outvoted, "offset"));
  const equalizing = equalizingLine(safe.summary.offsets) as string;
  const [first, ...rest] = lines.map(([weights]) => weights.line);
  const added = lines.flatMap(([, offsets]) => (offsets ? [offsets.line] : []));
  const all = [first, ...rest, offset[0].line, equalizing, ...added];
  const ran = numbersOf(all, [10, 10, 10, 4, 10, ...added.map(() => 10)]);

  it("weights are `loss`'s, offsets are added to `logits`: no line of the other kind stands beside", () => {
    lines.forEach(([weights, offsets], i) => {
      expect(weights.when).toBe("in PyTorch, in training:");
      expect(weights.line).toMatch(/^loss = nn\.CrossEntropyLoss\(weight=torch\.tensor\(\[[-\d.e, ]+\]\)\)$/);
      if (weighted[i] !== "combined") expect(offsets).toBeUndefined();
      else if (offsets) expect(offsets.when).toBe("in PyTorch, after training:");
    });
    expect(offset).toHaveLength(1);
    expect(offset[0].line).toMatch(/^logits = model\(x\) \+ torch\.tensor\(\[[-\d.e, ]+\]\)$/);
  });

  it("weights are the advice's, and give every class the margin when they are solved with", () => {
    weighted.slice(0, 2).forEach((kind, i) => {
      const { torch, perClass } = of(advice, kind);
      ran[i].forEach((w, k) => {
        expect(Math.abs(w / (torch?.weights[k] as number) - 1)).toBeLessThan(5.1e-6);
        expect(Math.abs(w / perClass[k] - 1)).toBeLessThan(5.1e-6);
      });
      const margins = marginsOf(predict({ counts, ...lambdas, weights: ran[i] }), null);
      expect(Math.min(...margins)).toBeGreaterThan(advice.margin - 1e-4);
    });
  });

  it("weights and then offsets give it together", () => {
    expect(added.length).toBeLessThanOrEqual(1);
    const margins = marginsOf(predict({ counts, ...lambdas, weights: ran[2] }), added.length === 1 ? ran[5] : null);
    expect(Math.min(...margins)).toBeGreaterThan(advice.margin - 1e-4);
  });

  it("offsets give it after training", () => {
    expect(of(outvoted, "offset")).toMatchObject({ reaches: true, verdict: "works" });
    const margins = marginsOf(predict(tail), ran[3]);
    expect(Math.min(...margins)).toBeGreaterThan(outvoted.margin - 1e-4);
    expect(Math.min(...outvoted.margins)).toBeLessThan(outvoted.margin);
  });

  it("the line that equalizes makes all margins one", () => {
    const margins = marginsOf(predict({ counts, lambdaZ: 1e-4, lambdaB: 0.02 }), ran[4]);
    expect(Math.max(...margins) - Math.min(...margins)).toBeLessThan(1e-4);
    const before = marginsOf(predict({ counts, lambdaZ: 1e-4, lambdaB: 0.02 }), null);
    expect(Math.max(...before) - Math.min(...before)).toBeGreaterThan(0.1);
  });
});

describe("lines of more numbers than are written out", () => {
  const long = Array.from({ length: mostInLine + 1 }, (_, k) => k / 8);
  it("have a name and where its numbers are, as a comment of Python's, unless all are asked for", () => {
    expect(equalizingLine(long)).toBe("logits = model(x) + torch.tensor(offsets)  # offsets = `summary.offsets` of --json");
    expect(equalizingLine(long, Number.POSITIVE_INFINITY)).toBe(`logits = model(x) + torch.tensor([${long.join(", ")}])`);
  });
  it("there is none without offsets, or where none would be seen", () => {
    expect(equalizingLine(null)).toBeNull();
    expect(equalizingLine([0, 1e-12])).toBeNull();
    expect(torchLines({ ...of(advice, "weight"), reaches: false })).toEqual([]);
    expect(torchLines({ ...of(outvoted, "offset"), perClass: [0, 0, 0, 0] })).toEqual([]);
    expect(torchLines(of(advice, "oversample"))).toEqual([]);
  });
});

describe("nothing has to be changed", () => {
  it("where every class is its own and has the margin", () => {
    expect(nothingNeeded(safe)).toBe(true);
    expect(nothingNeeded(advice)).toBe(false);
    const { summary } = safe;
    expect(nothingNeeded({ ...safe, margin: 1e3 })).toBe(false);
    expect(nothingNeeded({ ...safe, summary: { ...summary, own: 9, outvoted: 1 } })).toBe(false);
  });
  it("in a sentence that says whether that is proved", () => {
    const said = "every class has a margin of 1 logit over every rival already";
    expect(nothingNeededText(safe)).toBe(`${said}: nothing has to be changed`);
    expect(nothingNeededText({ ...safe, certified: false })).toBe(
      `${said}, in the solution that was found, which is not proved: nothing has to be changed`,
    );
  });
});
