import {
  dispose,
  type FeatureLayer,
  featureBias,
  featureWeight,
  headBias,
  headWeight,
  type Network,
  toDevice,
} from "../networks/index.ts";
import { atRest, minimizeAtOnce, replaced, toHosts } from "./at-once.ts";
import { inputRows, labelRows, seenImages, type TrainingData } from "./batches.ts";
import type { TrainingSettings } from "./settings.ts";
import type { StepState } from "./step.ts";
import { columnsOf, rowsOf, whitened, wholeSetRows } from "./whitening.ts";

/**
 * The end of a training in which every layer decays and the features come out of a dense layer without normalization (theory, section 9.3): all parameters on all samples at once, or the last two layers alone, by L-BFGS.
 * The weights of a dense layer move in coordinates in which loss and decay are about as stiff in every direction: with inputs x, mean x x' + (lambda / stiffness) I = L L', stiffness being what the loss's second derivative in a
 * logit comes to.
 */
interface Subject {
  settings: TrainingSettings;
  network: Network;
  data: TrainingData;
}

/** Of p (1 - p) with one probability of some 0.9. */
const stiffness = 0.1;

/** Looks at the objective in one round; the next finds coordinates anew. */
const looksBetweenCoordinates = 60;

/** All parameters. */
export async function minimizeDecayed(
  subject: Subject,
  state: StepState,
  evaluations: number,
  onLook: (objective: number) => void,
): Promise<StepState> {
  const { settings, network, data } = subject;
  const { lambdaW, lambdaB, weightDecay, remedies } = settings;
  const { inputWeight, inputs } = network;
  const seen = seenImages(data.train, remedies.repeats);
  const images = inputRows(data.train, data.normalization, seen);
  const ofImages =
    inputWeight === undefined ? {} : { [inputWeight]: coordinatesOf(columnsOf(images), seen.length, inputs, weightDecay) };
  const names = Object.keys(state.params);
  const decays = {
    ...Object.fromEntries(names.map((name) => [name, weightDecay])),
    [headWeight]: lambdaW,
    [headBias]: lambdaB,
  };
  const x = toDevice(images);
  const y = toDevice(labelRows(data.train, seen, remedies));
  try {
    let now = state;
    for (let left = evaluations; left > 0; left -= looksBetweenCoordinates) {
      const { inputs: n } = network.featureLayer as FeatureLayer;
      const coordinates = {
        ...ofImages,
        [featureWeight]: coordinatesOf(await wholeSetRows(network, now, data, seen), seen.length, n, weightDecay),
      };
      const start = await toHosts(now.params, names);
      const looks = { network, adjust: remedies, start, stats: now.stats, decays, x, y, coordinates };
      now = {
        ...now,
        params: replaced(now.params, await minimizeAtOnce(looks, Math.min(left, looksBetweenCoordinates), onLook)),
      };
    }
    return atRest(now, names);
  } finally {
    dispose({ x, y });
  }
}

/** The dense layer that gives the features and the head, what feeds them held fixed. Its minimum is that of a convex problem, so every start leads there. */
export async function minimizeDecayedEnd(
  subject: Subject,
  state: StepState,
  evaluations: number,
  onLook: (objective: number) => void,
): Promise<StepState> {
  const { settings, network, data } = subject;
  const { lambdaW, lambdaB, weightDecay, remedies } = settings;
  const { layer, inputs: n } = network.featureLayer as FeatureLayer;
  const seen = seenImages(data.train, remedies.repeats);
  const N = seen.length;
  const columns = await wholeSetRows(network, state, data, seen);
  const rows = rowsOf(columns, N);
  const names = [featureWeight, featureBias, headWeight, ...(network.bias ? [headBias] : [])];
  const decays = { [featureWeight]: weightDecay, [featureBias]: weightDecay, [headWeight]: lambdaW, [headBias]: lambdaB };
  const coordinates = { [featureWeight]: coordinatesOf(columns, N, n, weightDecay) };
  const start = await toHosts(state.params, names);
  const x = toDevice(rows);
  const y = toDevice(labelRows(data.train, seen, remedies));
  try {
    const looks = { network: { ...network, body: layer }, adjust: remedies, start, stats: {}, decays, x, y, coordinates };
    const ended = await minimizeAtOnce(looks, evaluations, onLook);
    return atRest({ ...state, params: replaced(state.params, ended) }, names);
  } finally {
    dispose({ x, y });
  }
}

/** L of n x N inputs, which are overwritten. */
function coordinatesOf(columns: Float64Array, N: number, n: number, decay: number): Float64Array {
  const mean = columns.reduce((sum, x) => sum + x * x, 0) / (N * n);
  return whitened(columns, N, n, mean > 0 ? decay / stiffness / mean : 1).L;
}
