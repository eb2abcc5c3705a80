import { type FeatureLayer, featureBias, featureWeight, headBias, headWeight } from "../networks/index.ts";
import { minimizeAtOnce } from "./at-once.ts";
import { inputRows, labelRows, seenImages } from "./batches.ts";
import { atRest, chosen, type TrainingState } from "./state.ts";
import type { Subject } from "./subject.ts";
import { columnsOf, rowsOf, whitened, wholeSetRows } from "./whitening.ts";

/**
 * The end of a training in which every layer decays and the features come out of a dense layer without normalization (theory, section 9.3): all parameters on all samples at once, or the last two layers alone, by L-BFGS.
 * The weights of a dense layer move in coordinates in which loss and decay are about as stiff in every direction: with inputs x, mean x x' + (lambda / stiffness) I = L L', stiffness being what the loss's second derivative in a
 * logit comes to.
 *
 * @module
 */

/** Of p (1 - p) with one probability of some 0.9. */
const stiffness = 0.1;

/** Looks at the objective in one round; the next finds coordinates anew. */
const looksBetweenCoordinates = 60;

/** All parameters. */
export async function minimizeDecayed(
  subject: Subject,
  state: TrainingState,
  evaluations: number,
  onLook: (objective: number) => void,
): Promise<TrainingState> {
  const { settings, network, data, engine } = subject;
  const { lambdaW, lambdaB, weightDecay, remedies } = settings;
  const { inputWeight, inputs } = network;
  const { inputs: n } = network.featureLayer as FeatureLayer;
  const seen = seenImages(data.train, remedies.repeats);
  const x = inputRows(data.train, data.normalization, seen);
  const y = labelRows(data.train, seen, remedies);
  const ofImages =
    inputWeight === undefined ? {} : { [inputWeight]: coordinatesOf(columnsOf(x), seen.length, inputs, weightDecay) };
  const names = Object.keys(state.params);
  const decays = {
    ...Object.fromEntries(names.map((name) => [name, weightDecay])),
    [headWeight]: lambdaW,
    [headBias]: lambdaB,
  };
  let now = state;
  for (let left = evaluations; left > 0; left -= looksBetweenCoordinates) {
    const hidden = await wholeSetRows(subject, now, seen);
    const coordinates = { ...ofImages, [featureWeight]: coordinatesOf(hidden, seen.length, n, weightDecay) };
    const looks = { engine, network, adjust: remedies, start: now.params, decays, x, y, coordinates };
    now = { ...now, params: await minimizeAtOnce(looks, Math.min(left, looksBetweenCoordinates), onLook) };
  }
  return atRest(now, names);
}

/** The dense layer that gives the features and the head, what feeds them held fixed. Its minimum is that of a convex problem, so every start leads there. */
export async function minimizeDecayedEnd(
  subject: Subject,
  state: TrainingState,
  evaluations: number,
  onLook: (objective: number) => void,
): Promise<TrainingState> {
  const { settings, network, data, engine } = subject;
  const { lambdaW, lambdaB, weightDecay, remedies } = settings;
  const { layer, inputs: n } = network.featureLayer as FeatureLayer;
  const seen = seenImages(data.train, remedies.repeats);
  const N = seen.length;
  const columns = await wholeSetRows(subject, state, seen);
  const x = rowsOf(columns, N);
  const y = labelRows(data.train, seen, remedies);
  const names = [featureWeight, featureBias, headWeight, ...(network.bias ? [headBias] : [])];
  const decays = { [featureWeight]: weightDecay, [featureBias]: weightDecay, [headWeight]: lambdaW, [headBias]: lambdaB };
  const coordinates = { [featureWeight]: coordinatesOf(columns, N, n, weightDecay) };
  const start = chosen(state.params, names);
  const looks = { engine, network: { ...network, body: layer }, adjust: remedies, start, decays, x, y, coordinates };
  const ended = await minimizeAtOnce(looks, evaluations, onLook);
  return atRest({ ...state, params: { ...state.params, ...ended } }, names);
}

/** L of n x N inputs, which are overwritten. */
function coordinatesOf(columns: Float64Array, N: number, n: number, decay: number): Float64Array {
  const mean = columns.reduce((sum, x) => sum + x * x, 0) / (N * n);
  return whitened(columns, N, n, mean > 0 ? decay / stiffness / mean : 1).L;
}
