import { isKernel, type Modules, type Norm, type Weighted } from "./modules.ts";
import { lastStage, natural } from "./residual.ts";

/** What follows the last normalization or layer before the head. A checkpoint does not show it: it is known of an architecture, or not. */
export type Activation = "relu" | "silu" | "hardswish" | "tanh" | "none" | "not visible";

/** What the features come out of. */
export interface Found {
  /** By whose names; null: by the order of the file, or by the only normalization that fits. */
  architecture: string | null;
  /** Normalizations whose outputs are the features; empty: none stands right before the head. */
  norms: readonly Norm[];
  /** How the outputs of several make the features: added up (residual branches) or side by side. */
  joined: "sum" | "side by side";
  /** Where there is none: the layer with weights that gives the features, where it is known. */
  layer: Weighted | null;
  activation: Activation;
  /** Whether the features are a mean of what the normalization gives, over places of an image or tokens. */
  pooledAfter: boolean;
  /** What this gives by its shapes, where the head takes another number of features: something else stands between, or they are of two networks. */
  misfit: Misfit | null;
}

/** A part of a network that gives another number of features than the head takes. */
export interface Misfit {
  place: string;
  width: number;
}

type Part = Omit<Found, "architecture" | "misfit">;

/** An architecture by the names of its parts. `head`: place of the head; d: what it takes. */
interface Rule {
  architecture: string;
  find(modules: Modules, head: Weighted, d: number): Part | null;
}

const at = (modules: Modules, places: readonly string[], activation: Activation, pooledAfter: boolean): Part | null => {
  const norm = places.map((place) => modules.norm(place)).find((found) => found !== undefined);
  return norm ? { norms: [norm], joined: "sum", layer: null, activation, pooledAfter } : null;
};

const dense = (layer: Weighted | undefined, activation: Activation): Part | null =>
  layer ? { norms: [], joined: "sum", layer, activation, pooledAfter: false } : null;

const has = ({ parameters }: Modules, pattern: RegExp): boolean => parameters.some(({ name }) => pattern.test(name));

/** The first that fits decides. */
const rules: readonly Rule[] = [
  {
    architecture: "nclab",
    find: (m) =>
      at(m, ["features.norm"], "not visible", false) ??
      (m.layer("features")?.shape.length === 2 ? dense(m.layer("features"), "not visible") : null),
  },
  { architecture: "DenseNet", find: (m) => at(m, ["features.norm5"], "relu", true) },
  {
    // torchvision's; timm has the same layers as 1 x 1 convolutions.
    architecture: "VGG or AlexNet",
    find: (m, head) => {
      if (!has(m, /^features\.0\.weight$/)) return null;
      const fc = m.layer("pre_logits.fc2");
      if (fc) return dense(fc, "relu");
      const hidden = m.weighted.filter(({ place }) => /^classifier\.\d+$/.test(place) && natural(place, head.place) < 0);
      return dense(hidden.sort((a, b) => natural(a.place, b.place)).at(-1), "relu");
    },
  },
  {
    architecture: "MobileNetV3",
    find: (m, head) =>
      has(m, /^features\.\d+\.block\./) && head.place === "classifier.3" ? dense(m.layer("classifier.0"), "hardswish") : null,
  },
  {
    architecture: "ConvNeXt",
    find: (m, head) =>
      at(m, ["convnext.layernorm", "convnextv2.layernorm"], "none", false) ??
      (head.place === "classifier.2" ? at(m, ["classifier.0"], "none", false) : null) ??
      (has(m, /^stages\.\d+\.blocks\./) ? at(m, ["head.norm", "norm_pre"], "none", false) : null),
  },
  {
    // The normalization comes before the mean over tokens.
    architecture: "Swin",
    find: (m) =>
      has(m, /(relative_position_bias_table$|\.cpb_mlp\.|continuous_position_bias)/)
        ? at(m, ["swin.layernorm", "swinv2.layernorm", "norm"], "none", true)
        : null,
  },
  {
    architecture: "vision transformer",
    find: (m) => {
      if (m.layer("heads.pre_logits")) return dense(m.layer("heads.pre_logits"), "tanh");
      const places = ["fc_norm", "encoder.ln", "vit.layernorm", "deit.layernorm", "beit.pooler.layernorm", "dinov2.layernorm"];
      const found = at(m, places, "none", false);
      if (found) return found;
      // Without attention (an MLP-Mixer) the mean over tokens comes after the normalization.
      return has(m, /^blocks\.\d+\./) ? at(m, ["norm"], "none", !has(m, /\.attn\./)) : null;
    },
  },
  {
    architecture: "text encoder with a layer before the head",
    find: (m) =>
      dense(m.layer("classifier.dense") ?? m.weighted.find(({ place }) => /(^|\.)pooler\.dense$/.test(place)), "tanh") ??
      dense(m.layer("pre_classifier"), "relu"),
  },
  {
    architecture: "language model",
    find: (m) =>
      at(
        m,
        ["model.norm", "norm", "ln_f", "transformer.ln_f", "gpt_neox.final_layer_norm"].filter(() =>
          has(m, /^(lm_head|embed_out|score)\./),
        ),
        "none",
        false,
      ),
  },
  {
    architecture: "EfficientNet",
    find: (m) =>
      at(m, ["efficientnet.encoder.top_bn"], "silu", true) ??
      (m.layer("conv_head") && has(m, /^blocks\.\d+\.\d+\.se\./) ? at(m, ["bn2"], "silu", true) : null) ??
      (has(m, /^features\.\d+\.\d+\.block\.\d+\.fc1\.weight$/) ? at(m, [`features.${lastFeature(m)}.1`], "silu", true) : null),
  },
  {
    architecture: "MobileNetV2",
    find: (m) => (has(m, /^features\.\d+\.conv\.0\.0\.weight$/) ? at(m, [`features.${lastFeature(m)}.1`], "relu", true) : null),
  },
  {
    architecture: "ShuffleNet",
    find: (m) =>
      at(
        m,
        ["conv5.1"].filter(() => has(m, /^stage4\./)),
        "relu",
        true,
      ),
  },
  {
    architecture: "GoogLeNet or Inception",
    find: (m) => {
      const ends = /^(inception5b\.branch(1|[234]\.1)|Mixed_7c\.branch(1x1|3x3_2[ab]|3x3dbl_3[ab]|_pool))\.bn$/;
      const norms = m.norms.filter(({ place }) => ends.test(place));
      return norms.length > 0 ? { norms, joined: "side by side", layer: null, activation: "relu", pooledAfter: true } : null;
    },
  },
  {
    architecture: "residual network",
    find: (m, _, d) => {
      const stage = lastStage(m);
      if (!stage) return null;
      // A normalization after the last stage (pre-activation, wide residual networks); the stem's has the stem's channels.
      const last = m.norms.find((norm) => !/\.\d+\./.test(`${norm.place}.`) && norm.size === d && !stem(m, norm));
      if (last) return { norms: [last], joined: "sum", layer: null, activation: "relu", pooledAfter: true };
      const fitting = stage.norms.filter((norm) => norm.size === d);
      const norms = fitting.length > 0 ? fitting : stage.norms;
      const layer = norms.length > 0 ? null : stage.last;
      return { norms, joined: "sum", layer, activation: norms.length > 0 ? "relu" : "not visible", pooledAfter: true };
    },
  },
];

