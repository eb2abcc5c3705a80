import { countClasses } from "../data/browser.ts";
import { type Engine, type Held, type HostTensors, hostTensor, startEngine } from "../engine/index.ts";
import { WorkError } from "../errors.ts";
import { randomFromState } from "../math/index.ts";
import { type Network, network } from "../networks/index.ts";
import { type LayerNormPrediction, type Prediction, predict, predictLayerNorm } from "../prediction/index.ts";
import { epochBatches, inputRows, labelRows, seenImages, type TrainingData } from "./batches.ts";
import { againstDivergence, type Evaluation, evaluate } from "./evaluation.ts";
import { compileForward } from "./forward.ts";
import { descendLastLayer } from "./last-layer.ts";
import { samplesAtATime } from "./outputs.ts";
import { resting } from "./rest.ts";
import { ratesAt, warmupShare } from "./schedule.ts";
import { checkSettings, layerNormProblemOf, problemOf, seenCounts, type TrainingSettings } from "./settings.ts";
import { heldArrays, initialState, parts, stateFrom, sumsZero, type TrainingState } from "./state.ts";
import { type BatchRows, compileStep, compileStepInParts, type StepRates } from "./step.ts";
import { together } from "./together.ts";
import { featuresPenalized } from "./weight-decay.ts";
import { minimizeWholeSet } from "./whole-set.ts";

/**
 * The training loop: stochastic gradient descent on cross-entropy plus the theory's three penalties (theory, section 1), the way the
 * paper's section 4.3 does it. Read it top to bottom; each name leads to one small file.
 */
export interface TrainHooks {
  /** Continue from here instead of from the seed's start. */
  resume?: TrainingState;
  /** Every so many epochs, and after the last (default: after the last only). */
  evaluateEvery?: number;
  /** Told each evaluation. */
  onEvaluation?: (evaluation: Evaluation, progress: TrainingProgress) => void | Promise<void>;
  /** Every so many epochs, and after the last. Without it no state is copied from the device before the end. */
  checkpointEvery?: number;
  /** Told each state that is worth keeping. */
  onCheckpoint?: (state: TrainingState) => void | Promise<void>;
  /** After each step. */
  onProgress?: (progress: TrainingProgress) => void;
  /**
   * Asked after each epoch but the last; true: the state is given to `onCheckpoint` and Interrupted is thrown. Asked after each of the last layer's steps too, of which no
   * state is kept: `onCheckpoint` has had the epochs' end.
   */
  stop?: () => boolean;
}

/** A training that was asked to stop, after an epoch or before the first. */
export class Interrupted extends WorkError {
  /** Always "Interrupted". */
  override name = "Interrupted";
  /** `epoch`: epochs done. */
  constructor(epoch: number) {
    super(epoch === 0 ? "interrupted before the first epoch" : `interrupted after epoch ${epoch}`);
  }
}

/** How far a training is. */
export interface TrainingProgress {
  /** Epochs done. */
  epoch: number;
  /** Of how many. */
  epochs: number;
  /** Steps of all epochs done, of how many; from `firstStep` on in this call. */
  step: number;
  /** Steps of all epochs. */
  steps: number;
  /** The step this call began with. */
  firstStep: number;
  /** Mean of the last whole epoch's batches; null during the first. */
  last: EpochMeans | null;
}

/** Means over the batches of an epoch. */
export interface EpochMeans {
  /** Cross-entropy with the penalties. */
  loss: number;
  /** Without them. */
  crossEntropy: number;
  /** Share of images classified right. */
  accuracy: number;
}

/** A finished training. */
export interface TrainingResult {
  /** As given. */
  settings: TrainingSettings;
  /** What the theory says of the end, for features that may be negative or not, as the network's; null where it does not say (`featuresPenalized`). */
  prediction: Prediction | null;
  /** The same of a layer normalization whose scale and shift decay; null for others. */
  layerNorm: LayerNormPrediction | null;
  /** Evaluation after the last epoch. */
  final: Evaluation;
  /** State after the last epoch. */
  state: TrainingState;
  /** Of this call, evaluation included. */
  seconds: number;
}

