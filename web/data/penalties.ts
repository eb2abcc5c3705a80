import type { ProblemInput } from "../../src/problem/index.ts";
import { exact } from "../numbers.ts";
import type { State } from "../state.ts";

/**
 * Explicit penalties, stated by the lambda_Z = sqrt(lambda_W lambda_H) that decides Z, or by both of them, which is how a training script has them. What either form means is the door's rule (`regularization`),
 * here and for a command line.
 */
type Penalties = Pick<State, "dataPenalties" | "dataLambdaZ" | "dataLambdaW" | "dataLambdaH">;

/** As the door of the commands takes them. */
export const penaltyInput = (state: Penalties): Pick<ProblemInput, "lambdaZ" | "lambdaW" | "lambdaH"> =>
  state.dataPenalties === "each" ? { lambdaW: state.dataLambdaW, lambdaH: state.dataLambdaH } : { lambdaZ: state.dataLambdaZ };

/** As options of a command line. */
export const penaltyOptions = (state: Penalties): string =>
  state.dataPenalties === "each"
    ? `--lambda-w ${exact(state.dataLambdaW)} --lambda-h ${exact(state.dataLambdaH)}`
    : `--lambda-z ${exact(state.dataLambdaZ)}`;

/** A lambda_Z, in whichever form: with both, lambda_W and lambda_H keep their ratio. */
export function withLambdaZ(lambdaZ: number, { dataLambdaW: W, dataLambdaH: H }: Penalties): Partial<State> {
  const ratio = Math.sqrt(W) / Math.sqrt(H);
  return { dataLambdaZ: lambdaZ, dataLambdaW: rounded(lambdaZ * ratio), dataLambdaH: rounded(lambdaZ / ratio) };
}

/** The same penalties in the other form. */
export function inForm(form: string, state: Penalties): Partial<State> {
  if (form === state.dataPenalties) return {};
  const { dataLambdaZ, dataLambdaW: W, dataLambdaH: H } = state;
  return form === "each"
    ? { ...withLambdaZ(dataLambdaZ, state), dataLambdaZ, dataPenalties: form }
    : { dataLambdaZ: rounded(Math.sqrt(W) * Math.sqrt(H)), dataPenalties: form };
}

/** Twelve digits: what a square root leaves behind them is nobody's. */
const rounded = (x: number): number => Number(x.toPrecision(12));
