import {
  dispose,
  endingOf,
  type FeatureLayer,
  featureWeight,
  type HostTensor,
  headBias,
  headWeight,
  type Network,
  toDevice,
} from "../networks/index.ts";
import { atRest, minimizeAtOnce, replaced, toHosts } from "./at-once.ts";
import { inputRows, labelRows, seenImages, type TrainingData } from "./batches.ts";
import { minimizeDecayed } from "./decayed-end.ts";
import type { TrainingSettings } from "./settings.ts";
import { normParameters, type StepState } from "./step.ts";
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
  { settings, network, data }: { settings: TrainingSettings; network: Network; data: TrainingData },
  state: StepState,
  evaluations: number,
  onLook: (objective: number) => void,
): Promise<StepState> {
  if (everythingDecays(settings)) return minimizeDecayed({ settings, network, data }, state, evaluations, onLook);
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
  const x = toDevice(inputs?.white ?? images);
  const y = toDevice(labelRows(data.train, seen, remedies));
  try {
    let now = state;
    for (let left = evaluations; left > 0; left -= looksBetweenWhitenings) {
      const start = await toHosts(now.params, Object.keys(now.params));
      const coordinates = { [featureWeight]: await lastCoordinates(network, now, data, seen) };
      if (inputs && inputWeight) start[inputWeight] = inWhite(start[inputWeight], inputs.L);
      const subject = {
        network,
        adjust: remedies,
        start,
        stats: now.stats,
        decays: decaysAt(left === evaluations && left > looksBetweenWhitenings ? gentle : 1),
        x,
        y,
        coordinates,
      };
      const ended = await minimizeAtOnce(subject, Math.min(left, looksBetweenWhitenings), onLook);
      if (inputs && inputWeight) ended[inputWeight] = fromWhite(ended[inputWeight], inverseFactor(inputs.L, network.inputs));
      now = { ...now, params: replaced(now.params, ended) };
    }
    return atRest(now, Object.keys(now.params));
  } finally {
    dispose({ x, y });
  }
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
async function lastCoordinates(network: Network, state: StepState, data: TrainingData, seen: Int32Array): Promise<Float64Array> {
  const { inputs: n } = network.featureLayer as FeatureLayer;
  const columns = await wholeSetRows(network, state, data, seen);
  // Batch normalization takes the mean off, and nothing moves along it; layer normalization does not.
  if (endingOf(network.name) === "batch-norm") centre(columns, n, seen.length);
  return whitened(columns, seen.length, n, least).L;
}
