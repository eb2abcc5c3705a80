import { batchNorm, dense, type Layer, relu, sequence } from "./layers.ts";

/**
 * The multilayer perceptron inputs-512-512: dense, batch normalization, ReLU, then the feature layer, linear or followed by a ReLU.
 * Wide enough to fit some thousand images exactly, which the theory asks of a network, and quick on a processor.
 */
export function mlp(inputs: number, features: "linear" | "relu", width = 512): { body: Layer; featureSize: number } {
  const layers = [dense("hidden", inputs, width), batchNorm("norm", width), relu(), dense("features", width, width)];
  if (features === "relu") layers.push(relu());
  return { body: sequence(...layers), featureSize: width };
}
