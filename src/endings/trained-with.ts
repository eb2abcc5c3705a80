import { bare } from "./ends.ts";
import type { LivingEnding } from "./living.ts";

/** An optimizer of a running program. */
export interface Optimizer {
  /** Name of its class. */
  type: string;
  /** Its groups: the decay, whether it is decoupled from the gradient where that is said, and the names of the parameters. */
  groups: readonly { weightDecay: number; decoupled?: boolean; parameters: readonly string[] }[];
}

/** Settings of a prediction, by its names; whether they make sense is checked where it is made. */
export interface TrainedWith {
  weightDecay: number;
  ends: string;
  branches?: number;
  width?: number;
  normWeightDecay?: number;
  biasWeightDecay?: number | "inf";
  optimizer?: string;
}

/** How a network is trained, as far as a prediction depends on it. */
export interface Training {
  /** One decay of all, as stated; null: that of the optimizers. */
  weightDecay: number | null;
  optimizers: readonly Optimizer[];
  /** Name of the head's bias; null: it has none. */
  bias: string | null;
  /** J of the features by balancedness; null: not known. */
  branches: number | null;
  /** What J is at most. */
  branchesAtMost: number;
}

/** Classes whose weight decay is added to the gradient, and so a term of the loss; any other is named to the prediction, which refuses it. */
const gradient = /^(SGD|ASGD|Adam|Adamax|NAdam|RAdam|RMSprop|Adagrad|Adadelta|Rprop)$/;

/** The settings of the prediction for a network; or why there is none. */
export function trainedWith(
  ending: LivingEnding,
  training: Training,
): { settings: TrainedWith | null; because: string | null; notes: string[] } {
  const none = (because: string): ReturnType<typeof trainedWith> => ({ settings: null, because, notes: [] });
  if (ending.misfit)
    return none(
      `the head takes ${ending.head.width} features and ${ending.misfit.place} gives ${ending.misfit.width}: something stands between them`,
    );
  if (ending.against !== null) return none(ending.against);
  if (ending.ends === "unknown")
    return none(
      "nothing in the names, shapes and modules says what stands before the head: look into the model's forward and say ends (docs/weight-decay.md)",
    );
  if (bare(ending.norms))
    return none(
      "the normalization has neither scale nor shift, so the size of the features is fixed and nothing of it decays: no section covers that",
    );
  const decays = decaysOf(ending, training);
  if (typeof decays === "string") return none(decays);
  const { ends, section, mostBranches, head } = ending;
  const { J, note } = mostBranches > 1 && section === "9.2" ? branchesUsed(training) : { J: undefined, note: null };
  return {
    settings: {
      ...decays,
      ends,
      ...(J === undefined ? {} : { branches: J }),
      ...(ends === "layer-norm" ? { width: head.width } : {}),
    },
    because: null,
    notes: note === null ? [] : [note],
  };
}

function branchesUsed({ branches, branchesAtMost: most }: Training): { J: number | undefined; note: string } {
  const range = `the features are a sum of branches, over J of which they are split, 1 to ${Number(most.toPrecision(3))}`;
  if (branches === null) return { J: undefined, note: `${range}: taken as 1 until features are measured` };
  if (branches < 1)
    return {
      J: undefined,
      note: `${range}; measured ${Number(branches.toPrecision(3))}: the network is not at its end, and J is taken as 1`,
    };
  const J = Math.min(branches, most);
  return {
    J,
    note: `${range}; measured ${Number(branches.toPrecision(3))}${branches > most ? ", more than can be: the network is not at its end" : ""}`,
  };
}

/** The decays of head, normalization and bias, or what is against taking them. */
function decaysOf(
  { norms, head }: LivingEnding,
  { weightDecay: stated, optimizers, bias }: Training,
): Omit<TrainedWith, "ends"> | string {
  const noBias = bias === null ? ({ biasWeightDecay: "inf" } as const) : {};
  // One logit is the head of two rows +-w/2 of half the squared size (docs/measuring.md).
  const rows = head.classes === 1 ? 2 : 1;
  if (stated !== null)
    return {
      weightDecay: rows * stated,
      ...(rows === 2 ? { normWeightDecay: stated, biasWeightDecay: 2 * stated } : {}),
      ...noBias,
    };
  const groups = optimizers.flatMap(({ type, groups: all }) => all.map((group) => ({ type, ...group })));
  if (groups.length === 0) return "no optimizer was given, and no weight decay stated";
  const groupOf = (name: string): (typeof groups)[number] | undefined =>
    groups.find(({ parameters }) => parameters.includes(name));
  const ofHead = groupOf(head.name);
  if (!ofHead) return `${head.name} is in no group of the optimizer: a head that is not trained is in no model of the theory`;
  const names = norms.flatMap(({ scale, shift }) => [scale, shift]).filter((name) => name !== null);
  const fixed = names.find((name) => groupOf(name) === undefined);
  if (fixed !== undefined) return `${fixed} is in no group of the optimizer: nothing of a scale that is not trained decays`;
  const ofNorms = [...new Set(names.map((name) => groupOf(name)?.weightDecay as number))];
  if (ofNorms.length > 1)
    return `scale and shift of the normalization have different weight decays (${ofNorms.join(", ")}): the models have one for both`;
  const X = rows * ofHead.weightDecay;
  const other = (name: "normWeightDecay" | "biasWeightDecay", value: number | undefined): Partial<TrainedWith> =>
    value === undefined || value === X ? {} : { [name]: value };
  const told = [...new Set([ofHead, ...[...names, ...(bias ? [bias] : [])].map(groupOf)].map(optimizerOf))].filter(
    (name) => name !== "sgd",
  );
  return {
    weightDecay: X,
    ...other("normWeightDecay", ofNorms[0]),
    ...(bias === null ? noBias : other("biasWeightDecay", rows * (groupOf(bias)?.weightDecay ?? 0))),
    ...(told.length > 0 ? { optimizer: told[0] } : {}),
  };
}

/** By the name that the prediction knows: what is no term of the loss is AdamW's, or another that it does not know. */
function optimizerOf(group: { type: string; decoupled?: boolean } | undefined): string {
  if (group === undefined) return "sgd";
  if (group.decoupled === true) return "adamw";
  return gradient.test(group.type) ? "sgd" : group.type.toLowerCase();
}
