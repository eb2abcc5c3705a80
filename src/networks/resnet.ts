import type { Body, BodyInput, NetworkRecord } from "./body.ts";
import { identity, type Layer, sequence, sum } from "./layer.ts";
import { batchNorm, convolution, globalAveragePool, images, relu } from "./layers.ts";

/**
 * Residual networks (He et al. 2016) in the form for 32 x 32 images: a 3 x 3 stem without pooling, four stages of basic blocks with 64,
 * 128, 256 and 512 channels, the last three halving height and width, then the mean of each channel. ResNet18 has two blocks a stage;
 * ResNet8, for processors, one in each of three stages with 16, 32 and 64 channels.
 *
 * A block is relu(norm(conv(relu(norm(conv(x))))) + x), where a pointwise convolution with batch normalization stands for x when the shape
 * changes. The features are the channels' means. They are nonnegative; for linear features the last block goes without its last ReLU.
 */
const variants = {
  resnet8: { widths: [16, 32, 64], blocks: 1 },
  resnet18: { widths: [64, 128, 256, 512], blocks: 2 },
} as const;

export function resnet(name: keyof typeof variants, input: BodyInput): Body {
  const { widths, blocks } = variants[name];
  const { height, width, channels, features } = input;
  const layers: Layer[] = [images(height, width, channels)];
  layers.push(convolution("stem.conv", channels, widths[0]), batchNorm("stem.norm", widths[0]), relu());
  let inputs: number = widths[0];
  widths.forEach((outputs, stage) => {
    for (let i = 0; i < blocks; i++) {
      const stride = stage > 0 && i === 0 ? 2 : 1;
      layers.push(block(`stage${stage + 1}.${i + 1}`, inputs, outputs, stride));
      const last = stage === widths.length - 1 && i === blocks - 1;
      if (!last || features === "relu") layers.push(relu());
      inputs = outputs;
    }
  });
  layers.push(globalAveragePool());
  return { body: sequence(...layers), featureSize: inputs, featureNorms: lastStageNorms(widths.length, blocks) };
}

/**
 * The normalizations whose outputs add up to the features: the second of each block of the last stage, and its first block's shortcut.
 * A ReLU between two blocks leaves nonnegative values as they are, so a feature can be split over all of them (theory, section 9.2).
 */
function lastStageNorms(stage: number, blocks: number): string[] {
  const names = Array.from({ length: blocks }, (_, i) => `stage${stage}.${i + 1}.norm2`);
  return [...names, `stage${stage}.1.shortcut.norm`];
}

/** The two paths and their sum, before the ReLU. */
function block(name: string, inputs: number, outputs: number, stride: number): Layer {
  const main = sequence(
    convolution(`${name}.conv1`, inputs, outputs, { stride }),
    batchNorm(`${name}.norm1`, outputs),
    relu(),
    convolution(`${name}.conv2`, outputs, outputs),
    batchNorm(`${name}.norm2`, outputs),
  );
  if (stride === 1 && inputs === outputs) return sum(main, identity());
  const shortcut = sequence(
    convolution(`${name}.shortcut.conv`, inputs, outputs, { size: 1, stride }),
    batchNorm(`${name}.shortcut.norm`, outputs),
  );
  return sum(main, shortcut);
}

/** The names of the residual networks. */
export type ResnetName = "resnet8" | "resnet18";

/** The networks of this file: their features are means of channels, no dense layer's. */
export const resnets: Record<ResnetName, NetworkRecord> = {
  resnet8: { build: (input) => resnet("resnet8", input), multiple: 4, side: 32, featureLayer: false, ends: "residual" },
  resnet18: { build: (input) => resnet("resnet18", input), multiple: 8, side: 32, featureLayer: false, ends: "residual" },
};
