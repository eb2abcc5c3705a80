import { InputError, inputError } from "../errors.ts";
import { type LossName, lossNames } from "../loss/index.ts";
import { type Branches, type MeasureOptions, withinBranches } from "../measure/index.ts";
import { format } from "../number-text.ts";
import {
  checkComplete,
  checkLambdas,
  checkPositive,
  problem,
  type RegularizationInput,
  regularizationKeys,
  saysWeightDecay,
} from "../problem/index.ts";
import { type Extended, numberOf } from "./settings.ts";

/** What a measurement is compared with: the regularization that the network was trained with. */
export interface ComparisonInput extends Omit<RegularizationInput, "lambdaB" | "biasWeightDecay"> {
  /** Infinity or "inf" (default): no bias; 0: a bias without penalty. */
  lambdaB?: Extended;
  /** On the head's bias; Infinity or "inf": there is none. */
  biasWeightDecay?: Extended;
  /** The features end in a ReLU. */
  nonnegative?: boolean;
  /** What the network was trained with (default cross-entropy). */
  loss?: LossName;
  /** Compare with the prediction at the effective lambdas; needs `weightDecay`. */
  compareEffective?: boolean;
}

/** What `comparisonOf` reads. */
export const comparisonKeys: Record<keyof ComparisonInput, true> = {
  ...regularizationKeys,
  nonnegative: true,
  loss: true,
  compareEffective: true,
};

const lambdaNames = ["lambdaZ", "lambdaW", "lambdaH"] as const;

/** The comparison that the settings ask for. `hidden`: whether the problem of the last two layers is solved beside it, which has the decays to itself. Throws InputError. */
export function comparisonOf(given: ComparisonInput, hidden = false): MeasureOptions {
  const { convention = "paper", weightDecay: decay, compareEffective = false, nonnegative = false } = given;
  for (const [name, value] of Object.entries({ compareEffective, nonnegative }))
    if (typeof value !== "boolean") throw inputError(name, "true or false", value);
  const loss = lossOf(given, hidden);
  checkPositive(decay, "weightDecay");
  const lambdaB = numberOf(given.lambdaB);
  const { lambdaZ, lambdaW, lambdaH } = given;
  const lambdas: RegularizationInput = { lambdaZ, lambdaW, lambdaH, lambdaB, convention };
  const said = lambdaNames.filter((name) => given[name] !== undefined);
  checkLambdas(lambdas);
  if (said.length > 0) checkComplete(lambdas);
  const ending = endingOf(given);
  // Beside `hidden` the bias's decay is that of the problem of the last two layers.
  const ofNetwork = hidden ? { ...ending, biasWeightDecay: undefined } : ending;
  if (saysWeightDecay(ofNetwork) || ofNetwork.optimizer !== undefined) return decayed(given, lambdas, loss);
  if (said.length === 0 && !compareEffective)
    checkNothingCompared({ lambdaB, decay, convention: given.convention, loss, nonnegative: nonnegative && !hidden });
  if (compareEffective && decay === undefined) throw new InputError("compareEffective: expected weightDecay beside it, got none");
  if (compareEffective && said.length > 0)
    throw inputError("compareEffective", "either the effective lambdas or stated ones", said.join(" and "));
  return {
    // Without the factors 1/2 a stated lambda is twice as strong.
    weightDecay: decay === undefined ? undefined : decay * (convention === "no-half" ? 2 : 1),
    branches: decay !== undefined && said.length === 0 && !hidden ? {} : undefined,
    lambdas: said.length > 0 ? lambdas : undefined,
    lambdaB: compareEffective ? lambdaB : undefined,
    compareEffective,
    nonnegative,
    loss,
  };
}

/** Settings of a comparison where there is none to make: what nothing would read is refused. A weight decay has effective lambdas, which depend on convention and loss. */
function checkNothingCompared(given: {
  lambdaB: number | undefined;
  nonnegative: boolean;
  decay: number | undefined;
  convention: string | undefined;
  loss: string | undefined;
}): void {
  const lambdas = "lambdaZ (or lambdaW with lambdaH)";
  const unread = (what: string, beside: string, value: unknown): InputError =>
    inputError(what, `${beside} beside it: nothing is compared, and it would have no effect`, value);
  if (given.lambdaB !== undefined) throw unread("lambdaB", `${lambdas} or compareEffective`, given.lambdaB);
  if (given.nonnegative) throw unread("nonnegative", `${lambdas}, compareEffective, or weightDecay with ends`, true);
  if (given.decay !== undefined) return;
  for (const name of ["convention", "loss"] as const)
    if (given[name] !== undefined) throw unread(name, `${lambdas} or weightDecay`, given[name]);
}

function endingOf({ ends, branches, width, normWeightDecay, biasWeightDecay, optimizer }: ComparisonInput): RegularizationInput {
  return { ends, branches, width, normWeightDecay, biasWeightDecay: numberOf(biasWeightDecay), optimizer };
}

/** Checked before anything is read. */
function lossOf({ loss, compareEffective }: ComparisonInput, hidden: boolean): LossName | undefined {
  if (loss === undefined) return undefined;
  if (!lossNames.includes(loss)) throw inputError("loss", lossNames.join(", "), loss);
  if (loss !== lossNames[0] && hidden)
    throw inputError("loss", `${lossNames[0]} beside the problem of the last two layers (--hidden)`, loss);
  if (loss !== lossNames[0] && compareEffective) throw inputError("loss", `${lossNames[0]} beside compareEffective`, loss);
  return loss;
}

/** A weight decay with `ends`: what the features come out of is known, so the decay alone says what to compare with (theory, section 9). */
function decayed(given: ComparisonInput, lambdas: RegularizationInput, loss: LossName | undefined): MeasureOptions {
  if (given.compareEffective) throw inputError("compareEffective", "either the effective lambdas or ends", "ends");
  const { weightDecay, convention, nonnegative = false } = given;
  const stated: RegularizationInput = { weightDecay, ...endingOf(given), convention };
  // Refused before anything is read; two classes stand in for those of the data.
  problem({ ...lambdas, ...stated, nonnegative, counts: [1, 1] });
  const { normWeightDecay = weightDecay } = stated;
  const normToHead = (normWeightDecay as number) / (weightDecay as number);
  return { weightDecay, lambdas: stated, compareEffective: false, nonnegative, loss, branches: { normToHead } };
}

/** What balancedness says beside a prediction under weight decay alone: that of another J is offered, one out of range is explained. */
export function branchNotes({ J, atMost }: Branches, { lambdas }: MeasureOptions): string[] {
  if (lambdas?.ends === undefined) return [];
  const stated = lambdas.branches ?? 1;
  const told = Number(J.toPrecision(3));
  if (!withinBranches(J, atMost ?? Number.POSITIVE_INFINITY))
    return [
      `branches: head and features tell J = ${told}, outside 1 to ${atMost === null ? "the number of branches" : format(atMost, 3)}: the network is not at its end, head and normalizations decay differently (--norm-weight-decay), or features are means over unlike places`,
    ];
  if (atMost === 1 || Math.abs(Math.max(1, J) / stated - 1) <= 0.05) return [];
  return [
    `branches: head and features tell J = ${told} by balancedness, and the prediction is that of J = ${format(stated)}: --branches ${Math.max(1, told)} gives that of J, if the features are a sum of residual branches`,
  ];
}
