import { type HostTensor, type HostTensors, hostTensor } from "../engine/index.ts";
import { type FeatureLayer, featureBias, featureWeight, headBias, headWeight } from "../networks/index.ts";
import { minimizeAtOnce } from "./at-once.ts";
import { labelRows, seenImages } from "./batches.ts";
import { atRest, chosen, type TrainingState } from "./state.ts";
import { normParameters } from "./step.ts";
import type { Subject } from "./subject.ts";
import { centre, fromWhite, inverseFactor, inWhite, whitened, wholeSetRows } from "./whitening.ts";

/**
 * The end of a training under weight decay alone, for a network that ends in a dense layer, layer normalization and the head (theory, section 9.4): with what feeds the dense layer held
 * fixed, all of these are moved to a minimum over all samples at once, by L-BFGS. With hidden values g of mean m and (g - m)(g - m)' = L L' on average, the layer M g + c moves as
 * (M L) L^-1 (g - m) + (c + M m): its input is white and centred, so that no direction is slow.
 *
 * Where there are more hidden units than samples that is the model itself: each sample can be given any direction. Unlike batch normalization's end (norm-layer.ts) the problem has
 * local minima, and this goes to the nearest.
 */
export async function minimizeLayerNormEnd(
  subject: Subject,
  state: TrainingState,
  evaluations: number,
  onLook: (objective: number) => void,
): Promise<TrainingState> {
  const { settings, network, data, engine } = subject;
  const { layer, inputs: n } = network.featureLayer as FeatureLayer;
  const { lambdaW, lambdaB, remedies } = settings;
  const seen = seenImages(data.train, remedies.repeats);
  const N = seen.length;
  const columns = await wholeSetRows(subject, state, seen);
  const means = centre(columns, n, N);
  const { white, L } = whitened(columns, N, n);
  const norms = normParameters(network);
  const before = chosen(state.params, [featureWeight, featureBias, ...norms, headWeight, ...(network.bias ? [headBias] : [])]);
  const start: HostTensors = {
    ...before,
    [featureWeight]: inWhite(before[featureWeight], L),
    [featureBias]: shifted(before[featureBias], before[featureWeight], means, 1),
  };
  const decays = {
    ...Object.fromEntries(norms.map((name) => [name, settings.normDecay as number])),
    [headWeight]: lambdaW,
    [headBias]: lambdaB,
  };
  const x = { shape: [N, n], data: white };
  const y = labelRows(data.train, seen, remedies);
  const looks = { engine, network: { ...network, body: layer }, adjust: remedies, start, decays, x, y };
  const ended = await minimizeAtOnce(looks, evaluations, onLook);
  const weight = fromWhite(ended[featureWeight], inverseFactor(L, n));
  const changed = { ...ended, [featureWeight]: weight, [featureBias]: shifted(ended[featureBias], weight, means, -1) };
  return atRest({ ...state, params: { ...state.params, ...changed } }, Object.keys(changed));
}

/** c + sign M m. */
function shifted(bias: HostTensor, { data: M }: HostTensor, means: Float64Array, sign: number): HostTensor {
  const n = means.length;
  return hostTensor(bias.shape, (c) => means.reduce((sum, m, j) => sum + sign * M[c * n + j] * m, bias.data[c]));
}
