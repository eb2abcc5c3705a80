import { inputError } from "../errors.ts";
import type { Random } from "../math/index.ts";
import { jax, type Tensor, type Tensors } from "./backend.ts";
import { cnn, cnnBn, cnnLn } from "./cnn.ts";
import type { ConvolutionForm } from "./convolution.ts";
import type { Layer, LayerState } from "./layer.ts";
import { mlp, mlpBn, mlpLn } from "./mlp.ts";
import { resnet } from "./resnet.ts";
import { type HostTensors, hostTensor } from "./tensors.ts";
import { vgg } from "./vgg.ts";

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
  /** Of a body whose last weights are a dense layer's: that layer with what follows it, and all before it. */
  readonly featureLayer?: FeatureLayer;
  /** Names of the normalizations whose outputs add up to the features; none: the features come out of another layer. */
  readonly featureNorms: readonly string[];
  /** Of a body that begins with a dense layer: the name of its weights, outputs x inputs. */
  readonly inputWeight?: string;
  /** Initial parameters and statistics of body and head. */
  init(random: Random): LayerState<HostTensors>;
}

/** The bodies there are. */
export const networkNames = [
  "mlp",
  "mlp-wide",
  "mlp-bn",
  "mlp-ln",
  "cnn",
  "cnn-bn",
  "cnn-ln",
  "resnet8",
  "resnet18",
  "vgg11",
  "vgg13",
] as const;
/** One of `networkNames`. */
export type NetworkName = (typeof networkNames)[number];

/** What the network before the head ends in: theory, sections 1 and 9, say what follows from it. */
export type Ending = "dense" | "batch-norm" | "layer-norm" | "residual";

/** All that is particular to one body. A network is added by its file and its line in `kinds`. */
interface Kind {
  /** The body for images of this shape. */
  build(input: BodyInput): Body;
  /** Height and width must be multiples of this: each halving needs even numbers. */
  multiple: number;
  /** The side of the images it was made for, to which smaller ones are to be enlarged; null: any. */
  side: number | null;
  /** What the features come out of. */
  ends: Ending;
}

const kinds: Record<NetworkName, Kind> = {
  mlp: { build: (input) => mlp(valuesOf(input), input.features), multiple: 1, side: null, ends: "dense" },
  "mlp-wide": {
    build: (input) => mlp(valuesOf(input), input.features, { hidden: 5120, featureSize: 64 }),
    multiple: 1,
    side: null,
    ends: "dense",
  },
  "mlp-bn": { build: (input) => mlpBn(valuesOf(input), input.features), multiple: 1, side: null, ends: "batch-norm" },
  "mlp-ln": { build: (input) => mlpLn(valuesOf(input), input.features), multiple: 1, side: null, ends: "layer-norm" },
  cnn: { build: cnn, multiple: 8, side: 32, ends: "dense" },
  "cnn-bn": { build: cnnBn, multiple: 8, side: 32, ends: "batch-norm" },
  "cnn-ln": { build: cnnLn, multiple: 8, side: 32, ends: "layer-norm" },
  resnet8: { build: (input) => resnet("resnet8", input), multiple: 4, side: 32, ends: "residual" },
  resnet18: { build: (input) => resnet("resnet18", input), multiple: 8, side: 32, ends: "residual" },
  vgg11: { build: (input) => vgg("vgg11", input), multiple: 32, side: 32, ends: "dense" },
  vgg13: { build: (input) => vgg("vgg13", input), multiple: 32, side: 32, ends: "dense" },
};

/** What the features come out of: a linear layer (any sign) or a ReLU (nonnegative). The theory differs, sections 1 and 7. */
export const featureKinds = ["linear", "relu"] as const;
/** One of `featureKinds`. */
export type FeatureKind = (typeof featureKinds)[number];

/** The head's parameters in the dictionary, W (K x d) and b; everything else belongs to the body. */
export const headWeight = "head.weight";
/** The head bias in the dictionary, K numbers. */
export const headBias = "head.bias";

/** What `network` takes. */
export interface ImageShape {
  /** Rows of pixels. */
  height: number;
  /** Columns of pixels. */
  width: number;
  /** 1 or 3. */
  channels: number;
}

/** What `network` takes. */
export interface NetworkInput extends ImageShape {
  /** Which body. */
  name: NetworkName;
  /** What its features come out of. */
  features: FeatureKind;
  /** Number of classes. */
  classes: number;
  /** Whether the head has one. */
  bias: boolean;
  /** Of every convolution; default: the one that is faster. */
  form?: ConvolutionForm;
}

/** What a body is made from, and a body with the length of its features. */
export interface BodyInput extends ImageShape {
  features: FeatureKind;
  form?: ConvolutionForm;
}

/** A body with the length of its features. */
export interface Body {
  /** From images to features. */
  body: Layer;
  /** Feature dimension d. */
  featureSize: number;
  /** Where the last weights are a dense layer's: it with what follows it, and all before it. */
  featureLayer?: FeatureLayer;
  /** Where they come out of normalizations: their names. */
  featureNorms?: readonly string[];
  /** Of a body that begins with a dense layer: the name of its weights. */
  inputWeight?: string;
}

/** The last layer of a body, apart from all before it; the two in a row are the body. */
export interface FeatureLayer {
  /** From images to what the layer takes: n x `inputs`. */
  hidden: Layer;
  /** The dense layer (feature-layer.ts names its parameters), and the normalization and the ReLU after it, if the features have them. */
  layer: Layer;
  /** Values of one image that the layer takes. */
  inputs: number;
}

/** The side of the images a network was made for; null: any. Smaller images are to be enlarged to it. */
export function imageSide(name: NetworkName): number | null {
  return kinds[name].side;
}

/** What a network's features come out of. */
export function endingOf(name: NetworkName): Ending {
  return kinds[name].ends;
}

/** Whether a network's last weights before the head are a dense layer's (a residual network's features are means of channels). */
export function hasFeatureLayer(name: NetworkName): boolean {
  return kinds[name].ends !== "residual";
}

/** Builds a network; throws InputError for images it cannot take. Nothing is on the device yet. */
export function network(input: NetworkInput): Network {
  const { name, features, height, width, classes, bias } = input;
  if (!networkNames.includes(name)) throw inputError("network", networkNames.join(", "), name);
  if (!featureKinds.includes(features)) throw inputError("features", featureKinds.join(" or "), features);
  const { multiple, build } = kinds[name];
  if (height % multiple !== 0 || width % multiple !== 0)
    throw inputError(`images of ${name}`, `height and width in multiples of ${multiple}`, `${height} x ${width}`);
  const inputs = valuesOf(input);
  const { body, featureSize, featureLayer, featureNorms = [], inputWeight } = build(input);
  const scale = 0.4 * Math.sqrt(2 / featureSize);
  return {
    name,
    features,
    inputs,
    featureSize,
    classes,
    bias,
    body,
    featureLayer,
    featureNorms,
    inputWeight,
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

/** Values of one image. */
function valuesOf({ height, width, channels }: ImageShape): number {
  return height * width * channels;
}

/** W'h + b for rows of features. Takes `features` and the head's parameters. */
export function logitsOf(features: Tensor, params: Tensors): Tensor {
  const logits = jax.numpy.matmul(features, params[headWeight].transpose());
  return headBias in params ? logits.add(params[headBias]) : logits;
}
