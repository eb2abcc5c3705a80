import type { HostTensor } from "../engine/index.ts";
import { endingOf, type FeatureLayer, featureWeight, headBias, headWeight } from "../networks/index.ts";
import { minimizeAtOnce } from "./at-once.ts";
import { inputRows, labelRows, seenImages } from "./batches.ts";
import { minimizeDecayed } from "./decayed-end.ts";
import { atRest, type TrainingState } from "./state.ts";
import { normParameters } from "./step.ts";
import type { Subject } from "./subject.ts";
import { everythingDecays } from "./weight-decay.ts";
import { centre, columnsOf, fromWhite, inverseFactor, inWhite, whitened, wholeSetRows } from "./whitening.ts";

/**
 * The end of a training under weight decay alone: all parameters, on all samples at once, by L-BFGS. Theory, section 9.1, is about the statistics of the whole training set, which a
 * step on a batch never sees; and what stochastic gradient descent leaves within the classes falls slowly.
 *
 * What is slow is a matter of coordinates: pixels, and hidden values late in training, vary far more in some directions than in others. So the weights of a dense layer move in coordinates
 * in which what it takes is white (whitening.ts): the images once and for all, what the last dense layer takes anew in each round of L-BFGS, as it changes. A round forgets the curvature that
 * the one before had learned. The first of several rounds has a part of the decay only, as in `decay-ramp`; a single one has all of it.
 */
export async function minimizeWholeSet(
  subject: Subject,
  state: TrainingState,
  evaluations: number,
  onLook: (objective: number) => void,
): Promise<TrainingState> {
  const { settings, network, data, engine } = subject;
  if (everythingDecays(settings)) return minimizeDecayed(subject, state, evaluations, onLook);
  const { lambdaW, lambdaB, normDecay, remedies } = settings;
  const { inputWeight } = network;
  const seen = seenImages(data.train, remedies.repeats);
  const N = seen.length;
  const decaysAt = (share: number): Record<string, number> => ({
    ...Object.fromEntries(normParameters(network).map((name) => [name, share * (normDecay as number)])),
    [headWeight]: share * lambdaW,
    [headBias]: lambdaB,
  });
  const images = inputRows(data.train, data.normalization, seen);
  const inputs = inputWeight === undefined ? null : whiteInputs(images, N);
  const x = inputs?.white ?? images;
  const y = labelRows(data.train, seen, remedies);
  let now = state;
  for (let left = evaluations; left > 0; left -= looksBetweenWhitenings) {
    const start = { ...now.params };
    const coordinates = { [featureWeight]: await lastCoordinates(subject, now, seen) };
    if (inputs && inputWeight) start[inputWeight] = inWhite(start[inputWeight], inputs.L);
    const decays = decaysAt(left === evaluations && left > looksBetweenWhitenings ? gentle : 1);
    const looks = { engine, network, adjust: remedies, start, decays, x, y, coordinates };
    const ended = await minimizeAtOnce(looks, Math.min(left, looksBetweenWhitenings), onLook);
    if (inputs && inputWeight) ended[inputWeight] = fromWhite(ended[inputWeight], inverseFactor(inputs.L, network.inputs));
    now = { ...now, params: { ...now.params, ...ended } };
  }
  return atRest(now, Object.keys(now.params));
}

/** Looks at the objective in one round; the next finds white coordinates anew. */
const looksBetweenWhitenings = 30;

/** Share of the decay in the first of several rounds. A rare class that has not been told apart yet would be pressed to 0 at once by the full decay, and behind a ReLU nothing brings it back. */
const gentle = 0.3;

/** Directions with less than this share of the mean variance are not stretched further: what hardly varies is noise. */
const least = 1e-2;

/** The images about their mean, white; the mean is left to the normalization behind the layer. */
function whiteInputs(rows: HostTensor, N: number): { white: HostTensor; L: Float64Array } {
  const { shape } = rows;
  const n = shape[1];
  const columns = columnsOf(rows);
  centre(columns, n, N);
  const { white, L } = whitened(columns, N, n, least);
  return { white: { shape, data: white }, L };
}

/** The factor L of what the last dense layer takes now. */
async function lastCoordinates(subject: Subject, state: TrainingState, seen: Int32Array): Promise<Float64Array> {
  const { network } = subject;
  const { inputs: n } = network.featureLayer as FeatureLayer;
  const columns = await wholeSetRows(subject, state, seen);
  // Batch normalization takes the mean off, and nothing moves along it; layer normalization does not.
  if (endingOf(network.name) === "batch-norm") centre(columns, n, seen.length);
  return whitened(columns, seen.length, n, least).L;
}
