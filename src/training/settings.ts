import { type Device, devices } from "../engine/index.ts";
import { InputError, inputError } from "../errors.ts";
import { checkKeys } from "../known-keys.ts";
import type { LossName } from "../loss/index.ts";
import {
  endingOf,
  type FeatureKind,
  featureKinds,
  hasFeatureLayer,
  layerNormWidth,
  type NetworkName,
  networkNames,
} from "../networks/index.ts";
import {
  checkCounts,
  type LayerNormProblem,
  layerNormEnding,
  layerNormProblem,
  type Problem,
  problem,
} from "../problem/index.ts";
import { type ScheduleName, schedules } from "./schedule.ts";
import { endOfFeatures, everythingDecays, featuresPenalized, unpredicted } from "./weight-decay.ts";

/** Everything that decides a training's numbers, beside the images. Plain data: run.json holds it and a run can be repeated from it. */
export interface TrainingSettings {
  /** Samples of each class in the training images; the order of classes is theirs. */
  counts: readonly number[];
  /** In the paper's convention (theory, section 1). */
  lambdaW: number;
  /** Penalty on the features, summed over samples (with `normDecay`: what that comes to, 0 where it comes to none; 0 too where everything decays before a dense layer's features). */
  lambdaH: number;
  /** Infinity: the head has no bias; 0: it has one without penalty. */
  lambdaB: number;
  /** Which body. */
  network: NetworkName;
  /** What the features come out of. */
  features: FeatureKind;
  /** Passes over the training images. */
  epochs: number;
  /** Images a step. */
  batch: number;
  /**
   * Images at a time, where a step's do not fit into memory: a divisor of `batch` (null: all). A step then takes the mean of the parts'
   * gradients, which is the batch's own gradient but for batch normalization: it normalizes each part by the part's mean and variance, and
   * moves the running statistics once a part.
   */
  microBatch: number | null;
  /** Learning rate and regularization by epoch. */
  schedule: ScheduleName;
  /** Of the schedule decay-peak: how many times their own the decays are at their height (default 20). */
  peak?: number;
  /**
   * Epochs over which the learning rate grows to the schedule's, step by step; absent: none. With many images the feature penalty, N lambda_H, makes the first
   * steps of linear features too steep for 0.1.
   */
  warmup?: number;
  /**
   * After the epochs, so many full-batch steps on the feature layer and the head alone (last-layer.ts); absent: none. They count as one epoch more.
   */
  lastLayer?: number;
  /**
   * Before these, so many looks at the whole objective by L-BFGS on all parameters and all samples at once (whole-set.ts); absent: none. Only under weight decay alone of what the minimum depends on.
   */
  wholeSet?: number;
  /** Of stochastic gradient descent, in [0, 1). */
  momentum: number;
  /** On the body's parameters, beside the penalties; 0 in the paper's section 4.3. */
  weightDecay: number;
  /**
   * Weight decay instead of a feature penalty (theory, sections 9.1 and 9.2): the decay of scale and shift of the normalizations that the features
   * come out of. It does what a feature penalty of lambda_H = normDecay / (J N) would do at the minimum, with J such normalizations in use; the
   * features themselves are not penalized then. Absent: they are. The decay of a layer normalization's scale and shift is no such penalty (section 9.4); and 0 spares them: then
   * there is no minimum, logits grow for ever.
   */
  normDecay?: number;
  /** J: how many of these normalizations a feature is split over (theory, section 9.2); absent: 1. Only the prediction knows it. */
  branches?: number;
  /** Of initial values and batches. */
  seed: number;
  /** What it runs on: numbers agree on one device only. */
  device: Device;
  /** What is done for rare classes. */
  remedies: TrainingRemedies;
}

/** The remedies of theory, section 6, in training; null: none. Weights, offsets, factors and smoothing mean what they mean in `Problem`. */
export interface TrainingRemedies {
  /** Loss weight of each class. */
  weights: readonly number[] | null;
  /** Added to the logits inside the loss, one number a class. */
  offsets: readonly number[] | null;
  /** Multiply the logits inside the loss, one positive number a class. */
  factors: readonly number[] | null;
  /** Label smoothing, in [0, 1). */
  smoothing: number;
  /** How many times the images of each class are seen in an epoch: oversampling. The copies count in N and in the feature penalty. */
  repeats: readonly number[] | null;
  /** What is minimized. Absent: cross-entropy. */
  loss?: LossName;
  /** Added to the logits after training, one number a class: accuracies are of the logits with them. Training does not see them. Absent: none. */
  after?: readonly number[];
}

/** None. */
export const noRemedies: TrainingRemedies = { weights: null, offsets: null, factors: null, smoothing: 0, repeats: null };

/** Samples of each class that an epoch sees: counts times repeats. */
export function seenCounts({ counts, remedies }: Pick<TrainingSettings, "counts" | "remedies">): number[] {
  return counts.map((n, k) => n * (remedies.repeats?.[k] ?? 1));
}

