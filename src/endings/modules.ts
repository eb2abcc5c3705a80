/**
 * What a checkpoint holds, as names with shapes, and which of them are normalizations. A state dictionary does not say what a network computes, but it names its parts: a batch normalization keeps running statistics, a
 * layer normalization a scale and a shift alone, an RMS normalization a scale alone.
 */
export interface Parameter {
  /** Name with its place: `layer4.1.bn2.weight`. */
  readonly name: string;
  /** Sizes along its axes. */
  readonly shape: readonly number[];
}

/** What a normalization is, by what it keeps. */
export type NormKind = "batch" | "layer" | "rms";

/** A normalization. */
export interface Norm {
  /** Its place: `layer4.1.bn2`. */
  readonly place: string;
  /** What it keeps says what it is. */
  readonly kind: NormKind;
  /** Channels. */
  readonly size: number;
  /** Names of scale and shift, where it has them. */
  readonly scale: string | null;
  readonly shift: string | null;
}

/** A layer with weights of two axes or more. */
export interface Weighted {
  /** Its place: `classifier.3`. */
  readonly place: string;
  /** Name of its weight. */
  readonly weight: string;
  readonly shape: readonly number[];
  /** Whether it has a bias. */
  readonly bias: boolean;
}

/** A dense kernel of Flax and Keras is inputs x outputs; PyTorch's weights begin with the outputs. */
export const isKernel = (weight: string): boolean => /kernel$/.test(weight);

/** The parts of a network, in the order of the file. */
export interface Modules {
  readonly parameters: readonly Parameter[];
  readonly norms: readonly Norm[];
  readonly weighted: readonly Weighted[];
  /** The normalization at a place. */
  norm(place: string): Norm | undefined;
  /** The layer with weights at a place. */
  layer(place: string): Weighted | undefined;
}

const roles: Record<string, "weight" | "bias" | "mean" | "variance"> = {
  weight: "weight",
  kernel: "weight",
  gamma: "weight",
  scale: "weight",
  bias: "bias",
  beta: "bias",
  shift: "bias",
  running_mean: "mean",
  moving_mean: "mean",
  mean: "mean",
  running_var: "variance",
  moving_variance: "variance",
  variance: "variance",
  var: "variance",
};

/** Sorts parameters into normalizations and layers with weights. */
export function modulesOf(parameters: readonly Parameter[]): Modules {
  const places = new Map<string, Partial<Record<"weight" | "bias" | "mean" | "variance", Parameter>>>();
  for (const parameter of parameters) {
    const at = parameter.name.lastIndexOf(".");
    const role = Object.hasOwn(roles, parameter.name.slice(at + 1)) ? roles[parameter.name.slice(at + 1)] : undefined;
    if (!role) continue;
    const place = parameter.name.slice(0, Math.max(at, 0));
    const parts = places.get(place) ?? {};
    parts[role] ??= parameter;
    places.set(place, parts);
  }
  const norms: Norm[] = [];
  const weighted: Weighted[] = [];
  for (const [place, { weight, bias, mean, variance }] of places) {
    if (weight && weight.shape.length >= 2)
      weighted.push({ place, weight: weight.name, shape: weight.shape, bias: bias !== undefined });
    else {
      const size = (mean ?? weight)?.shape;
      const kind = kindOf(place, { weight, bias, mean: mean && variance });
      if (kind && size?.length === 1)
        norms.push({ place, kind, size: size[0], scale: weight?.name ?? null, shift: bias?.name ?? null });
    }
  }
  return {
    parameters,
    norms,
    weighted,
    norm: (place) => norms.find((norm) => norm.place === place),
    layer: (place) => weighted.find((layer) => layer.place === place),
  };
}

function kindOf(
  place: string,
  { weight, bias, mean }: { weight?: Parameter; bias?: Parameter; mean?: Parameter },
): NormKind | null {
  if (mean) return "batch";
  if (weight?.shape.length !== 1) return null;
  if (bias) return bias.shape.length === 1 && bias.shape[0] === weight.shape[0] ? "layer" : null;
  // A lone vector may be anything (the slopes of a PReLU): here the name decides.
  return /(^|[._])(rms)?(norm\d*|ln(_?f|\d+)?|layernorm\w*)$/i.test(place) ? "rms" : null;
}
