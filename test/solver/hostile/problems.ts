import { type Random, random } from "../../../src/math/random.ts";
import { clustersOf, type Problem, type ProblemInput, problem, withLambdaZ } from "../../../src/problem/index.ts";
import { completeCollapse, mergeThreshold } from "../../../src/theory/index.ts";

/**
 * Random problems that are hard on purpose: every combination of remedies, free and nonnegative features, K 2 to 60, counts 1 to 1e9 (distinct, in few
 * groups, nearly equal, long tails), lambda_b 1e-9 to 1e9, infinity included, lambda_Z from 1e-8 of complete collapse to a tenth above it; a third of
 * them within 1e-5 of a threshold that a closed form names.
 */
export interface Hostile {
  problem: Problem;
  /** What a closed form says of the structure at this lambda_Z, if it lies beside a threshold. */
  beside: Beside | null;
}

/** A threshold, and on which side of it lambda_Z lies. */
export interface Beside {
  kind: "merge" | "complete" | "vanish";
  /** Classes that the threshold is about. */
  classes: readonly number[];
  /** lambda_Z = threshold (1 + 1e-5) or (1 - 1e-5). */
  above: boolean;
}

/** Problem number `index` of the sequence. */
export function hostile(seed: number, index: number): Hostile {
  const r = random(seed * 1_000_000 + index);
  const input = anyProblem(r);
  const p = problem({ ...input, lambdaZ: 1 });
  const { free, nonnegative } = completeCollapse(p);
  const complete = p.nonnegative ? nonnegative : free;
  if (r.uniform() < 1 / 3) {
    const candidates = thresholds(p, complete);
    const { at, ...threshold } = candidates[r.integer(candidates.length)];
    const above = r.uniform() < 0.5;
    return { problem: withLambdaZ(p, at * (1 + (above ? 1e-5 : -1e-5))), beside: { ...threshold, above } };
  }
  const low = r.uniform() < 0.5 ? 1e-8 : 1e-3;
  return { problem: withLambdaZ(p, complete * low * (1.1 / low) ** r.uniform()), beside: null };
}

/** Thresholds that a formula gives: of merging, of complete collapse, and of vanishing without a bias. */
function thresholds(p: Problem, complete: number): (Omit<Beside, "above"> & { at: number })[] {
  const all = p.counts.map((_, k) => k);
  const found: (Omit<Beside, "above"> & { at: number })[] = [{ kind: "complete", classes: all, at: complete }];
  const clusters = clustersOf(p);
  if (!p.nonnegative)
    for (const c of clusters) {
      const at = mergeThreshold(p, c);
      if (at !== null && at < complete * (1 - 1e-4)) found.push({ kind: "merge", classes: c.classes, at });
    }
  else if (!Number.isFinite(p.lambdaB)) {
    // z_k = 0 iff w_k sqrt(n_k) |Delta o (softmax(iota) - q_k)| <= s, class by class.
    const e = all.map((k) => Math.exp(p.offsets?.[k] ?? 0));
    const sum = e.reduce((a, b) => a + b, 0);
    for (const { classes } of clusters) {
      const k = classes[0];
      const force = Math.hypot(
        ...all.map((i) => (p.factors?.[i] ?? 1) * (e[i] / sum - p.smoothing / p.K - (i === k ? 1 - p.smoothing : 0))),
      );
      const at = ((p.weights?.[k] ?? 1) * Math.sqrt(p.counts[k]) * force) / p.N;
      if (at < complete * (1 - 1e-4)) found.push({ kind: "vanish", classes, at });
    }
  }
  return found;
}

function anyProblem(r: Random): ProblemInput {
  const counts = anyCounts(r);
  const most = Math.max(...counts);
  const may = (): boolean => r.uniform() < 0.5;
  // Remedies as people choose them, powers of the counts, or anything.
  const power = (p: number): number[] => counts.map((n) => (most / n) ** p);
  const each = (of: () => number): number[] => {
    const byCount = new Map(counts.map((n) => [n, of()]));
    const own = r.uniform() < 0.2;
    return counts.map((n) => (own ? of() : (byCount.get(n) as number)));
  };
  const inRange = (values: number[], limit: number): number[] => values.map((x) => Math.min(limit, Math.max(1 / limit, x)));
  return {
    counts,
    lambdaZ: 1,
    lambdaB: r.uniform() < 0.35 ? Number.POSITIVE_INFINITY : 10 ** (-9 + 18 * r.uniform()),
    nonnegative: r.uniform() < 0.4,
    weights: may() ? inRange(may() ? power(0.25 + 0.75 * r.uniform()) : each(() => 10 ** (3 * r.uniform() - 1.5)), 1e4) : null,
    offsets: may() ? (may() ? power(-0.2 - r.uniform()).map(Math.log) : each(() => 2 * r.normal())) : null,
    factors: may() ? inRange(may() ? power(0.8 * r.uniform() - 0.4) : each(() => 10 ** (r.uniform() - 0.5)), 30) : null,
    smoothing: may() ? (may() ? 0.1 : 10 ** (-4 + 3.9 * r.uniform())) : 0,
  };
}

function anyCounts(r: Random): number[] {
  const K = 2 + r.integer(59);
  const decades = 9 * r.uniform();
  const count = (): number => Math.max(1, Math.round(10 ** (decades * r.uniform())));
  switch (r.integer(5)) {
    case 0:
      return Array.from({ length: K }, count);
    case 1:
    case 2: {
      const few = Array.from({ length: 1 + r.integer(4) }, count);
      return Array.from({ length: K }, () => few[r.integer(few.length)]);
    }
    case 3: {
      // Nearly equal: groups whose counts differ by parts in ten to a hundred thousand.
      const few = Array.from({ length: 1 + r.integer(3) }, count);
      const spread = 10 ** (-1 - 4 * r.uniform());
      return Array.from({ length: K }, () => Math.max(1, Math.round(few[r.integer(few.length)] * (1 + spread * r.uniform()))));
    }
    default: {
      const factor = 10 ** (-decades * r.uniform());
      return Array.from({ length: K }, (_, k) => Math.max(1, Math.floor(10 ** decades * factor ** (k / Math.max(1, K - 1)))));
    }
  }
}
