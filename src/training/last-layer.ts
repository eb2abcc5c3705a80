import {
  dispose,
  endingOf,
  type FeatureLayer,
  featureBias,
  featureWeight,
  headBias,
  headWeight,
  hostTensor,
  type Network,
  refs,
  type Tensors,
  toDevice,
  toHost,
} from "../networks/index.ts";
import { labelRows, seenImages, type TrainingData } from "./batches.ts";
import { minimizeDecayedEnd } from "./decayed-end.ts";
import { minimizeLayerNormEnd } from "./layer-norm-end.ts";
import { minimizeNormLayer } from "./norm-layer.ts";
import { problemOf, type TrainingSettings } from "./settings.ts";
import { zeroSums } from "./state.ts";
import { compileStep, type StepState } from "./step.ts";
import { everythingDecays } from "./weight-decay.ts";
import { fromWhite, hiddenRows, inverseFactor, inWhite, whitened } from "./whitening.ts";

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
  if (everythingDecays(settings)) return minimizeDecayedEnd({ settings, network, data }, state, steps, onStep);
  if (settings.normDecay !== undefined) {
    const toMinimum = endingOf(network.name) === "layer-norm" ? minimizeLayerNormEnd : minimizeNormLayer;
    return toMinimum({ settings, network, data }, state, steps, onStep);
  }
  const featureLayer = network.featureLayer as FeatureLayer;
  const { lambdaW, lambdaH, lambdaB, remedies } = settings;
  const n = featureLayer.inputs;
  const seen = seenImages(data.train, remedies.repeats);
  const { N } = problemOf(settings);
  const { white, L } = whitened(await hiddenRows(network, state, data, seen), seen.length, n);
  const x = toDevice({ shape: [seen.length, n], data: white });
  const y = toDevice(labelRows(data.train, seen, remedies));
  const names = [featureWeight, featureBias, headWeight, ...(network.bias ? [headBias] : [])];
  const params: Tensors = Object.fromEntries(names.map((name) => [name, state.params[name].ref]));
  params[featureWeight].dispose();
  params[featureWeight] = toDevice(inWhite(await toHost(state.params[featureWeight]), L));

  const step = compileStep({ ...network, body: featureLayer.layer }, { momentum: 0.9, weightDecay: 0 }, remedies);
  const penalties = { lambdaW, featurePenalty: N * lambdaH, lambdaB: network.bias ? lambdaB : 0 };
  const still = (): Tensors => zerosLike(state.params, names);
  let now: StepState = { params, stats: {}, velocities: still(), sums: zeroSums() };
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
    now.params[featureWeight] = toDevice(fromWhite(M, inverseFactor(L, n)));
    dispose(now.velocities);
    dispose(now.sums);
  } finally {
    dispose({ x, y, ...best });
    step.dispose();
  }
  const ended = {
    ...state,
    params: { ...state.params, ...now.params },
    velocities: { ...state.velocities, ...still() },
  };
  for (const name of names) {
    state.params[name].dispose();
    state.velocities[name].dispose();
  }
  return ended;
}

function zerosLike(params: Tensors, names: readonly string[]): Tensors {
  return Object.fromEntries(names.map((name) => [name, toDevice(hostTensor(params[name].shape))]));
}
