import type { NetworkName } from "../../src/networks/index.ts";

/** Every network that there is, with what is to be known of it here. A name that is missing is a type error, so that this list is the record's; its code is loaded when a training starts. */
export const networkWords: Record<NetworkName, string> = {
  mlp: "mlp, dense before the head",
  "mlp-wide": "mlp-wide, 5120 hidden units",
  "mlp-bn": "mlp-bn, batch normalization",
  "mlp-ln": "mlp-ln, layer normalization",
  cnn: "cnn, dense before the head",
  "cnn-bn": "cnn-bn, batch normalization",
  "cnn-ln": "cnn-ln, layer normalization",
  resnet8: "resnet8, residual, slow",
  resnet18: "resnet18, residual, for WebGPU",
  vgg11: "vgg11, for WebGPU",
  vgg13: "vgg13, for WebGPU",
};

export const networkNames: readonly string[] = Object.keys(networkWords);

/** What regularizes a training. */
export const regularizers = ["lambdas", "both", "decay", "effective"] as const;
export type Regularizer = (typeof regularizers)[number];

export const regularizerWords: Record<Regularizer, string> = {
  lambdas: "the theory's penalties",
  both: "the penalties, and weight decay of the hidden layers",
  decay: "weight decay alone, of everything",
  effective: "weight decay alone, of head and last normalization",
};
