import { type HostTensors, hostTensor, type Node, operations } from "../engine/index.ts";
import { inputError } from "../errors.ts";
import type { Random } from "../math/index.ts";
import {
  type Body,
  type Ending,
  type FeatureKind,
  type FeatureLayer,
  featureKinds,
  type ImageShape,
  type NetworkRecord,
  valuesOf,
} from "./body.ts";
import { type CnnName, cnns } from "./cnn.ts";
import type { Layer, LayerState, Pass } from "./layer.ts";
import { type MlpName, mlps } from "./mlp.ts";
import { type ResnetName, resnets } from "./resnet.ts";
import { type VggName, vggs } from "./vgg.ts";

const { add, product } = operations;

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
  init(random: Random): LayerState;
}

/** One of `networkNames`. */
export type NetworkName = MlpName | CnnName | ResnetName | VggName;

const kinds: Record<NetworkName, NetworkRecord> = { ...mlps, ...cnns, ...resnets, ...vggs };

/** The bodies there are. */
export const networkNames: readonly NetworkName[] = Object.keys(kinds) as NetworkName[];

/** The head's parameters in the dictionary, W (K x d) and b; everything else belongs to the body. */
export const headWeight = "head.weight";
/** The head bias in the dictionary, K numbers. */
export const headBias = "head.bias";

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
  return kinds[name].featureLayer;
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
  const { body, featureSize, featureLayer, featureNorms = [], inputWeight }: Body = build(input);
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

/** The head's parameters, b null where there is none, and the logits W'h + b of rows of features. */
export function headOf(
  { classes, featureSize, bias }: Pick<Network, "classes" | "featureSize" | "bias">,
  { param }: Pick<Pass, "param">,
  features: Node,
): { W: Node; b: Node | null; logits: Node } {
  const W = param(headWeight, [classes, featureSize]);
  const b = bias ? param(headBias, [classes]) : null;
  const logits = product("XY'", features, W);
  return { W, b, logits: b ? add(logits, b) : logits };
}