/** The problem whose optimum the training approaches; `nonnegative`: its features are. Throws InputError as `problem` does, and where nothing penalizes the features (`featuresPenalized`). */
export function problemOf(settings: TrainingSettings): Problem {
  const { lambdaW, lambdaH, lambdaB, features, remedies } = settings;
  const { repeats: _, after: __, ...loss } = remedies;
  const { normDecay, branches } = settings;
  if (!featuresPenalized(settings))
    throw new InputError(
      normDecay === 0
        ? `normDecay: expected a positive number, got 0: ${unpredicted(settings)}`
        : `network: expected one whose features have a penalty, or come out of batch normalization that decays, got ${settings.network}: no problem of section 1 of theory.md says where it ends`,
    );
  if (normDecay !== undefined)
    return problem({
      counts: seenCounts(settings),
      weightDecay: lambdaW,
      normWeightDecay: normDecay,
      biasWeightDecay: lambdaB,
      branches,
      ends: endOfFeatures(features),
      ...loss,
    });
  return problem({ counts: seenCounts(settings), lambdaW, lambdaH, lambdaB, nonnegative: features === "relu", ...loss });
}

/** The model of a layer normalization whose scale and shift decay (theory, section 9.4), where training comes to one of its minima; null for all else. Throws InputError as `layerNormProblem` does. */
export function layerNormProblemOf(settings: TrainingSettings): LayerNormProblem | null {
  const { lambdaW, lambdaB, network, normDecay, branches, remedies } = settings;
  if (endingOf(network) !== "layer-norm" || normDecay === undefined || unpredicted(settings) !== null) return null;
  const { repeats: _, after: __, ...loss } = remedies;
  return layerNormProblem({
    counts: seenCounts(settings),
    weightDecay: lambdaW,
    normWeightDecay: normDecay,
    biasWeightDecay: lambdaB,
    branches,
    ends: layerNormEnding,
    width: layerNormWidth,
    ...loss,
  });
}

const settingKeys: Record<keyof TrainingSettings | "lambdaZ", true> = {
  counts: true,
  lambdaZ: true,
  lambdaW: true,
  lambdaH: true,
  lambdaB: true,
  network: true,
  features: true,
  epochs: true,
  batch: true,
  microBatch: true,
  schedule: true,
  peak: true,
  warmup: true,
  lastLayer: true,
  wholeSet: true,
  momentum: true,
  weightDecay: true,
  normDecay: true,
  branches: true,
  seed: true,
  device: true,
  remedies: true,
};
const remedyKeys: Record<keyof TrainingRemedies, true> = {
  weights: true,
  offsets: true,
  factors: true,
  smoothing: true,
  repeats: true,
  loss: true,
  after: true,
};

/**
 * The paper's section 4.3, except for the network and the length: lambda_W = 10 lambda_Z and lambda_H = lambda_Z / 10, batch 128,
 * momentum 0.9, no weight decay.
 */
export function trainingSettings(
  input: { counts: readonly number[]; lambdaZ: number } & Partial<Omit<TrainingSettings, "remedies">> & {
      remedies?: Partial<TrainingRemedies>;
    },
): TrainingSettings {
  checkKeys(input, settingKeys, "settings");
  checkKeys(input.remedies ?? {}, remedyKeys, "remedies");
  const { lambdaZ, ...given } = input;
  return checkSettings({
    lambdaW: 10 * lambdaZ,
    lambdaH: lambdaZ / 10,
    lambdaB: Number.POSITIVE_INFINITY,
    network: "mlp",
    features: "linear",
    epochs: 120,
    batch: 128,
    microBatch: null,
    schedule: "paper-4.3",
    momentum: 0.9,
    weightDecay: 0,
    seed: 0,
    device: "wasm",
    ...given,
    remedies: { ...noRemedies, ...given.remedies },
  });
}

