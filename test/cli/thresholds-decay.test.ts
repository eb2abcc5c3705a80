import { expect, it } from "vitest";
import { thresholds } from "../../src/cli/thresholds.ts";
import { type Random, random } from "../../src/math/random.ts";
import { predict, summarize } from "../../src/prediction/index.ts";
import { type ProblemInput, problem } from "../../src/problem/index.ts";
import { runCommand } from "./run.ts";

interface Event {
  weightDecay: number;
  lambdaZ: number;
  kind: string;
  classes: number[];
  rankAfter: number;
}

interface Setting {
  counts: number[];
  N: number;
  branches: number;
  /** Decay of the normalization and of the bias, over the weight decay. */
  norm: number;
  bias: number;
}

/** Clusters of one to three classes; the last of them, the largest, of two or more. Decays of their own in half of the problems. */
function anySetting(r: Random): Setting {
  const counts: number[] = [];
  let n = 1 + r.integer(30);
  for (let j = 1 + r.integer(3); j >= 0; j--) {
    counts.push(...new Array<number>(j === 0 ? 2 + r.integer(2) : 1 + r.integer(3)).fill(n));
    n = Math.ceil(n * (1.5 + 6 * r.uniform()));
  }
  const N = counts.reduce((a, b) => a + b, 0);
  const own = r.integer(2) === 1;
  return {
    counts: counts.reverse(),
    N,
    branches: 1 + r.integer(2) * 2 * r.uniform(),
    norm: own ? 10 ** (r.uniform() - 0.5) : 1,
    bias: [1, Number.POSITIVE_INFINITY, 0, 10 ** (2 * r.uniform() - 1)][r.integer(4)],
  };
}

/** The problem of a decay X, by the door that predict uses. */
const at = ({ counts, branches, norm, bias }: Setting, X: number, ends: "batch-norm" | "batch-norm-relu") =>
  problem({
    counts,
    weightDecay: X,
    ends,
    branches,
    normWeightDecay: norm * X,
    biasWeightDecay: bias * X,
  } satisfies ProblemInput);

async function eventsOf(s: Setting, ends: string): Promise<{ free: Event[]; nonnegative: Event[] }> {
  // Some decay: along it only the ratios count.
  const X = 0.037;
  const words = ["--counts", s.counts.join(","), "--ends", ends, "--weight-decay", String(X), "--branches", String(s.branches)];
  if (s.norm !== 1) words.push("--norm-weight-decay", String(s.norm * X));
  if (s.bias !== 1) words.push("--bias-weight-decay", s.bias === Number.POSITIVE_INFINITY ? "inf" : String(s.bias * X));
  const { code, out } = await runCommand(thresholds, ...words, "--json");
  expect(code).toBe(0);
  const d = JSON.parse(out);
  return { free: d.events, nonnegative: d.nonnegative.events };
}

it("batch normalization: equal counts merge at X Y/J = n/N, all is 0 at n_max/N, and ranks change where certified solutions' do", async () => {
  const r = random(61);
  const seen = { merge: 0, rank: 0 };
  for (let i = 0; i < 14; i++) {
    const s = anySetting(r);
    const said = JSON.stringify(s);
    const { free } = await eventsOf(s, "batch-norm");
    const mergesAt = (n: number): number => Math.sqrt((s.branches * n) / (s.N * s.norm));
    for (const event of free) {
      if (event.kind === "merge") {
        expect(event.weightDecay / mergesAt(s.counts[event.classes[0]]), said).toBeCloseTo(1, 9);
        seen.merge++;
      }
      if (event.kind !== "rank") continue;
      const ranks = [1 - 2e-5, 1 + 2e-5].map(
        (f) => summarize(at(s, event.weightDecay * f, "batch-norm"), { tolerance: 1e-13 }).rank,
      );
      expect(ranks[0] - ranks[1], said).toBeGreaterThan(0);
      seen.rank++;
    }
    const last = free.at(-1) as Event;
    expect(last.kind).toBe("complete");
    expect(last.weightDecay / mergesAt(s.counts[0]), said).toBeCloseTo(1, 9);
  }
  expect(seen.merge).toBeGreaterThan(20);
  expect(seen.rank).toBeGreaterThan(15);
});

it("a ReLU after it: classes vanish where bisection of certified solutions finds it; without a bias at X Y/J = n (K - 1)/(K N)", async () => {
  const r = random(62);
  let bisected = 0;
  let closed = 0;
  for (let i = 0; i < 12; i++) {
    const s = anySetting(r);
    const said = JSON.stringify(s);
    const K = s.counts.length;
    const { nonnegative } = await eventsOf(s, "batch-norm-relu");
    for (const { kind, weightDecay, classes } of nonnegative) {
      if (kind !== "vanish") continue;
      if (s.bias === Number.POSITIVE_INFINITY) {
        const expected = Math.sqrt((s.branches * s.counts[classes[0]] * (K - 1)) / (K * s.N * s.norm));
        expect(weightDecay / expected, said).toBeCloseTo(1, 12);
        closed++;
        continue;
      }
      const isGone = (X: number): boolean => {
        const p = predict(at(s, X, "batch-norm-relu"));
        expect(p.ufmPlus?.certified, said).toBe(true);
        return p.vanished.includes(classes[0]);
      };
      let [low, high] = [weightDecay * 0.97, weightDecay * 1.04];
      expect([isGone(low), isGone(high)], said).toEqual([false, true]);
      while (high / low - 1 > 1e-6) {
        const middle = Math.sqrt(low * high);
        if (isGone(middle)) high = middle;
        else low = middle;
      }
      expect(Math.abs(weightDecay / low - 1), said).toBeLessThan(1e-5);
      bisected++;
    }
  }
  expect(bisected).toBeGreaterThan(12);
  expect(closed).toBeGreaterThan(3);
});
