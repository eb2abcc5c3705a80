import type { NetworkName } from "../../src/networks/index.ts";

/** Every network that there is, with what is to be known of it here. A name that is missing is a type error, so that this list is the record's; its code is loaded when a training starts. */
export const networkWords: Record<NetworkName, string> = {
  mlp: "mlp: inputs–512–512, dense before the head",
  "mlp-wide": "mlp-wide: inputs–5120–64, dense before the head",
  "mlp-bn": "mlp-bn: inputs–512–256, batch normalization before the head",
  "mlp-ln": "mlp-ln: the same, layer normalization before the head",
  cnn: "cnn: three convolutions, dense before the head",
  "cnn-bn": "cnn-bn: the same, batch normalization before the head",
  "cnn-ln": "cnn-ln: the same, layer normalization before the head",
  resnet8: "resnet8: residual, for a graphics processor or patience",
  resnet18: "resnet18: residual, for a graphics processor",
  vgg11: "vgg11: for a graphics processor",
  vgg13: "vgg13: for a graphics processor",
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
