import { inputError } from "../errors.ts";
import type { Random } from "../math/random.ts";
import { jax, type Tensor, type Tensors } from "./backend.ts";
import type { Layer, LayerState } from "./layers.ts";
import { mlp } from "./mlp.ts";
import { type HostTensors, hostTensor } from "./tensors.ts";

/**
 * A network is a body, which turns images into features h, and a linear head, which turns features into logits W'h + b. The theory is
 * about the head and the features; bodies are interchangeable.
 */
export interface Network {
  /** Which body. */
  readonly name: NetworkName;
  /** What its features come out of. */
  readonly features: FeatureKind;
  /** Values of one image. */
  readonly inputs: number;
  /** Feature dimension d. */
  readonly featureSize: number;
  /** Number of classes K. */
  readonly classes: number;
  /** Without a bias for lambda_b = infinity. */
  readonly bias: boolean;
  /** From n x inputs to n x featureSize. */
  readonly body: Layer;
  /** Initial parameters and statistics of body and head. */
  init(random: Random): LayerState<HostTensors>;
}

/** The bodies there are. */
export const networkNames = ["mlp"] as const;
/** One of `networkNames`. */
export type NetworkName = (typeof networkNames)[number];
/** What the features come out of: a linear layer (any sign) or a ReLU (nonnegative). The theory differs, sections 1 and 7. */
export const featureKinds = ["linear", "relu"] as const;
/** One of `featureKinds`. */
export type FeatureKind = (typeof featureKinds)[number];

/** The head's parameters in the dictionary, W (K x d) and b; everything else belongs to the body. */
export const headWeight = "head.weight";
/** The head bias in the dictionary, K numbers. */
export const headBias = "head.bias";

/** What `network` takes. */
export interface NetworkInput {
  /** Which body. */
  name: NetworkName;
  /** What its features come out of. */
  features: FeatureKind;
  /** Values of one image. */
  inputs: number;
  /** Number of classes. */
  classes: number;
  /** Whether the head has one. */
  bias: boolean;
}

/** Builds a network; nothing is on the device yet. */
export function network({ name, features, inputs, classes, bias }: NetworkInput): Network {
  if (!networkNames.includes(name)) throw inputError("network", networkNames.join(", "), name);
  if (!featureKinds.includes(features)) throw inputError("features", featureKinds.join(" or "), features);
  const { body, featureSize } = mlp(inputs, features);
  const scale = 0.4 * Math.sqrt(2 / featureSize);
  return {
    name,
    features,
    inputs,
    featureSize,
    classes,
    bias,
    body,
    init(random) {
      const state = body.init(random);
      const params: HostTensors = {
        ...state.params,
        [headWeight]: hostTensor([classes, featureSize], () => scale * random.normal()),
      };
      if (bias) params[headBias] = hostTensor([classes]);
      return { params, stats: state.stats };
    },
  };
}

/** W'h + b for rows of features. Takes `features` and the head's parameters. */
export function logitsOf(features: Tensor, params: Tensors): Tensor {
  const logits = jax.numpy.matmul(features, params[headWeight].transpose());
  return headBias in params ? logits.add(params[headBias]) : logits;
}
