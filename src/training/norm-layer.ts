import { type HostTensor, type HostTensors, hostTensor } from "../engine/index.ts";
import { timesTranspose } from "../math/index.ts";
import {
  dense,
  type FeatureLayer,
  featureBias,
  featureNorm,
  featureWeight,
  headBias,
  headWeight,
  relu,
  sequence,
} from "../networks/index.ts";
import { minimizeAtOnce } from "./at-once.ts";
import { labelRows, seenImages } from "./batches.ts";
import { atRest, chosen, type TrainingState } from "./state.ts";
import { wholeSetStatistics } from "./statistics.ts";
import type { Subject } from "./subject.ts";
import { centre, fromWhite, hiddenRows, inverseFactor, inWhite, whitened } from "./whitening.ts";

/**
 * The end of a training under weight decay alone, for a network that ends in a dense layer, batch normalization and the head: with what feeds the dense layer held fixed, these
 * are moved to a minimum of the objective over all samples at once.
 *
 * With hidden values g, centred and white over the samples, the normalization's output is h = M g + beta, where row c of M is gamma_c times the dense layer's row over its length: the
 * normalization takes out that length. So gamma_c^2 = |M_c|^2, the decay of gamma and beta is (normDecay/2) (|M|_F^2 + |beta|^2) (docs/weight-decay.md), and what is minimized, by L-BFGS, is
 *
 *   mean CE(W' relu?(M g + beta) + b, y) + (lambda_W/2) |W|^2 + (lambda_b/2) |b|^2 + (normDecay/2) (|M|^2 + |beta|^2).
 *
 * It is smooth (but for the ReLU's kinks), without the scales that the normalization makes free, and with linear features every local minimum is the least (a problem in M and W alone
 * whose rank is not short). Values and gradients come from the compiled network, in float32; the penalties and all of L-BFGS are float64.
 */
export async function minimizeNormLayer(
  subject: Subject,
  state: TrainingState,
  evaluations: number,
  onStep: (objective: number) => void,
): Promise<TrainingState> {
  const { settings, network, data, engine } = subject;
  const { inputs: n } = network.featureLayer as FeatureLayer;
  const { lambdaW, lambdaB, remedies } = settings;
  const normDecay = settings.normDecay as number;
  const seen = seenImages(data.train, remedies.repeats);
  const N = seen.length;
  const stats = await wholeSetStatistics(subject, state, seen);
  const columns = await hiddenRows(subject, { ...state, stats }, seen);
  const means = centre(columns, n, N);
  const { white, L } = whitened(columns, N, n);
  const ofHead = [headWeight, ...(network.bias ? [headBias] : [])];
  const before = chosen(state.params, [featureWeight, featureBias, scaleName, shiftName, ...ofHead]);

  const inputs: WhiteInputs = { white, L, means, N, V: inWhite(before[featureWeight], L) };
  const layer = dense("features", n, network.featureSize);
  const body = settings.features === "relu" ? sequence(layer, relu()) : layer;
  const start: HostTensors = {
    ...chosen(before, ofHead),
    [featureWeight]: joined(inputs, before[scaleName].data),
    [featureBias]: before[shiftName],
  };
  const decays = { [featureWeight]: normDecay, [featureBias]: normDecay, [headWeight]: lambdaW, [headBias]: lambdaB };
  const x = { shape: [N, n], data: white };
  const y = labelRows(data.train, seen, remedies);
  const looks = { engine, network: { ...network, body }, adjust: remedies, start, decays, x, y };
  const ended = await minimizeAtOnce(looks, evaluations, onStep);
  const { params: made, stats: measured } = takenApart(inputs, ended[featureWeight].data);
  const changed: HostTensors = { ...made, [shiftName]: ended[featureBias], ...chosen(ended, ofHead) };
  const moved = { ...state, params: { ...state.params, ...changed }, stats: { ...stats, ...measured } };
  return atRest(moved, Object.keys(changed));
}

const scaleName = `${featureNorm}.scale`;
const shiftName = `${featureNorm}.shift`;

/** What the dense layer takes, N rows of n numbers, white: the hidden values are L times these, plus their means. */
interface WhiteInputs {
  white: Float32Array;
  L: Float64Array;
  means: Float64Array;
  N: number;
  /** The dense layer's weight as it was, in these coordinates, d x n. */
  V: HostTensor;
}

/** M of dense layer and scale: row c of the layer at variance 1, times gamma_c; 0 where a channel does not vary. */
function joined({ white, N, V }: WhiteInputs, scale: Float32Array): HostTensor {
  const [d, n] = V.shape;
  // Of each channel's value before the normalization: directions in which the hidden values do not vary are in M and not in this.
  const deviations = deviationsOf(white, V.data, N, n, d);
  return hostTensor(V.shape, (e) => {
    const c = Math.floor(e / n);
    return deviations[c] > 0 ? (scale[c] * V.data[e]) / deviations[c] : 0;
  });
}

/** M as dense layer and scale, each channel of the layer at variance 1 (as it was, where M has none of it), with the statistics that it then has. */
function takenApart({ white, L, means, N, V }: WhiteInputs, M: Float32Array): { params: HostTensors; stats: HostTensors } {
  const [d, n] = V.shape;
  const scale = deviationsOf(white, M, N, n, d);
  const made = hostTensor(V.shape, (e) => {
    const c = Math.floor(e / n);
    return scale[c] > 0 ? M[e] / scale[c] : V.data[e];
  });
  const weight = fromWhite(made, inverseFactor(L, n));
  const mean = hostTensor([d], (c) => {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += weight.data[c * n + j] * means[j];
    return sum;
  });
  return {
    params: {
      [featureWeight]: weight,
      [featureBias]: hostTensor([d]),
      [scaleName]: hostTensor([d], (c) => scale[c]),
    },
    stats: { [`${featureNorm}.mean`]: mean, [`${featureNorm}.variance`]: hostTensor([d], () => 1) },
  };
}

/** Standard deviation over the samples of each of d linear functions of the white values; less than rounding counts as 0. */
function deviationsOf(white: Float32Array, rows: Float32Array, N: number, n: number, d: number): Float64Array {
  const values = new Float64Array(d * N);
  timesTranspose(values, Float64Array.from(rows), Float64Array.from(white), d, N, n);
  const lengths = Float64Array.from({ length: d }, (_, c) => Math.hypot(...rows.subarray(c * n, (c + 1) * n)));
  return lengths.map((length, c) => {
    let squares = 0;
    for (let i = 0; i < N; i++) squares += values[c * N + i] ** 2;
    const deviation = Math.sqrt(squares / N);
    return deviation > 1e-6 * length ? deviation : 0;
  });
}
