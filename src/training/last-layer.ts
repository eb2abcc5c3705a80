import type { HostTensors } from "../engine/index.ts";
import { endingOf, type FeatureLayer, featureBias, featureWeight, headBias, headWeight } from "../networks/index.ts";
import { labelRows, seenImages } from "./batches.ts";
import { minimizeDecayedEnd } from "./decayed-end.ts";
import { minimizeLayerNormEnd } from "./layer-norm-end.ts";
import { minimizeNormLayer } from "./norm-layer.ts";
import { resting } from "./rest.ts";
import { problemOf } from "./settings.ts";
import { atRest, chosen, heldArrays, sumsZero, type TrainingState, zerosLike } from "./state.ts";
import { compileStep } from "./step.ts";
import type { Subject } from "./subject.ts";
import { together } from "./together.ts";
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
  subject: Subject,
  state: TrainingState,
  steps: number,
  onStep: (objective: number) => void,
): Promise<TrainingState> {
  const { settings, network, data, engine } = subject;
  if (everythingDecays(settings)) return minimizeDecayedEnd(subject, state, steps, onStep);
  if (settings.normDecay !== undefined) {
    const toMinimum = endingOf(network.name) === "layer-norm" ? minimizeLayerNormEnd : minimizeNormLayer;
    return toMinimum(subject, state, steps, onStep);
  }
  const { inputs: n, layer } = network.featureLayer as FeatureLayer;
  const { lambdaW, lambdaH, lambdaB, remedies } = settings;
  const seen = seenImages(data.train, remedies.repeats);
  const { N } = problemOf(settings);
  const { white: x, L } = whitened(await hiddenRows(subject, state, seen), seen.length, n);
  const { data: y } = labelRows(data.train, seen, remedies);
  const names = [featureWeight, featureBias, headWeight, ...(network.bias ? [headBias] : [])];
  const start = chosen(state.params, names);
  start[featureWeight] = inWhite(start[featureWeight], L);

  const end = { ...network, body: layer, inputs: n };
  const rest = resting();
  const penalties = { lambdaW, featurePenalty: N * lambdaH, lambdaB: network.bias ? lambdaB : 0 };
  const made = together();
  const held = made.add(engine.hold({ ...heldArrays({ params: start, velocities: zerosLike(start) }), ...sumsZero() }));
  const paramsNow = async (): Promise<HostTensors> => {
    const read = await held.read(names.map((name) => `params/${name}`));
    return Object.fromEntries(names.map((name) => [name, read[`params/${name}`]]));
  };
  let now = start;
  let best: HostTensors | null = null;
  let least = Number.POSITIVE_INFINITY;
  let learningRate = 0.5 / (1 + N * lambdaH);
  try {
    const step = made.add(await compileStep(engine, end, seen.length, { momentum: 0.9, weightDecay: 0 }, remedies));
    for (let s = 0; s < steps; s++) {
      held.write(sumsZero());
      await step.run(held, { x, y }, { ...penalties, learningRate });
      // The objective before the step, at `now`.
      const objective = (await held.read(["sums/loss"]))["sums/loss"].data[0];
      if (best && !(objective <= 1.05 * least)) {
        now = best;
        held.write(heldArrays({ params: best, velocities: zerosLike(best) }));
        learningRate /= 2;
      } else {
        if (objective < least || !best) {
          best = now;
          least = objective;
        }
        now = await paramsNow();
      }
      onStep(objective);
      await rest();
    }
  } finally {
    made.dispose();
  }
  const moved = { ...now, [featureWeight]: fromWhite(now[featureWeight], inverseFactor(L, n)) };
  return atRest({ ...state, params: { ...state.params, ...moved } }, names);
}
