import { type ConvolutionForm, convolution } from "./convolution.ts";
import { endingInDense } from "./feature-layer.ts";
import type { Layer } from "./layer.ts";
import { batchNorm, flatten, images, relu } from "./layers.ts";
import type { Body, BodyInput } from "./network.ts";
import { maxPool } from "./pooling.ts";

/**
 * A small convolutional network for processors: three times convolution, batch normalization, ReLU and 2 x 2 max pooling, with 16, 32 and
 * 64 channels, then a dense feature layer of 256. The feature layer starts at a tenth of He's scale, as in `mlp`, for the same reason, and
 * from inputs of a quarter of the size: the largest of four normalized values is positive on average, so that all images share a large
 * common part, and at full size the first steps at learning rate 0.1 overshoot until nothing but the bias is left.
 */
export function cnn({ height, width, channels, features, form }: BodyInput): Body {
  const widths = [16, 32, 64];
  const inputs = (height / 8) * (width / 8) * widths[2];
  const layers = [images(height, width, channels)];
  const start = 0.25;
  widths.forEach((outputs, i) => {
    const last = i === widths.length - 1;
    const block = convolutionBlock(`block${i + 1}`, i === 0 ? channels : widths[i - 1], outputs, {
      form,
      start: last ? start : 1,
    });
    layers.push(...block, maxPool());
  });
  layers.push(flatten());
  return endingInDense(layers, { inputs, featureSize: 256, features, gain: 0.1 / start });
}

/** 3 x 3 convolution, batch normalization whose scale begins at `start`, ReLU. */
export function convolutionBlock(
  name: string,
  inputs: number,
  outputs: number,
  { form, start }: { form?: ConvolutionForm; start?: number } = {},
): Layer[] {
  return [convolution(`${name}.conv`, inputs, outputs, { form }), batchNorm(`${name}.norm`, outputs, { start }), relu()];
}
