import type { LossName } from "../../src/loss/index.ts";
import type { ProblemInput } from "../../src/problem/index.ts";
import type { DialOptions } from "../controls/dial.ts";
import { lossOption } from "../controls/loss-choice.ts";
import { rules } from "../rules.ts";
import type { State } from "../state.ts";

/** The dials of two clusters: their ranges and rules, and the problem that they say. */
export type Parameter = "kA" | "nA" | "kB" | "nB" | "lambdaZ" | "lambdaB";

export const parameters: readonly (DialOptions & { id: Parameter })[] = [
  { id: "kA", label: "k_A, majority classes", from: 1, to: 50, whole: true, refuse: rules.kA },
  { id: "nA", label: "n_A, samples of each", from: 1, to: 100_000, whole: true, refuse: rules.nA },
  { id: "kB", label: "k_B, minority classes", from: 1, to: 50, whole: true, refuse: rules.kB },
  { id: "nB", label: "n_B, samples of each", from: 1, to: 100_000, whole: true, refuse: rules.nB },
  { id: "lambdaZ", label: "λ_Z", from: 1e-6, to: 1, refuse: rules.lambdaZ },
  {
    id: "lambdaB",
    label: "λ_b",
    from: 1e-5,
    to: 10,
    zero: "a bias without penalty",
    infinity: "no bias",
    refuse: rules.lambdaB,
  },
];

export function inputOf({ kA, nA, kB, nB, lambdaZ, lambdaB, nonnegative, loss }: State): ProblemInput {
  const counts = [...new Array<number>(kA).fill(nA), ...new Array<number>(kB).fill(nB)];
  return { counts, lambdaZ, lambdaB, nonnegative, loss: loss as LossName };
}

/** The command line that gives the same answer. */
export function commandOf({ kA, nA, kB, nB, lambdaZ, lambdaB, nonnegative, loss }: State): string {
  return [
    "nclab predict",
    `--counts ${kA}x${nA},${kB}x${nB}`,
    `--lambda-z ${lambdaZ}`,
    ...(lambdaB === Number.POSITIVE_INFINITY ? [] : [`--lambda-b ${lambdaB}`]),
    ...(nonnegative ? ["--nonnegative"] : []),
    ...lossOption(loss),
    "--json",
  ].join(" ");
}
