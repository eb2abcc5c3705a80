import { WorkError } from "../errors.ts";
import { times, timesTranspose } from "../math/products.ts";
import { cholesky, solveLower, solveLowerTransposed } from "../math/triangular.ts";
import {
  compile,
  dispose,
  type FeatureLayer,
  featureBias,
  featureWeight,
  type HostTensor,
  headBias,
  headWeight,
  hostTensor,
  type Network,
  refs,
  type Tensor,
  type Tensors,
  toDevice,
  toHost,
} from "../networks/index.ts";
import { inputRows, labelRows, seenImages, type TrainingData } from "./batches.ts";
import { problemOf, type TrainingSettings } from "./settings.ts";
import { zeroSums } from "./state.ts";
import { wholeSetStatistics } from "./statistics.ts";
import { compileStep, normParameters, type StepState } from "./step.ts";

/**
 * The end of a training on the last two layers alone: what feeds the feature layer is held fixed, in evaluation mode, and gradient descent on all samples at once
 * moves the feature layer and the head.
 *
 * With hidden values g (one row a sample) the features are h = M g + c. Stochastic gradient descent is slow on M where g g' has small eigenvalues, so M is
 * moved in coordinates in which g is white: with G = mean g g' + eps = L L', h = (M L)(L^-1 g) + c. Where there are more hidden units than samples, these
 * steps are gradient descent on the features themselves: the unconstrained feature model (theory, section 1), reached by a network. Its minimum is one of the whole
 * network too: nothing that any layer could do lowers the objective further.
 *
 * The first rate is 0.5 / (1 + N lambda_H), as the feature penalty's curvature is N lambda_H in these coordinates; a step that lifts the objective by
 * 5 % over the least seen goes back there and halves it. `onStep` is told the objective before each step.
 */
export async function descendLastLayer(
  { settings, network, data }: { settings: TrainingSettings; network: Network; data: TrainingData },
  state: StepState,
  steps: number,
  onStep: (objective: number) => void,
): Promise<StepState> {
  const featureLayer = network.featureLayer as FeatureLayer;
  const { lambdaW, lambdaH, lambdaB, normDecay, remedies } = settings;
  const n = featureLayer.inputs;
  const seen = seenImages(data.train, remedies.repeats);
  const { N } = problemOf(settings);
  // What is held fixed is what evaluation sees.
  const fixed = normDecay === undefined ? refs(state.stats) : await wholeSetStatistics(network, state, data, seen);
  const { white, L } = whitened(await hiddenRows(network, { ...state, stats: fixed }, data, seen), seen.length, n);
  const x = toDevice({ shape: [seen.length, n], data: white });
  const y = toDevice(labelRows(data.train, seen, remedies));
  const names = [featureWeight, featureBias, ...normParameters(network), headWeight, ...(network.bias ? [headBias] : [])];
  const params: Tensors = Object.fromEntries(names.map((name) => [name, state.params[name].ref]));
  params[featureWeight].dispose();
  params[featureWeight] = toDevice(inWhite(await toHost(state.params[featureWeight]), L, n));

  const own = normDecay !== undefined;
  const options = { momentum: 0.9, weightDecay: 0, ownNormDecay: own };
  const step = compileStep({ ...network, body: featureLayer.layer }, options, remedies);
  const penalties = own
    ? { lambdaW, featurePenalty: 0, lambdaB: network.bias ? lambdaB : 0, normDecay }
    : { lambdaW, featurePenalty: N * lambdaH, lambdaB: network.bias ? lambdaB : 0 };
  const still = (): Tensors => zerosLike(state.params, names);
  const statNames = network.featureNorms.flatMap((name) => [`${name}.mean`, `${name}.variance`]);
  const layerStats: Tensors = Object.fromEntries((own ? statNames : []).map((name) => [name, fixed[name].ref]));
  let now: StepState = { params, stats: layerStats, velocities: still(), sums: zeroSums() };
  let best: Tensors | null = null;
  let least = Number.POSITIVE_INFINITY;
  let learningRate = 0.5 / (1 + N * lambdaH);
  try {
    for (let s = 0; s < steps; s++) {
      const before = refs(now.params);
      now = await step(now, { x: x.ref, y: y.ref }, { ...penalties, learningRate });
      // The objective before the step.
      const [objective] = await now.sums.loss.data();
      dispose({ crossEntropy: now.sums.crossEntropy, correct: now.sums.correct });
      now.sums = zeroSums();
      if (best && !(objective <= 1.05 * least)) {
        dispose(before);
        dispose(now.params);
        dispose(now.velocities);
        now = { ...now, params: refs(best), velocities: still() };
        learningRate /= 2;
      } else if (objective < least || !best) {
        if (best) dispose(best);
        best = before;
        least = objective;
      } else dispose(before);
      onStep(objective);
    }
    const M = await toHost(now.params[featureWeight]);
    now.params[featureWeight].dispose();
    now.params[featureWeight] = toDevice(fromWhite(M, L, n));
    dispose(now.velocities);
    dispose(now.sums);
  } finally {
    dispose({ x, y, ...best });
    step.dispose();
  }
  for (const name of Object.keys(now.stats)) fixed[name].dispose();
  dispose(state.stats);
  const ended = {
    ...state,
    params: { ...state.params, ...now.params },
    stats: { ...fixed, ...now.stats },
    velocities: { ...state.velocities, ...still() },
  };
  for (const name of names) {
    state.params[name].dispose();
    state.velocities[name].dispose();
  }
  return ended;
}

