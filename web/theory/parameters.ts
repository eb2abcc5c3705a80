import type { ProblemInput } from "../../src/problem/index.ts";
import type { DialOptions } from "../controls/dial.ts";
import type { State } from "../state.ts";

/** The dials of two clusters: their ranges and rules, and the problem that they say. */
export type Parameter = "kA" | "nA" | "kB" | "nB" | "lambdaZ" | "lambdaB";

const wholeUpTo =
  (most: number) =>
  (value: number): string | null =>
    Number.isSafeInteger(value) && value >= 1 && value <= most ? null : `a whole number from 1 to ${most} is expected here`;
const positive = (value: number): string | null =>
  value > 1e-300 && Number.isFinite(value) ? null : "a positive number is expected here";

/** More classes than this would be a K x K matrix that no screen shows. */
export const mostClasses = 500;

export const parameters: readonly (DialOptions & { id: Parameter })[] = [
  { id: "kA", label: "k_A, majority classes", from: 1, to: 50, whole: true, refuse: wholeUpTo(mostClasses) },
  { id: "nA", label: "n_A, samples of each", from: 1, to: 100_000, whole: true, refuse: wholeUpTo(1e12) },
  { id: "kB", label: "k_B, minority classes", from: 1, to: 50, whole: true, refuse: wholeUpTo(mostClasses) },
  { id: "nB", label: "n_B, samples of each", from: 1, to: 100_000, whole: true, refuse: wholeUpTo(1e12) },
  { id: "lambdaZ", label: "λ_Z", from: 1e-6, to: 1, refuse: positive },
  {
    id: "lambdaB",
    label: "λ_b",
    from: 1e-5,
    to: 10,
    infinity: "no bias",
    refuse: (value) => (value > 0 ? null : "a positive number, or inf, is expected here"),
  },
];

export function inputOf({ kA, nA, kB, nB, lambdaZ, lambdaB, nonnegative }: State): ProblemInput {
  return { counts: [...new Array<number>(kA).fill(nA), ...new Array<number>(kB).fill(nB)], lambdaZ, lambdaB, nonnegative };
}

/** The command line that gives the same answer. */
export function commandOf({ kA, nA, kB, nB, lambdaZ, lambdaB, nonnegative }: State): string {
  return [
    "nclab predict",
    `--counts ${kA}x${nA},${kB}x${nB}`,
    `--lambda-z ${lambdaZ}`,
    ...(lambdaB === Number.POSITIVE_INFINITY ? [] : [`--lambda-b ${lambdaB}`]),
    ...(nonnegative ? ["--nonnegative"] : []),
    "--json",
  ].join(" ");
}
