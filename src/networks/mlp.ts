import { type Body, type FeatureKind, type NetworkRecord, valuesOf } from "./body.ts";
import { endingInBatchNorm, endingInDense, endingInLayerNorm, layerNormWidth } from "./feature-layer.ts";
import type { Layer } from "./layer.ts";
import { batchNorm, dense, relu } from "./layers.ts";

/**
 * The multilayer perceptron inputs-512-512: dense, batch normalization, ReLU, then the feature layer, linear or followed by a ReLU.
 * Wide enough to fit some thousand images exactly, which the theory asks of a network, and quick on a processor.
 *
 * The feature layer starts at a tenth of He's scale. What it holds at random is noise within the classes that only lambda_H removes, and
 * slowly: from He's scale the objective ends 0.05 higher after 120 epochs on 3,000 images, and the weakest class is lost.
 *
 * A ReLU feature layer starts from normalized inputs of a quarter of the size. Their common part, which all images share, moves all
 * features at once; at full size its curvature under the feature penalty is beyond what learning rate 0.1 with momentum can follow
 * (rate x N lambda_H x |input|^2 about 10, the limit is 3.8), and the overshoot throws whole classes behind the ReLU, where no gradient
 * brings them back: five of seven trainings lost a class of 500 images so, and none of five with a quarter.
 *
 * Other widths start from inputs of the same length: smaller values where there are more of them. The wide one of `network`, with more
 * hidden units than the figures' small sets have images, can give each image any features at all by its last layer alone.
 */
export function mlp(
  inputs: number,
  features: FeatureKind,
  { hidden = 512, featureSize = 512 }: { hidden?: number; featureSize?: number } = {},
): Body {
  const start = (features === "relu" ? 0.25 : 1) * Math.sqrt(512 / hidden);
  const before = [dense("hidden", inputs, hidden), batchNorm("norm", hidden, { start }), relu()];
  return endingInDense(before, { inputs: hidden, featureSize, features, gain: 0.1 / start });
}

/**
 * inputs-512-256 with batch normalization right before the head (and a ReLU after it, for nonnegative features): the network to which
 * theory, section 9.1, applies word for word. Weight decay alone decides where it goes.
 */
export function mlpBn(inputs: number, features: FeatureKind): Body {
  return { ...endingInBatchNorm(oneHidden(inputs), { ...narrowing, features }), inputWeight: "hidden.weight" };
}

/** The same with layer normalization right before the head: weight decay alone leads to another geometry there (theory, section 9.4). */
export function mlpLn(inputs: number, features: FeatureKind): Body {
  return {
    ...endingInLayerNorm(oneHidden(inputs), { ...narrowing, featureSize: layerNormWidth, features }),
    inputWeight: "hidden.weight",
  };
}

const narrowing = { inputs: 512, featureSize: 256 };

const oneHidden = (inputs: number): Layer[] => [
  dense("hidden", inputs, narrowing.inputs),
  batchNorm("norm", narrowing.inputs),
  relu(),
];

const fitsAll = { multiple: 1, side: null, featureLayer: true } as const;

/** The names of the multilayer perceptrons. */
export type MlpName = "mlp" | "mlp-wide" | "mlp-bn" | "mlp-ln";

/** The networks of this file. */
export const mlps: Record<MlpName, NetworkRecord> = {
  mlp: { build: (input) => mlp(valuesOf(input), input.features), ends: "dense", ...fitsAll },
  "mlp-wide": {
    build: (input) => mlp(valuesOf(input), input.features, { hidden: 5120, featureSize: 64 }),
    ends: "dense",
    ...fitsAll,
  },
  "mlp-bn": { build: (input) => mlpBn(valuesOf(input), input.features), ends: "batch-norm", ...fitsAll },
  "mlp-ln": { build: (input) => mlpLn(valuesOf(input), input.features), ends: "layer-norm", ...fitsAll },
};
