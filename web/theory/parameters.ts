import type { LossName } from "../../src/loss/index.ts";
import type { ProblemInput } from "../../src/problem/index.ts";
import type { DialOptions } from "../controls/dial.ts";
import { lossOption } from "../controls/loss-choice.ts";
import { mostMoved, mostShown, rules } from "../rules.ts";
import type { LayerPeeledQuestion } from "../solver/messages.ts";
import type { State } from "../state.ts";
import { classesWords } from "./groups.ts";

/** The dials of two clusters: their ranges and rules, and the problem that they say. */
export type Parameter = "kA" | "nA" | "kB" | "nB" | "lambdaZ" | "lambdaB" | "EW" | "EH";

export const parameters: readonly (DialOptions & { id: Parameter })[] = [
  { id: "kA", label: "k_A, classes", from: 1, to: 50, whole: true, refuse: rules.kA },
  { id: "nA", label: "n_A, samples of each", from: 1, to: 100_000, whole: true, refuse: rules.nA },
  { id: "kB", label: "k_B, classes", from: 1, to: 50, whole: true, refuse: rules.kB },
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
  { id: "EW", label: "E_W, bound on |w_k|²", from: 0.01, to: 100, refuse: rules.EW },
  { id: "EH", label: "E_H, bound on |h|²", from: 0.01, to: 100, refuse: rules.EH },
];

/** The label of a dial as the dials stand: which group is the majority goes by the counts. */
export function labelOf({ id, label }: { id: Parameter; label: string }, state: State): string {
  if (id === "kA") return `k_A, ${classesWords(state, "A")}`;
  if (id === "kB") return `k_B, ${classesWords(state, "B")}`;
  return label;
}

/** Whether the norms are bounded, not penalized: the Layer-Peeled Model. */
export const isBounded = ({ model }: State): boolean => model === "layer-peeled";

/** What belongs to one of the two models alone. */
const ofPenalties: readonly string[] = ["lambdaZ", "lambdaB"];
const ofBounds: readonly string[] = ["EW", "EH"];

/** Whether a dial means something now. */
export const applies = (id: Parameter, state: State): boolean => !(isBounded(state) ? ofPenalties : ofBounds).includes(id);

/** What of the state cannot be shown, in words; null: nothing. */
export function refused(state: State): string | null {
  for (const { id, refuse } of parameters) {
    const why = applies(id, state) ? refuse(state[id]) : null;
    if (why !== null) return `${id}: ${why}, got ${state[id]}`;
  }
  const K = state.kA + state.kB;
  return K > mostMoved
    ? `k_A + k_B: at most ${mostMoved} classes are drawn here, got ${K}; tab Your data takes ${mostShown}`
    : null;
}

const countsOf = ({ kA, nA, kB, nB }: State): number[] => [...new Array<number>(kA).fill(nA), ...new Array<number>(kB).fill(nB)];

export function inputOf(state: State): ProblemInput {
  const { lambdaZ, lambdaB, nonnegative, loss } = state;
  return { counts: countsOf(state), lambdaZ, lambdaB, nonnegative, loss: loss as LossName };
}

/** The same counts under bounded norms. */
export const boundedInputOf = (state: State): LayerPeeledQuestion => ({ counts: countsOf(state), EW: state.EW, EH: state.EH });

/** The command line that gives the same answer. */
export function commandOf(state: State): string {
  const { kA, nA, kB, nB, lambdaZ, lambdaB, nonnegative, loss, EW, EH } = state;
  const model = isBounded(state)
    ? [`--layer-peeled ${EW},${EH}`]
    : [
        `--lambda-z ${lambdaZ}`,
        ...(lambdaB === Number.POSITIVE_INFINITY ? [] : [`--lambda-b ${lambdaB}`]),
        ...(nonnegative ? ["--nonnegative"] : []),
        ...lossOption(loss),
      ];
  return ["nclab predict", `--counts ${kA}x${nA},${kB}x${nB}`, ...model, "--json"].join(" ");
}

/** Everything that an answer depends on, for whoever waits for it. */
export function keyOf(state: State): string {
  const { kA, nA, kB, nB, lambdaZ, lambdaB, nonnegative, loss, EW, EH } = state;
  return isBounded(state)
    ? [kA, nA, kB, nB, "layer-peeled", EW, EH].join()
    : [kA, nA, kB, nB, lambdaZ, lambdaB, nonnegative, loss].join();
}
