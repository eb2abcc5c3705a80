import { problem } from "../problem/index.ts";
import { leastOversampling } from "../theory/index.ts";
import { predict } from "./predict.ts";
import {
  classes,
  confirmed,
  leastMargin,
  needsSmoothingFirst,
  type Remedy,
  refused,
  type Situation,
  short,
  together,
} from "./remedy.ts";

/** The least oversampling that keeps every cluster apart by the margin, or why none does. */
export function oversample(situation: Situation): Remedy {
  const { now, margin, clusters, input } = situation;
  const old = now.counts.map(() => 1);
  const unreachable = needsSmoothingFirst(situation, "oversample", old);
  if (unreachable) return unreachable;
  if (leastMargin(situation.present) >= margin)
    return confirmed(situation, "oversample", old, input, "every cluster has the margin already");
  const penalty = input.convention === "mean" ? "mean" : "sum";
  const s = now.N * now.lambdaZ;
  if (now.nonnegative) return oversampleByLevel(situation, old);
  const { counts, limit } = leastOversampling(clusters, s, margin, penalty, now.smoothing);
  const cannot =
    penalty === "sum"
      ? `the copies raise N, and with it s = N lambda_Z, for every cluster: oversampling reaches this margin only for lambda_Z below ${short(limit / now.N)}, and it is ${short(now.lambdaZ)}`
      : `with the penalty on the mean only class fractions matter: oversampling reaches this margin only for lambda_Z below ${short(limit / now.N)}, and it is ${short(now.lambdaZ)}`;
  if (!counts) return refused(situation, "oversample", old, cannot);
  return oversampled(situation, counts);
}

/** The remedy of seeing the samples of cluster j `counts[j]` times instead of as often as there are. */
function oversampled(situation: Situation, counts: readonly number[]): Remedy {
  const { now, clusters, input } = situation;
  const seen = [...now.counts];
  clusters.forEach((cluster, j) => {
    for (const k of cluster.classes) seen[k] = counts[j];
  });
  const extra = seen.reduce((sum, n, k) => sum + n - now.counts[k], 0);
  const more = seen.filter((n, k) => n > now.counts[k]);
  return confirmed(
    situation,
    "oversample",
    seen.map((n, k) => n / now.counts[k]),
    { ...input, counts: seen },
    `${classes(more.length)} oversampled up to ${short(Math.max(...more))} samples: ${extra} more in an epoch (${short((100 * extra) / now.N)} %)`,
    extra,
  );
}

/** Nonnegative features: every class of a cluster up to one common count, the least on a grid of 2 % steps that has the margin. */
function oversampleByLevel(situation: Situation, old: number[]): Remedy {
  const { now, margin, clusters, input } = situation;
  const largest = Math.max(...now.counts);
  const countsAt = (level: number): number[] => clusters.map((c) => (c.size < 2 ? c.count : Math.max(c.count, Math.ceil(level))));
  let best = -1;
  for (let level = Math.min(...together(clusters).map((c) => c.count)); level <= 4 * largest; level = Math.ceil(level * 1.02)) {
    const counts = countsAt(level);
    const seen = now.counts.map((n, k) => counts[clusters.findIndex((c) => c.classes.includes(k))] ?? n);
    const reached = leastMargin(predict(problem({ ...input, counts: seen })));
    if (reached >= margin) return oversampled(situation, counts);
    best = Math.max(best, reached);
  }
  return refused(
    situation,
    "oversample",
    old,
    `the copies raise N, and with it s = N lambda_Z, for every class: the largest margin that any count reaches is ${short(best)}`,
  );
}
