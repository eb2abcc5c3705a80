import { endingOf, type FeatureKind, type NetworkName } from "../networks/index.ts";
import {
  type Decay,
  type TrainingRemedies,
  type TrainingSettings,
  trainingSettings,
  underWeightDecay,
} from "../training/index.ts";
import type { Scale } from "./figure.ts";

/** What the figures on weight decay alone train (theory, section 9.1). */
export interface DecayTraining {
  counts: readonly number[];
  features: FeatureKind;
  decay: Decay;
  /** On the head, its bias and the last normalization. */
  lambda: number;
  remedies?: Partial<TrainingRemedies>;
}

/** How often all samples are looked at once at the end, by all layers and then by the last alone. */
const atOnce: Record<Scale["name"], number> = { demo: 30, small: 60, medium: 60, full: 60 };

/**
 * The scale's network where it ends in batch normalization (residual ones do), else mlp-bn. A short start by batches, then all samples at once (docs/weight-decay.md): of a rare class a
 * batch holds a few samples only. Where everything decays there is no such end, as the decay of weights whose scale is free has no minimum.
 */
export function decayTraining({ counts, features, decay, lambda, remedies }: DecayTraining, scale: Scale): TrainingSettings {
  const network: NetworkName = ["batch-norm", "residual"].includes(endingOf(scale.network)) ? scale.network : "mlp-bn";
  const N = counts.reduce((sum, n, k) => sum + n * (remedies?.repeats?.[k] ?? 1), 0);
  const { lambdaZ, ...penalties } = underWeightDecay({ network, features, decay, N }, { weightDecay: lambda });
  const ends = decay === "effective" && network === "mlp-bn";
  return trainingSettings({
    counts,
    lambdaZ,
    ...penalties,
    network,
    features,
    epochs: ends ? Math.ceil(scale.epochs / 10) : scale.epochs,
    batch: Math.min(500, N),
    schedule: "decay-ramp",
    ...(ends ? { wholeSet: atOnce[scale.name], lastLayer: atOnce[scale.name] } : {}),
    seed: scale.seed,
    device: scale.device,
    ...(remedies ? { remedies } : {}),
  });
}
