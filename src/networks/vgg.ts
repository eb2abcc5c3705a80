import type { Body, BodyInput, NetworkRecord } from "./body.ts";
import { convolutionBlock } from "./cnn.ts";
import { endingInDense } from "./feature-layer.ts";
import type { Layer } from "./layer.ts";
import { dense, flatten, images, maxPool, relu } from "./layers.ts";

/**
 * VGG (Simonyan & Zisserman 2015), configurations A (VGG11) and B (VGG13) with batch normalization, for 32 x 32 images: five groups of
 * convolutions, each halved by max pooling, down to 1 x 1 x 512, then dense layers 512 -> 4096 -> 4096. The features are the second one's
 * output, after its ReLU (linear features: without it). Without dropout: the theory is about the training loss itself.
 *
 * Dense weights start with standard deviation 0.01, as in that paper. From He's scale (0.022 and 0.063) |h|^2 starts near 4,000, and the
 * feature penalty's curvature in the last layer, about N lambda_H |input|^2, is beyond what learning rate 0.1 can follow.
 */
const groups = {
  vgg11: [[64], [128], [256, 256], [512, 512], [512, 512]],
  vgg13: [
    [64, 64],
    [128, 128],
    [256, 256],
    [512, 512],
    [512, 512],
  ],
} as const;

export function vgg(name: keyof typeof groups, { height, width, channels, features }: BodyInput): Body {
  const featureSize = 4096;
  const layers: Layer[] = [images(height, width, channels)];
  let inputs = channels;
  groups[name].forEach((group, g) => {
    group.forEach((outputs, i) => {
      layers.push(...convolutionBlock(`group${g + 1}.${i + 1}`, inputs, outputs));
      inputs = outputs;
    });
    layers.push(maxPool());
  });
  const pooled = (height / 32) * (width / 32) * inputs;
  const started = (size: number): number => 0.01 / Math.sqrt(2 / size);
  layers.push(flatten(), dense("hidden", pooled, featureSize, started(pooled)), relu());
  return endingInDense(layers, { inputs: featureSize, featureSize, features, gain: started(featureSize) });
}

/** The names of the VGGs. */
export type VggName = "vgg11" | "vgg13";

/** The networks of this file. */
export const vggs: Record<VggName, NetworkRecord> = {
  vgg11: { build: (input) => vgg("vgg11", input), multiple: 32, side: 32, featureLayer: true, ends: "dense" },
  vgg13: { build: (input) => vgg("vgg13", input), multiple: 32, side: 32, featureLayer: true, ends: "dense" },
};
