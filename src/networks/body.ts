import type { Layer } from "./layer.ts";

/** What the features come out of: a linear layer (any sign) or a ReLU (nonnegative). The theory differs, sections 1 and 7. */
export const featureKinds = ["linear", "relu"] as const;
/** One of `featureKinds`. */
export type FeatureKind = (typeof featureKinds)[number];

/** What the network before the head ends in: theory, sections 1 and 9, say what follows from it. */
export type Ending = "dense" | "batch-norm" | "layer-norm" | "residual";

/** The size of images. */
export interface ImageShape {
  /** Rows of pixels. */
  height: number;
  /** Columns of pixels. */
  width: number;
  /** 1 or 3. */
  channels: number;
}

/** What a body is made from. */
export interface BodyInput extends ImageShape {
  features: FeatureKind;
}

/** All that is particular to one network. A new one is such a record in the file of its family (`mlps` in mlp.ts, ...); a new family is a file, and its line in `kinds` of network.ts. */
export interface NetworkRecord {
  /** The body for images of this shape. */
  build(input: BodyInput): Body;
  /** Height and width must be multiples of this: each halving needs even numbers. */
  multiple: number;
  /** The side of the images it was made for, to which smaller ones are to be enlarged; null: any. */
  side: number | null;
  /** Whether its last weights before the head are a dense layer's. */
  featureLayer: boolean;
  /** What the features come out of. */
  ends: Ending;
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

/** Values of one image. */
export const valuesOf = ({ height, width, channels }: ImageShape): number => height * width * channels;
