import { maximum, minimum } from "../../extremes.ts";
import { format, formatAtLeast } from "../../number-text.ts";
import { type Problem, problem } from "../../problem/index.ts";
import { type Remedy, remedyOf } from "./remedy.ts";
import { evenly, type Found, leastStrength, reached } from "./search.ts";
import type { Situation } from "./situation.ts";
import { averageOne, torchWeights } from "./torch.ts";

/** Loss weights as one power of the counts, w_k ~ n_k^-p: monotone in the count, one number to choose; the least p that gives every class the margin. */
export function weight(situation: Situation): Remedy {
  const { now } = situation;
  const found = bestPower(situation);
  if (found.x === null)
    return remedyOf(situation, "weight", found.trial, {
      feasible: false,
      reason: `no power from 0 to 2 of the counts was found that gives every class the margin: ${reached(found, (p) => `p = ${format(p)}`)}`,
      perClass: [...(now.weights ?? now.counts.map(() => 1))],
    });
  const weights = found.trial.problem.weights ?? now.counts.map(() => 1);
  return remedyOf(situation, "weight", found.trial, {
    feasible: true,
    reason: `w_k proportional to ${powerWords(now)} with p = ${formatAtLeast(found.x)}: from ${format(minimum(weights))} to ${format(maximum(weights))}, average 1 over the samples`,
    parameters: { power: found.x },
    perClass: [...weights],
    torch: torchWeights(found.trial.problem),
  });
}

/** What was found for a situation: weights class by class ask for it again. */
const found = new WeakMap<Situation, Found>();

/** The least power of the counts that gives every class the margin, or the one that comes nearest. */
export function bestPower(situation: Situation): Found {
  const before = found.get(situation);
  if (before) return before;
  const power = leastStrength(situation, {
    name: (p) => `weight: n_k^-${format(p)}`,
    steps: evenly(0, 2, 16),
    at: (p, counts) => powerWeights(situation, p, counts),
  });
  found.set(situation, power);
  return power;
}

/** The problem with weights n^-p times those it has. */
export function powerWeights({ input, now }: Pick<Situation, "input" | "now">, p: number, counts: readonly number[]): Problem {
  if (p === 0) return problem({ ...input, counts });
  return problem({ ...input, counts, weights: averageOne(rawPower(now, p, counts), counts) });
}

/** The same weights before they are scaled to average 1. */
export function rawPower(now: Problem, p: number, counts: readonly number[]): number[] {
  return counts.map((n, k) => (now.weights?.[k] ?? 1) * n ** -p);
}

/** `n_k^-p`, or where there are weights already what multiplies them. */
export function powerWords({ weights }: Pick<Problem, "weights">): string {
  return weights ? "your weights times n_k^-p" : "n_k^-p";
}