/** Whether a normalization belongs to the first convolution: as many channels, and nothing of a block's place in its name. */
function stem({ weighted }: Modules, norm: Norm): boolean {
  const first = weighted.find(({ shape }) => shape.length === 4);
  return first !== undefined && first.shape[0] === norm.size && /^(bn1|norm1|embedder|bn|norm|conv1\.1|stem)/.test(norm.place);
}

/** Number of the last part of `features`. */
function lastFeature({ weighted }: Modules): number {
  const numbers = weighted.map(({ place }) => Number(/^features\.(\d+)/.exec(place)?.[1] ?? -1));
  return Math.max(...numbers);
}

/**
 * What the features come out of, by the names of known architectures, then by the order of the file (`ordered`: it is that of the modules). What gives as many features as the head takes goes before what gives another
 * number (`misfit`). Null: nothing says it.
 */
export function whatEnds(modules: Modules, head: Weighted, d: number, ordered: boolean): Found | null {
  const found: Found[] = [];
  for (const { architecture, find } of rules) {
    const part = find(modules, head, d);
    if (part) found.push({ architecture, ...part, misfit: misfitOf(part, d) });
  }
  for (const part of [ordered ? before(modules, head) : null, onlyFitting(modules, d)])
    if (part) found.push({ architecture: null, ...part, misfit: misfitOf(part, d) });
  return found.find(({ misfit }) => misfit === null) ?? found[0] ?? null;
}

/** A normalization's channels and a dense layer's outputs are the features; a convolution's may be counted at every place of an image. */
function misfitOf({ norms, joined, layer }: Part, d: number): Misfit | null {
  if (layer && layer.shape.length > 2 && d % outputsOf(layer) === 0) return null;
  const sizes = norms.map(({ size }) => size);
  const width = joined === "side by side" ? sizes.reduce((a, b) => a + b, 0) : (sizes[0] ?? (layer ? outputsOf(layer) : d));
  const places = norms.length > 0 ? norms.map(({ place }) => place) : layer ? [layer.place] : [];
  return width === d ? null : { place: commonPlace(places), width };
}

const outputsOf = ({ weight, shape }: Weighted): number => (isKernel(weight) ? (shape.at(-1) as number) : shape[0]);

/** `layer4` of layer4.0.bn2 and layer4.1.bn2. */
function commonPlace(places: readonly string[]): string {
  const [first, ...others] = places.map((place) => place.split("."));
  if (others.length === 0) return first.join(".");
  const length = first.findIndex((part, i) => others.some((other) => other[i] !== part));
  return first.slice(0, length).join(".") || places.join(" and ");
}

/** The module right before the head. */
function before({ parameters, norms, weighted }: Modules, head: Weighted): Part | null {
  const first = (name: string): number =>
    parameters.findIndex((parameter) => parameter.name.startsWith(`${name}.`) || parameter.name === name);
  const end = first(head.place);
  const earlier = [...norms, ...weighted].filter((module) => module !== head && first(module.place) < end);
  const last = earlier.sort((a, b) => first(a.place) - first(b.place)).at(-1);
  if (!last) return null;
  const unknown = { joined: "sum", activation: "not visible", pooledAfter: false } as const;
  return "kind" in last ? { ...unknown, norms: [last], layer: null } : { ...unknown, norms: [], layer: last };
}

/** The one normalization of d channels that is in no repeated block. */
function onlyFitting({ norms }: Modules, d: number): Part | null {
  const fitting = norms.filter(({ size, place }) => size === d && !/\d/.test(place));
  return fitting.length === 1
    ? { norms: fitting, joined: "sum", layer: null, activation: "not visible", pooledAfter: false }
    : null;
}