/** Trains a network on `data.train`, whose class counts must be `settings.counts`. Throws if the loss ceases to be a number. */
export async function trainRun(settings: TrainingSettings, data: TrainingData, hooks: TrainHooks = {}): Promise<TrainingResult> {
  const began = performance.now();
  const { epochs, batch, counts, lambdaW, lambdaH, lambdaB, normDecay, lastLayer = 0, wholeSet = 0 } = checkSettings(settings);
  const { train } = data;
  if (countClasses(train).join() !== counts.join())
    throw new RangeError(`trainRun: images have class counts ${countClasses(train)}, settings say ${counts}`);
  const N = seenCounts(settings).reduce((a, b) => a + b, 0);
  const prediction = featuresPenalized(settings) ? predict(problemOf(settings)) : null;
  const model = layerNormProblemOf(settings);
  const layerNorm = model && { problem: model, prediction: predictLayerNorm(model).prediction };

  const net = networkOf(settings, data);
  const engine = await startEngine(settings.device);
  const start = hooks.resume ?? initialState(net, settings.seed);
  const generator = randomFromState(start.random);
  const names = parts.flatMap((part) => Object.keys(start[part]).map((name) => `${part}/${name}`));
  const seen = seenImages(train, settings.remedies.repeats);
  const stepsPerEpoch = Math.floor(seen.length / batch);
  // The end's steps count as one epoch more.
  const ending = wholeSet + lastLayer;
  const epochsInAll = ending > 0 ? epochs + 1 : epochs;
  const steps = epochs * stepsPerEpoch + ending;
  const firstStep = start.epoch > epochs ? steps : start.epoch * stepsPerEpoch;
  const progress: TrainingProgress = { epoch: start.epoch, epochs: epochsInAll, step: firstStep, steps, firstStep, last: null };
  const rest = resting();
  let final: Evaluation | null = null;
  let state = start;
  const made = together();
  try {
    const step = made.add(await stepOf(engine, net, settings, data));
    const forward = made.add(await compileForward(engine, net, samplesAtATime(net)));
    const zeros = step.inParts ? gradientsZero(start) : {};
    const held = made.add(engine.hold({ ...heldArrays(start), ...sumsZero(), ...zeros }));
    const stateAt = async (epoch: number): Promise<TrainingState> => stateFrom(await held.read(names), generator, epoch);
    const subject = { settings, network: net, engine, forward, data, prediction, layerNorm };
    for (let epoch = start.epoch; epoch < epochs; epoch++) {
      const { learningRate, regularization } = ratesAt(settings.schedule, epoch, epochs, settings.peak);
      const rates = {
        lambdaW: regularization * lambdaW,
        featurePenalty: regularization * lambdaH * N,
        lambdaB: net.bias ? lambdaB : 0,
        ...(normDecay === undefined ? {} : { featurePenalty: 0, normDecay: regularization * normDecay }),
      };
      for (const indices of epochBatches(seen, batch, generator)) {
        const warm = warmupShare(progress.step, (settings.warmup ?? 0) * stepsPerEpoch);
        await step.run(held, indices, { ...rates, learningRate: warm * learningRate });
        progress.step++;
        hooks.onProgress?.(progress);
        await rest();
      }

      const sums = await held.read(Object.keys(sumsZero()));
      held.write(sumsZero());
      progress.last = {
        loss: sums["sums/loss"].data[0] / stepsPerEpoch,
        crossEntropy: sums["sums/crossEntropy"].data[0] / stepsPerEpoch,
        accuracy: sums["sums/correct"].data[0] / (stepsPerEpoch * batch),
      };
      progress.epoch = epoch + 1;
      if (!Number.isFinite(progress.last.loss))
        throw new WorkError(`training diverged in epoch ${epoch + 1}: loss ${progress.last.loss}; ${againstDivergence}`);

      const last = epoch + 1 === epochs;
      const due = (every: number | undefined): boolean => last || (every !== undefined && (epoch + 1) % every === 0);
      if (due(hooks.evaluateEvery)) {
        state = await stateAt(epoch + 1);
        final = await evaluate(subject, state, epoch + 1);
        await hooks.onEvaluation?.(final, progress);
      }
      // Whoever hears the evaluation may ask to stop there.
      const stop = epoch + 1 < epochsInAll && hooks.stop?.() === true;
      if (hooks.onCheckpoint && (stop || due(hooks.checkpointEvery))) {
        if (state.epoch !== epoch + 1) state = await stateAt(epoch + 1);
        await hooks.onCheckpoint(state);
      }
      if (stop) throw new Interrupted(epoch + 1);
    }
    if (ending > 0 && start.epoch <= epochs) {
      const onStep = (): void => {
        // Nothing is kept of half these steps: a run that is stopped or killed among them does them again from the epochs' end.
        if (hooks.stop?.() === true) throw new Interrupted(epochs);
        progress.step++;
        hooks.onProgress?.(progress);
      };
      if (wholeSet > 0) state = await minimizeWholeSet(subject, state, wholeSet, onStep);
      if (lastLayer > 0) state = await descendLastLayer(subject, state, lastLayer, onStep);
      // Fewer were needed where nothing lowered the objective any more.
      Object.assign(progress, { epoch: epochsInAll, step: steps, last: null });
      final = await evaluate(subject, state, epochsInAll);
      await hooks.onEvaluation?.(final, progress);
      state = { ...state, epoch: epochsInAll };
      await hooks.onCheckpoint?.(state);
    }
    // A run that was already done has nothing left to do but to be looked at.
    final ??= await evaluate(subject, state, epochsInAll);
    return {
      settings,
      prediction,
      layerNorm: layerNorm?.prediction ?? null,
      final,
      state: { ...state, epoch: epochsInAll },
      seconds: (performance.now() - began) / 1000,
    };
  } finally {
    made.dispose();
  }
}

