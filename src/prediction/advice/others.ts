import { maximum } from "../../extremes.ts";
import { format, formatAtLeast, formatAtMost } from "../../number-text.ts";
import { problem, withLambdaZ } from "../../problem/index.ts";
import { type Remedy, remedyOf } from "./remedy.ts";
import { evenly, leastStrength, reached } from "./search.ts";
import { type Situation, several, withCounts } from "./situation.ts";

/** Seeing rare classes more often: n_k (n_max/n_k)^q samples an epoch, q from 0 to 1 (all alike); the least q that gives every class the margin. */
export function oversample(situation: Situation): Remedy {
  const { now } = situation;
  const seen = (q: number, counts: readonly number[]): number[] => {
    const most = maximum(counts);
    return counts.map((n) => Math.round(n * (most / n) ** q));
  };
  const found = leastStrength(situation, {
    name: (q) => `oversample: (n_max/n_k)^${format(q)}`,
    steps: evenly(0, 1, 10),
    // Copies are whole.
    jumps: true,
    at: (q, counts) => withCounts(situation, seen(q, counts)),
  });
  const old = now.counts.map(() => 1);
  if (found.x === null)
    return remedyOf(situation, "oversample", found.trial, {
      feasible: false,
      reason: `not even with every class seen as often as the largest: ${reached(found, (q) => `q = ${format(q)}`)}${raisesN(situation)}`,
      perClass: old,
    });
  const counts = found.trial.problem.counts;
  const extra = counts.reduce((sum, n, k) => sum + n - now.counts[k], 0);
  const more = counts.filter((n, k) => n > now.counts[k]).length;
  return remedyOf(situation, "oversample", found.trial, {
    feasible: true,
    reason: `n_k (n_max/n_k)^q samples of each class an epoch, q = ${formatAtLeast(found.x)}: ${several(more)} seen more often, ${extra} more samples (${format((100 * extra) / now.N)} %)`,
    parameters: { power: found.x },
    perClass: counts.map((n, k) => n / now.counts[k]),
    extraSamples: extra,
  });
}

/** Why oversampling may not help: where features are penalized by a sum, copies raise N and with it s = N lambda_Z for all. */
function raisesN({ now, input }: Situation): string {
  return now.weightDecay === null && input.convention !== "mean"
    ? " (the copies raise N, and with it s = N lambda_Z, for every class)"
    : "";
}

/** Less regularization: the largest lambda_Z (or weight decay) below the present one that gives every class the margin. */
export function lambda(situation: Situation): Remedy {
  const { now } = situation;
  const name = now.weightDecay === null ? "lambda_Z" : "weight decay";
  const strength = ({ lambdaZ, weightDecay }: typeof now): number => weightDecay ?? lambdaZ;
  const found = leastStrength(situation, {
    name: (x) => `lambda: ${name} ${format(strength(now) * 10 ** -x)}`,
    // Powers of ten below the present value.
    steps: evenly(0, 6, 24),
    at: (x, counts) => {
      const here = withCounts(situation, counts);
      return x === 0 ? here : withLambdaZ(here, here.lambdaZ * 10 ** -x);
    },
  });
  if (found.x === null)
    return remedyOf(situation, "lambda", found.trial, {
      feasible: false,
      reason: `not even with ${name} a million times smaller: ${reached(found, (x) => `${name} ${format(strength(now) * 10 ** -x)}`)}`,
      perClass: now.counts.map(() => now.lambdaZ),
    });
  const { problem: changed } = found.trial;
  return remedyOf(situation, "lambda", found.trial, {
    feasible: true,
    reason: `${name} at most ${formatAtMost(strength(changed))}, ${formatAtLeast(10 ** found.x)} times smaller than it is`,
    parameters: lambdasOf(changed),
    perClass: now.counts.map(() => changed.lambdaZ),
  });
}

/** The regularization of a problem, as a remedy says it. */
export function lambdasOf({ lambdaZ, lambdaW, lambdaH, weightDecay }: Situation["now"]): Record<string, number> {
  return { lambdaZ, lambdaW, lambdaH, ...(weightDecay === null ? {} : { weightDecay }) };
}

/** Less label smoothing, where there is any: smoothing lowers every margin. */
export function smoothing(situation: Situation): Remedy {
  const { now, present, input } = situation;
  const old = now.counts.map(() => now.smoothing);
  if (now.smoothing === 0)
    return remedyOf(situation, "smoothing", present, {
      feasible: false,
      reason: "label smoothing lowers margins and makes classes merge earlier, and there is none to take away",
      perClass: old,
    });
  const found = leastStrength(situation, {
    name: (less) => `smoothing: ${format(now.smoothing - less)}`,
    steps: evenly(0, now.smoothing, 8),
    at: (less, counts) => problem({ ...input, counts, smoothing: less === now.smoothing ? 0 : now.smoothing - less }),
  });
  if (found.x === null)
    return remedyOf(situation, "smoothing", found.trial, {
      feasible: false,
      reason: `not even without label smoothing: ${reached(found, (less) => `smoothing ${format(now.smoothing - less)}`)}`,
      perClass: old,
    });
  const eps = found.trial.problem.smoothing;
  return remedyOf(situation, "smoothing", found.trial, {
    feasible: true,
    reason: `label smoothing down to ${formatAtMost(eps)} from ${format(now.smoothing)}`,
    parameters: { smoothing: eps },
    perClass: old.map(() => eps),
  });
}
