import type { Body, BodyInput, NetworkRecord } from "./body.ts";
import { endingInBatchNorm, endingInDense, endingInLayerNorm, layerNormWidth } from "./feature-layer.ts";
import type { Layer } from "./layer.ts";
import { batchNorm, convolution, flatten, images, maxPool, relu } from "./layers.ts";

/**
 * A small convolutional network for processors: three times convolution, batch normalization, ReLU and 2 x 2 max pooling, with 16, 32 and
 * 64 channels, then a dense feature layer of 256. The feature layer starts at a tenth of He's scale, as in `mlp`, for the same reason, and
 * from inputs of a quarter of the size: the largest of four normalized values is positive on average, so that all images share a large
 * common part, and at full size the first steps at learning rate 0.1 overshoot until nothing but the bias is left.
 */
export function cnn(input: BodyInput): Body {
  const start = 0.25;
  return endingInDense(blocks(input, start), {
    inputs: flattened(input),
    featureSize: 256,
    features: input.features,
    gain: 0.1 / start,
  });
}

/** The same blocks, then a dense layer of 256 and batch normalization right before the head (theory, section 9.1). */
export function cnnBn(input: BodyInput): Body {
  return endingInBatchNorm(blocks(input, 1), { inputs: flattened(input), featureSize: 256, features: input.features });
}

/** The same with layer normalization right before the head (theory, section 9.4). */
export function cnnLn(input: BodyInput): Body {
  return endingInLayerNorm(blocks(input, 1), { inputs: flattened(input), featureSize: layerNormWidth, features: input.features });
}

const widths = [16, 32, 64];

const flattened = ({ height, width }: BodyInput): number => (height / 8) * (width / 8) * widths[2];

/** Three blocks with pooling, flattened; the last normalization's scale begins at `start`. */
function blocks({ height, width, channels }: BodyInput, start: number): Layer[] {
  const layers = [images(height, width, channels)];
  widths.forEach((outputs, i) => {
    const last = i === widths.length - 1;
    const block = convolutionBlock(`block${i + 1}`, i === 0 ? channels : widths[i - 1], outputs, {
      start: last ? start : 1,
    });
    layers.push(...block, maxPool());
  });
  layers.push(flatten());
  return layers;
}

/** 3 x 3 convolution, batch normalization whose scale begins at `start`, ReLU. */
export function convolutionBlock(name: string, inputs: number, outputs: number, { start }: { start?: number } = {}): Layer[] {
  return [convolution(`${name}.conv`, inputs, outputs), batchNorm(`${name}.norm`, outputs, { start }), relu()];
}

const halvedThrice = { multiple: 8, side: 32, featureLayer: true } as const;

/** The names of the small convolutional networks. */
export type CnnName = "cnn" | "cnn-bn" | "cnn-ln";

/** The networks of this file. */
export const cnns: Record<CnnName, NetworkRecord> = {
  cnn: { build: cnn, ends: "dense", ...halvedThrice },
  "cnn-bn": { build: cnnBn, ends: "batch-norm", ...halvedThrice },
  "cnn-ln": { build: cnnLn, ends: "layer-norm", ...halvedThrice },
};