/** One step on the images of `indices`, at once or in parts. */
async function stepOf(
  engine: Engine,
  net: Network,
  settings: TrainingSettings,
  { train, normalization }: TrainingData,
): Promise<{ inParts: boolean; run(held: Held, indices: Int32Array, rates: StepRates): Promise<void>; dispose(): void }> {
  const { batch, microBatch, momentum, weightDecay, normDecay, remedies } = settings;
  const options = { momentum, weightDecay, ownNormDecay: normDecay !== undefined };
  const rows = (indices: Int32Array): BatchRows => ({
    x: inputRows(train, normalization, indices).data,
    y: labelRows(train, indices, remedies).data,
  });
  if (microBatch === null || microBatch === batch) {
    const step = await compileStep(engine, net, batch, options, remedies);
    return { inParts: false, run: (held, indices, rates) => step.run(held, rows(indices), rates), dispose: step.dispose };
  }
  const step = await compileStepInParts(engine, net, microBatch, options, remedies);
  function* cut(indices: Int32Array): Iterable<BatchRows> {
    for (let i = 0; i < batch; i += microBatch as number) yield rows(indices.subarray(i, i + (microBatch as number)));
  }
  return {
    inParts: true,
    run: (held, indices, rates) => step.run(held, cut(indices), batch / microBatch, rates),
    dispose: step.dispose,
  };
}

/** Sums of the parts' gradients, zeros between two steps. */
const gradientsZero = ({ params }: TrainingState): HostTensors =>
  Object.fromEntries(Object.entries(params).map(([name, { shape }]) => [`gradients/${name}`, hostTensor(shape)]));

/** The network's initial state: what a checkpoint of the run must look like. */
export function startOf(settings: TrainingSettings, data: TrainingData): TrainingState {
  return initialState(networkOf(settings, data), settings.seed);
}

/** The network of a training, nothing on the device yet. */
export function networkOf({ network: name, features, lambdaB }: TrainingSettings, { train }: TrainingData): Network {
  const { height, width, channels, classes } = train;
  return network({ name, features, height, width, channels, classes, bias: Number.isFinite(lambdaB) });
}
