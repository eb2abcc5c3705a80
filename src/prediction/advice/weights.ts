import { format } from "../../number-text.ts";
import { type Problem, problem } from "../../problem/index.ts";
import { type Remedy, remedyOf } from "./remedy.ts";
import { evenly, leastStrength, reached } from "./search.ts";
import { attempt, type Situation, several, type Trial } from "./situation.ts";
import { averageOne, torchWeights } from "./torch.ts";

/** Loss weights as one power of the counts, w_k ~ n_k^-p: monotone in the count, one number to choose; the least p that gives every class the margin. */
export function weight(situation: Situation): Remedy {
  const { now } = situation;
  const found = leastStrength(situation, { steps: evenly(0, 2, 16), at: (p, counts) => powerWeights(situation, p, counts) });
  if (found.x === null)
    return remedyOf(situation, "weight", found.trial, {
      feasible: false,
      reason: `no power from 0 to 2 of the counts gives every class the margin: ${reached(found, (p) => `p = ${format(p)}`)}`,
      perClass: [...(now.weights ?? now.counts.map(() => 1))],
    });
  const weights = found.trial.problem.weights ?? now.counts.map(() => 1);
  return remedyOf(situation, "weight", found.trial, {
    feasible: true,
    reason: `w_k proportional to n_k^-p with p = ${format(found.x)}: from ${format(Math.min(...weights))} to ${format(Math.max(...weights))}, average 1 over the samples`,
    parameters: { power: found.x },
    perClass: [...weights],
    torch: torchWeights(found.trial.problem),
  });
}

/** The problem with weights n^-p times those it has. */
export function powerWeights({ input, now }: Situation, p: number, counts: readonly number[]): Problem {
  if (p === 0) return problem({ ...input, counts });
  const weights = counts.map((n, k) => (now.weights?.[k] ?? 1) * n ** -p);
  return problem({ ...input, counts, weights: averageOne(weights, counts) });
}

/** Rounds of the way up, and of the way back. */
const roundsUp = 150;
const roundsBack = 30;
/** Largest step of a weight's logarithm on the way up, and first step on the way back. */
const stepUp = 0.1;
const stepBack = 0.05;
/** How much more than the margin the search aims at, and how near it comes. */
const aim = 1e-3;

/**
 * The least weights, class by class: each class that has more than its present one (before all are scaled to average 1) has the margin and little more.
 * First every class that lacks the margin is raised in small steps until none lacks it: raising one weight lowers the margins of the others, and a margin rises
 * steeply where a class comes up from 0. Then what is too much is taken back, each class by a step of its own that is halved whenever its
 * direction turns; the least weights seen that give every class the margin are kept.
 */
export function weightPerClass(situation: Situation): Remedy {
  const { margin, now, rough, tolerance, input } = situation;
  const isRough = rough !== now.counts;
  const floor = (k: number): number => now.weights?.[k] ?? 1;
  const at = (r: readonly number[], counts: readonly number[]): Problem =>
    problem({ ...input, counts, weights: averageOne(r, counts) });
  const lacking = ({ classes }: Trial, k: number): number => {
    const { status, margin: has } = classes[k];
    return status === "own" ? margin * (1 + aim) - has : Math.max(margin, margin - has);
  };
  let raw = rough.map((_, k) => floor(k));
  let trial: Trial = attempt(at(raw, rough), 1e-7);
  for (let round = 0; round < roundsUp && trial.least < margin; round++) {
    raw = raw.map((r, k) => r * Math.exp(Math.max(0, Math.min(stepUp, lacking(trial, k)))));
    trial = attempt(at(raw, rough), 1e-7);
  }
  let best = raw;
  const step = raw.map(() => stepBack);
  const way = raw.map(() => 1);
  for (let round = 0; round < roundsBack && (round > 0 || trial.least >= margin); round++) {
    raw = raw.map((r, k) => {
      const lacks = lacking(trial, k);
      const direction = lacks > 0 ? 1 : r > floor(k) ? -1 : 0;
      if (direction === 0) return r;
      if (direction !== way[k]) step[k] *= 0.5;
      way[k] = direction;
      return Math.max(floor(k), r * Math.exp(direction * Math.min(step[k], Math.abs(lacks))));
    });
    trial = attempt(at(raw, rough), 1e-7);
    if (trial.least >= margin && sum(raw) < sum(best)) best = raw;
  }
  const foundOne = trial.least >= margin || best !== raw;
  raw = best;
  // As it is: counts that were rounded, and what the search's tolerance left.
  let final = attempt(at(raw, now.counts), tolerance);
  for (let i = 0; i < 8 && final.least < margin && (isRough || foundOne); i++) {
    raw = raw.map((r, k) => r * Math.exp(Math.min(1, Math.max(0, 1.1 * (margin - final.classes[k].margin) + 1e-6))));
    final = attempt(at(raw, now.counts), tolerance);
  }
  const weights = final.problem.weights ?? now.counts.map(() => 1);
  if (final.least < margin)
    return remedyOf(situation, "weight-per-class", final, {
      feasible: false,
      reason: `no weights were found that give every class the margin: after ${roundsUp} rounds the weakest class has ${format(final.least)}`,
      perClass: [...(now.weights ?? now.counts.map(() => 1))],
    });
  const raised = raw.filter((r, k) => r > (now.weights?.[k] ?? 1) * (1 + 1e-9)).length;
  return remedyOf(situation, "weight-per-class", final, {
    feasible: true,
    reason: `${several(raised)} weighted above the others, by up to ${format(Math.max(...raw) / Math.min(...raw))} times; as printed the weights average to 1 over the samples`,
    perClass: [...weights],
    torch: torchWeights(final.problem),
  });
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
