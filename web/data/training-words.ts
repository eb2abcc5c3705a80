import { type Convention, presets as datasets, type FeatureEnding, layerNormEnding } from "../../src/problem/index.ts";
import type { decayedBiases, optimizers, penaltyForms, trainings } from "../rules.ts";
import type { State } from "../state.ts";

/** The words of the question: data sets to begin with, ways to train, and what to look for in a training script. */
const examples = ["5x500,5x100", "step:10:5000:0.1", "step:100:500:0.02"];

export const presets: readonly { text: string; title: string }[] = [
  ...datasets,
  ...examples.map((text) => ({ text, title: text })),
];

/** How it is trained. */
export const trainingWords: Record<(typeof trainings)[number], { title: string; about: string }> = {
  decay: { title: "weight decay", about: "as almost every network: weight_decay of the optimizer" },
  penalties: { title: "explicit penalties", about: "terms on head and features in the loss" },
  norms: { title: "norm constraints", about: "bounds instead of penalties (Layer-Peeled Model)" },
  unknown: { title: "I don't know", about: "what to look for in the training script" },
};

/** What stands right before the last linear layer. */
export const endWords: Record<FeatureEnding | typeof layerNormEnding | "group-norm" | "none", string> = {
  "batch-norm-relu": "batch norm and ReLU (ResNet, VGG)",
  "batch-norm": "batch norm alone (BNNeck)",
  [layerNormEnding]: "layer normalization (ViT, ConvNeXt, Swin)",
  "group-norm": "group normalization",
  none: "no normalization",
};

export const optimizerWords: Record<(typeof optimizers)[number], string> = {
  sgd: "SGD, with or without momentum",
  adamw: "AdamW",
};

/** What becomes of the head's bias under weight decay. */
export const biasWords: Record<(typeof decayedBiases)[number], string> = {
  decays: "decays with the rest",
  free: "does not decay",
  none: "there is none",
};

/** How explicit penalties are stated. */
export const penaltyWords: Record<(typeof penaltyForms)[number], string> = {
  product: "λ_Z = √(λ_W λ_H), which decides",
  each: "λ_W and λ_H",
};

export const conventionWords: Record<Convention, string> = {
  paper: "paper: 1/2 on each, features summed",
  "no-half": "no-half: without the 1/2",
  mean: "mean: features' mean square",
};

/** A thing to look for, what it means, and the settings that it leads to. */
export interface Clue {
  seen: string;
  means: string;
  set: Partial<State>;
}

export const clues: readonly Clue[] = [
  {
    seen: "torch.optim.SGD(…, weight_decay=5e-4), and a ResNet or another network whose last block ends in BatchNorm2d and ReLU before the pooling and fc",
    means: "weight decay, batch normalization and a ReLU; the number is the weight decay",
    set: { training: "decay", optimizer: "sgd", ends: "batch-norm-relu" },
  },
  {
    seen: "SGD with weight_decay, and BatchNorm1d right before the classifier, no activation between",
    means: "weight decay, batch normalization alone",
    set: { training: "decay", optimizer: "sgd", ends: "batch-norm" },
  },
  {
    seen: "a loss such as ce + a * W.pow(2).sum() + b * features.pow(2).sum()",
    means: "explicit penalties: λ_W is a and λ_H is b, and whether there is a 1/2 or a mean",
    set: { training: "penalties", dataPenalties: "each" },
  },
  {
    seen: "max_norm, or weights and features rescaled after each step to a given norm",
    means: "norm constraints",
    set: { training: "norms" },
  },
  {
    seen: "torch.optim.AdamW",
    means: "not covered: its decay is no term of the loss",
    set: { training: "decay", optimizer: "adamw" },
  },
  {
    seen: "LayerNorm before the head (ViT, ConvNeXt, Swin)",
    means: "another geometry, which the command line searches",
    set: { training: "decay", optimizer: "sgd", ends: layerNormEnding },
  },
  {
    seen: "the classifier's bias in a parameter group with weight_decay=0",
    means: "weight decay, with a bias that does not decay",
    set: { training: "decay", optimizer: "sgd", decayedBias: "free" },
  },
];
