import type { LossName } from "../../src/loss/index.ts";
import type { NetworkName } from "../../src/networks/index.ts";
import { lossOption } from "../controls/loss-choice.ts";
import { textOfCounts } from "../counts-text.ts";
import type { State } from "../state.ts";
import { inputOf, parameters } from "../theory/parameters.ts";
import { filesRefused, glyphsRefused } from "./classes.ts";
import type { TrainQuestion } from "./messages.ts";
import type { Regularizer } from "./networks.ts";

/** What the dials ask to be trained, what of it is refused, and how it is said in words and on the command line. */
const mostImages = 20_000;

export const decaysAlone = (regularizer: Regularizer): boolean => regularizer === "decay" || regularizer === "effective";

export function questionOf(state: State, files: TrainQuestion["files"]): TrainQuestion {
  const { lambdaZ, lambdaB, nonnegative, epochs, batch, seed, backend } = state;
  return {
    counts: [...inputOf(state).counts],
    lambdaZ,
    lambdaB,
    nonnegative,
    loss: state.loss as LossName,
    network: state.network as NetworkName,
    regularizer: state.regularizer as Regularizer,
    weightDecay: state.trainDecay,
    epochs,
    batch,
    seed,
    backend,
    files,
  };
}

/** Why this is not trained here, as a sentence; null: it is. */
export function refused(state: State, files: TrainQuestion["files"]): string | null {
  for (const { id, refuse } of parameters) {
    const why = refuse(state[id]);
    if (why !== null) return `${id}: ${why}, got ${state[id]}`;
  }
  const N = state.kA * state.nA + state.kB * state.nB;
  if (N > mostImages)
    return `images: at most ${mostImages} in all are trained on in the page, got ${N}; nclab train has no such limit`;
  const wrong = files ? filesRefused(inputOf(state).counts, files) : glyphsRefused(state.kA + state.kB);
  if (wrong !== null) return wrong;
  if (state.batch > N) return `batch: at most the ${N} images, got ${state.batch}`;
  return null;
}

/** The problem in words: what is trained, and how it is regularized. `lambdaZ`: where that was moved since. */
export function problemText(question: TrainQuestion, lambdaZ: number = question.lambdaZ): string {
  const { counts, lambdaB, nonnegative, loss, network, regularizer, weightDecay } = question;
  const N = counts.reduce((sum, n) => sum + n, 0);
  const none = lambdaB === Number.POSITIVE_INFINITY;
  const penalties = `λ_Z = ${lambdaZ}, ${none ? "no bias" : `λ_b = ${lambdaB}`}`;
  const bias = none ? ", no bias" : lambdaB === 0 ? ", a bias without decay" : "";
  const regularized: Record<Regularizer, string> = {
    lambdas: penalties,
    both: `${penalties}, weight decay ${weightDecay} of the hidden layers`,
    decay: `weight decay ${weightDecay} alone, of everything${bias}`,
    effective: `weight decay ${weightDecay} alone, of head and last normalization${bias}`,
  };
  const classes = textOfCounts(counts).replaceAll("x", " × ").replaceAll(",", " and ");
  return `${classes}, ${N} images, ${network}, ${regularized[regularizer]}, ${nonnegative ? "nonnegative" : "free"} features, loss ${loss}`;
}

/** Whether two questions are the same problem: how long and how often it is looked at aside. */
export function sameProblem(a: TrainQuestion, b: TrainQuestion): boolean {
  const of = ({ epochs: _e, batch: _b, seed: _s, backend: _k, files: _f, weightDecay, lambdaZ, ...rest }: TrainQuestion) =>
    JSON.stringify([
      rest,
      String(rest.lambdaB),
      decaysAlone(rest.regularizer) ? null : lambdaZ,
      rest.regularizer === "lambdas" ? null : weightDecay,
    ]);
  return of(a) === of(b);
}

/** The command line that trains the same. */
export function commandOf(question: TrainQuestion): string {
  const { counts, lambdaZ, lambdaB, nonnegative, loss, network, regularizer, weightDecay, epochs, batch, seed } = question;
  const none = lambdaB === Number.POSITIVE_INFINITY;
  const penalties = [`--lambda-z ${lambdaZ}`, ...(none ? [] : [`--lambda-b ${lambdaB}`])];
  const bias = none ? ["--bias-weight-decay inf"] : lambdaB === 0 ? ["--bias-weight-decay 0"] : [];
  const decay = `--weight-decay ${weightDecay}`;
  const regularized: Record<Regularizer, readonly string[]> = {
    lambdas: penalties,
    both: [...penalties, decay],
    decay: [decay, ...bias, "--decay all --schedule decay-ramp"],
    effective: [decay, ...bias, "--decay effective --schedule decay-ramp"],
  };
  return [
    "nclab train",
    `--counts ${textOfCounts(counts)}`,
    ...regularized[regularizer],
    ...(network === "mlp" && !decaysAlone(regularizer) ? [] : [`--network ${network}`]),
    ...(nonnegative ? ["--features relu"] : []),
    ...lossOption(loss),
    `--dataset glyphs --epochs ${epochs} --batch ${batch} --seed ${seed} --backend wasm --out runs/explorer`,
  ].join(" ");
}