/** What the feature layer takes, for the images of `seen`, in float64: n x samples, a column a sample. */
async function hiddenRows(
  network: Network,
  { params, stats }: StepState,
  { train, normalization }: TrainingData,
  seen: Int32Array,
): Promise<Float64Array> {
  const { hidden, inputs: n } = network.featureLayer as FeatureLayer;
  const forward = compile((p: Tensors, s: Tensors, x: Tensor) => hidden.apply(p, s, x)) as unknown as {
    (p: Tensors, s: Tensors, x: Tensor): Promise<Tensor>;
    dispose(): void;
  };
  const block = Math.min(100, seen.length);
  const columns = new Float64Array(n * seen.length);
  for (let from = 0; from < seen.length; from += block) {
    const indices = seen.subarray(from, from + block);
    const made = await forward(refs(params), refs(stats), toDevice(inputRows(train, normalization, indices, block)));
    const values = await made.data();
    for (let i = 0; i < indices.length; i++) for (let j = 0; j < n; j++) columns[j * seen.length + from + i] = values[i * n + j];
  }
  forward.dispose();
  return columns;
}

/** Columns g (n x N, overwritten) as rows L^-1 g (N x n, float32), with L L' = g g'/N + eps and eps a millionth of the mean eigenvalue: what is smaller is no direction. */
function whitened(columns: Float64Array, N: number, n: number): { white: HostTensor["data"]; L: Float64Array } {
  const G = new Float64Array(n * n);
  timesTranspose(G, columns, columns, n, n, N);
  let trace = 0;
  for (let e = 0; e < n * n; e++) G[e] /= N;
  for (let j = 0; j < n; j++) trace += G[j * n + j];
  // Hidden units that are 0 for every sample leave nothing to divide by; any positive number does for them.
  const eps = trace > 0 ? (1e-6 * trace) / n : 1;
  for (let j = 0; j < n; j++) G[j * n + j] += eps;
  const L = cholesky(G, n);
  if (!L)
    throw new WorkError(`last layer: the ${n} hidden values of ${N} samples have no Cholesky factor (mean square ${trace / n})`);
  solveLower(L, columns, n, N);
  const white = new Float32Array(N * n);
  for (let j = 0; j < n; j++) for (let i = 0; i < N; i++) white[i * n + j] = columns[j * N + i];
  return { white, L };
}

/** M L of a d x n matrix M. */
function inWhite({ shape, data }: HostTensor, L: Float64Array, n: number): HostTensor {
  const product = new Float64Array(data.length);
  times(product, Float64Array.from(data), L, shape[0], n, n);
  return { shape, data: Float32Array.from(product) };
}

/** M L^-1. */
function fromWhite({ shape, data }: HostTensor, L: Float64Array, n: number): HostTensor {
  const d = shape[0];
  const transposed = new Float64Array(data.length);
  for (let i = 0; i < d; i++) for (let j = 0; j < n; j++) transposed[j * d + i] = data[i * n + j];
  solveLowerTransposed(L, transposed, n, d);
  const result = hostTensor(shape);
  for (let i = 0; i < d; i++) for (let j = 0; j < n; j++) result.data[i * n + j] = transposed[j * d + i];
  return result;
}

function zerosLike(params: Tensors, names: readonly string[]): Tensors {
  return Object.fromEntries(names.map((name) => [name, toDevice(hostTensor(params[name].shape))]));
}