/** Returns the settings; throws InputError naming the one that is wrong. */
export function checkSettings(settings: TrainingSettings): TrainingSettings {
  const counts = checkCounts(settings.counts);
  const N = counts.reduce((sum, n) => sum + n, 0);
  const check = (valid: boolean, what: keyof TrainingSettings, rule: string): void => {
    if (!valid) throw inputError(what, rule, settings[what]);
  };
  const positive = (x: number): boolean => x > 0 && Number.isFinite(x);
  const oneOf = <T>(values: readonly T[], value: T): boolean => values.includes(value);
  check(positive(settings.lambdaW), "lambdaW", "a positive number");
  const everything = everythingDecays(settings);
  const spared = settings.normDecay !== undefined && !featuresPenalized(settings);
  check(
    positive(settings.lambdaH) || (settings.lambdaH === 0 && (spared || everything)),
    "lambdaH",
    "a positive number (0 where every layer decays and the features come out of a dense layer)",
  );
  check(settings.lambdaB >= 0, "lambdaB", "a number of at least 0, or inf");
  check(oneOf(networkNames, settings.network), "network", networkNames.join(", "));
  check(oneOf(featureKinds, settings.features), "features", featureKinds.join(" or "));
  check(Number.isSafeInteger(settings.epochs) && settings.epochs >= 1, "epochs", "a whole number of at least 1");
  // Every network has batch normalization somewhere.
  const needsTwo = "at least 2 (batch normalization needs two)";
  check(Number.isSafeInteger(settings.batch) && settings.batch >= 2, "batch", `a whole number of ${needsTwo}`);
  check(settings.batch <= N, "batch", `at most the ${N} samples`);
  const part = settings.microBatch;
  check(
    part === null || (Number.isSafeInteger(part) && part >= 2 && settings.batch % part === 0),
    "microBatch",
    `a divisor of the batch of ${settings.batch}, ${needsTwo}`,
  );
  check(oneOf(schedules, settings.schedule), "schedule", schedules.join(" or "));
  const { peak } = settings;
  check(
    peak === undefined || (settings.schedule === "decay-peak" && peak >= 1 && Number.isFinite(peak)),
    "peak",
    settings.schedule === "decay-peak" ? "a number of at least 1" : "none but with the schedule decay-peak",
  );
  const { warmup = 0 } = settings;
  check(
    Number.isSafeInteger(warmup) && warmup >= 0 && warmup <= settings.epochs,
    "warmup",
    `a whole number from 0 to the ${settings.epochs} epochs`,
  );
  const { lastLayer = 0 } = settings;
  check(Number.isSafeInteger(lastLayer) && lastLayer >= 0, "lastLayer", "a whole number of at least 0");
  check(
    lastLayer === 0 || hasFeatureLayer(settings.network),
    "lastLayer",
    `0 for ${settings.network}, whose features come out of no dense layer`,
  );
  check(
    lastLayer === 0 || settings.weightDecay === 0 || everything,
    "lastLayer",
    "0 with weight decay of the body, which these steps leave out (--decay effective has none)",
  );
  const { normDecay, wholeSet = 0 } = settings;
  check(
    lastLayer === 0 || normDecay !== undefined || endingOf(settings.network) === "dense",
    "lastLayer",
    `0 for ${settings.network} beside lambdas, whose features come out of a normalization (under weight decay alone, --weight-decay without lambdas, it has such steps)`,
  );
  check(Number.isSafeInteger(wholeSet) && wholeSet >= 0, "wholeSet", "a whole number of at least 0");
  check(
    wholeSet === 0 || everything || (normDecay !== undefined && settings.weightDecay === 0 && hasFeatureLayer(settings.network)),
    "wholeSet",
    "0 but under weight decay alone (--weight-decay without lambdas): of what the minimum depends on with mlp-bn, mlp-ln, cnn-bn or cnn-ln (--decay effective or head), of everything with mlp, mlp-wide or cnn",
  );
  check(normDecay === undefined || normDecay === 0 || positive(normDecay), "normDecay", "a number of at least 0");
  check(
    normDecay === undefined || endingOf(settings.network) !== "dense",
    "normDecay",
    `none for ${settings.network}, whose features come out of a dense layer (mlp-bn, cnn-bn and the residual networks end in batch normalization, mlp-ln and cnn-ln in layer normalization)`,
  );
  check(settings.momentum >= 0 && settings.momentum < 1, "momentum", "a number in [0, 1)");
  check(settings.weightDecay >= 0 && Number.isFinite(settings.weightDecay), "weightDecay", "a number of at least 0");
  check(Number.isSafeInteger(settings.seed) && settings.seed >= 0, "seed", "a whole number of at least 0");
  check(oneOf(devices, settings.device), "device", devices.join(" or "));
  const { repeats, after } = settings.remedies;
  if (after !== undefined && (after.length !== counts.length || !after.every(Number.isFinite)))
    throw inputError("after", `${counts.length} numbers, one a class`, after);
  if (repeats !== null) {
    if (!Array.isArray(repeats) || repeats.length !== counts.length)
      throw inputError("repeats", `${counts.length} whole numbers, one a class`, repeats);
    repeats.forEach((r, k) => {
      if (!Number.isSafeInteger(r) || r < 1) throw inputError(`repeats[${k}]`, "a whole number of at least 1", r);
    });
  }
  checkPenalties(settings, check);
  return settings;
}

/** Remedies and lambdas are checked where a problem is made of them. */
function checkPenalties(
  settings: TrainingSettings,
  check: (valid: boolean, what: keyof TrainingSettings, rule: string) => void,
): void {
  if (!featuresPenalized(settings)) {
    check(settings.lambdaH === 0, "lambdaH", "0, as nothing here is a penalty on the features");
    if (layerNormProblemOf(settings)) return;
    // The remedies, beside a penalty that stands for what has none.
    problemOf({ ...settings, normDecay: undefined, lambdaH: settings.lambdaW });
    return;
  }
  const { lambdaH } = problemOf(settings);
  check(
    settings.normDecay === undefined || Math.abs(settings.lambdaH / lambdaH - 1) < 1e-9,
    "lambdaH",
    `normDecay / (J N) = ${lambdaH}, to which the decay of the last normalization comes`,
  );
}

/** lambda_Z = sqrt(lambda_W lambda_H). */
export function lambdaZOf(settings: { lambdaW: number; lambdaH: number }): number {
  return Math.sqrt(settings.lambdaW) * Math.sqrt(settings.lambdaH);
}
