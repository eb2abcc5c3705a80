import { decreasingRoot } from "../math/roots.ts";
import { type Cluster, type ProblemInput, problem } from "../problem/index.ts";
import { largestS, leastWeight, mostSmoothing } from "../theory/index.ts";
import { oversample } from "./oversampling.ts";
import { predict } from "./predict.ts";
import {
  classes,
  confirmed,
  downwards,
  leastMargin,
  needsSmoothingFirst,
  type Remedy,
  type RemedyKind,
  refused,
  type Situation,
  short,
  together,
  upwards,
} from "./remedy.ts";

/**
 * The least change of one kind that keeps every cluster apart by the margin (advise.ts): in closed form where features are free (theory/remedies.ts),
 * by root finding on solutions where they are nonnegative. Each is put into the problem and solved before it is called feasible.
 */
export const propose: Record<RemedyKind, (situation: Situation) => Remedy> = {
  oversample,
  weight,
  lambda,
  smoothing,
  offset,
};

function weight(situation: Situation): Remedy {
  const { now, margin, clusters } = situation;
  const s = now.N * now.lambdaZ;
  const old = now.weights ?? now.counts.map(() => 1);
  const unreachable = needsSmoothingFirst(situation, "weight", old);
  if (unreachable) return unreachable;
  const withLevel = (level: number): number[] =>
    raise(old, clusters, (cluster) => upwards((level * s) / (cluster.factor * Math.sqrt(cluster.count))));
  const weights = now.nonnegative
    ? levelled(situation, withLevel, (values) => ({ ...situation.input, weights: values }))
    : raise(old, clusters, (cluster) => upwards(leastWeight(cluster, s, margin, now.smoothing)));
  const raised = weights.filter((w, k) => w > old[k]);
  const reason =
    raised.length === 0
      ? "every cluster has the margin already"
      : `${classes(raised.length)} weighted up to ${short(Math.max(...raised))}; nothing else changes for the other clusters`;
  return confirmed(situation, "weight", weights, { ...situation.input, weights }, reason);
}

function lambda(situation: Situation): Remedy {
  const { now, margin, clusters, input } = situation;
  const old = now.counts.map(() => now.lambdaZ);
  const unreachable = needsSmoothingFirst(situation, "lambda", old);
  if (unreachable) return unreachable;
  const scaled = (lambdaZ: number): ProblemInput => {
    const ratio = lambdaZ / now.lambdaZ;
    return {
      ...input,
      convention: "paper",
      lambdaZ: undefined,
      lambdaW: now.lambdaW * ratio,
      lambdaH: now.lambdaH * ratio,
      lambdaB: now.lambdaB,
    };
  };
  const most = now.nonnegative
    ? decreasingRoot((x) => leastMargin(predict(problem(scaled(now.lambdaZ * Math.exp(x))))) - margin, Math.log(1e-6), 0)
    : Math.log(Math.min(...together(clusters).map((c) => largestS(c, margin, now.smoothing))) / now.N / now.lambdaZ);
  const value = most >= 0 ? now.lambdaZ : downwards(now.lambdaZ * Math.exp(most));
  const reason =
    value === now.lambdaZ
      ? "every cluster has the margin already"
      : `lambda_Z at most ${short(value)}: lambda_W times lambda_H smaller by a factor of ${short((now.lambdaZ / value) ** 2)}`;
  return confirmed(
    situation,
    "lambda",
    old.map(() => value),
    scaled(value),
    reason,
  );
}

function smoothing(situation: Situation): Remedy {
  const { now, margin, clusters } = situation;
  const old = now.counts.map(() => now.smoothing);
  const s = now.N * now.lambdaZ;
  if (leastMargin(situation.present) >= margin)
    return confirmed(situation, "smoothing", old, situation.input, "every cluster has the margin already");
  if (now.smoothing === 0)
    return refused(
      situation,
      "smoothing",
      old,
      "label smoothing makes classes merge earlier, at (1 - eps) of the threshold, and there is none to take away",
    );
  const most = now.nonnegative
    ? leastMargin(predict(problem({ ...situation.input, smoothing: 0 }))) >= margin
      ? 0
      : -1
    : Math.min(...together(clusters).map((c) => mostSmoothing(c, s, margin)));
  if (most < 0)
    return refused(situation, "smoothing", old, "not even without label smoothing does every cluster have the margin");
  const eps = downwards(Math.min(most, now.smoothing));
  return confirmed(
    situation,
    "smoothing",
    old.map(() => eps),
    { ...situation.input, smoothing: eps },
    `label smoothing down to ${short(eps)} from ${short(now.smoothing)}`,
  );
}

function offset(situation: Situation): Remedy {
  const old = situation.now.offsets ?? situation.now.counts.map(() => 0);
  if (leastMargin(situation.present) >= situation.margin)
    return confirmed(situation, "offset", [...old], situation.input, "every cluster has the margin already");
  return refused(
    situation,
    "offset",
    [...old],
    situation.now.nonnegative
      ? "additive offsets move the bias of a class, not what holds its features up: they are no remedy for vanished features"
      : "additive offsets do not enter the margin within a cluster: its classes stay merged whatever the offsets",
  );
}

/** `old`, with every class of a cluster of two or more raised to what `least` says. */
function raise(old: readonly number[], clusters: readonly Cluster[], least: (cluster: Cluster) => number): number[] {
  const values = [...old];
  for (const cluster of together(clusters)) for (const k of cluster.classes) values[k] = Math.max(old[k], least(cluster));
  return values;
}

/** The least level whose values have the margin, for problems without a closed form: margins grow with the level. */
function levelled(
  situation: Situation,
  values: (level: number) => number[],
  build: (values: number[]) => ProblemInput,
): number[] {
  const lacking = (x: number): number =>
    situation.margin - leastMargin(predict(problem(build(values(Math.exp(x)))), { tolerance: 1e-9 }));
  const x = decreasingRoot(lacking, Math.log(1e-3), Math.log(1e6));
  return values(Math.exp(x) * (1 + 1e-5));
}
