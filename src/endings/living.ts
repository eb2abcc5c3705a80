import type { CheckpointEnding } from "./ends.ts";

/** What a network in a running program shows beside the names and shapes of its parameters. */
export interface Living {
  /** Its modules that have none inside, in the order in which they were made: place and name of the class. */
  modules: readonly { place: string; type: string }[];
  /** Whether none of the features that were seen is negative; null: none was seen. */
  nonnegative: boolean | null;
}

/** An ending with what the running network adds. */
export interface LivingEnding extends Omit<CheckpointEnding, "activation"> {
  /** What follows the last normalization or layer: by the architecture, by a module, or by the signs of the features; "not visible" where none of them tells. */
  activation: string;
  /** Why no model of the theory can be taken; null: one can. */
  against: string | null;
  /** How more was told than by names and shapes. */
  notes: string[];
}

/** Class names of activations, as PyTorch, Flax and Keras have them. */
const activations =
  /^(ReLU6?|LeakyReLU|PReLU|RReLU|ELU|CELU|SELU|GELU|GELUActivation|NewGELUActivation|QuickGELUActivation|SiLU|SiLUActivation|Mish|Swish|Hardswish|Hardsigmoid|Hardtanh|Tanh|Sigmoid|Softplus|Softsign|Softshrink|Tanhshrink|GLU|Threshold)$/;
/** Normalizations that keep in a checkpoint what batch or layer normalization keeps. */
const lookalikes = /^(GroupNorm|InstanceNorm[123]d|LazyInstanceNorm[123]d|LocalResponseNorm)$/;

/** Tells an activation that no checkpoint shows, and normalizations that look alike there. */
export function endingOfLiving(ending: CheckpointEnding, { modules, nonnegative }: Living): LivingEnding {
  const places = endingPlaces(ending);
  const other = modules.find(({ place, type }) => places.includes(place) && lookalikes.test(type));
  if (other)
    return {
      ...ending,
      ...{ ends: "unknown", section: null, notes: [] },
      against: `${other.place} is ${other.type}, with a mean and a variance of its own for each sample: neither section 9.1 (batch normalization) nor 9.4 (layer normalization) is about it`,
    };
  const { activation, note } = activationOf(ending, places, { modules, nonnegative });
  const notes = note === null ? [] : [note];
  if (activation === "relu" && nonnegative === false)
    return {
      ...{ ...ending, activation, notes, ends: "unknown", section: null },
      against: `by ${note ?? `the names of ${ending.architecture}`} a ReLU stands before the head, and some features are negative: something else gives them`,
    };
  return { ...ending, notes, activation, ...afterActivation(ending, activation) };
}

/** What the section, and a name of the ending, become behind an activation. */
function afterActivation(ending: CheckpointEnding, activation: string): Pick<LivingEnding, "ends" | "section" | "against"> {
  const { ends, section } = ending;
  const kind = ends.replace(/-relu$/, "") as CheckpointEnding["ends"];
  if (activation === "none" || activation === "not visible" || kind === "unknown") return { ends, section, against: null };
  if (activation === "relu" && kind === "batch-norm") return { ends: "batch-norm-relu", section, against: null };
  if (activation === "relu" && kind === "layer-norm") return { ends: "layer-norm-relu", section: null, against: null };
  // What is refused by its own name is said there.
  if (kind === "rms-norm" || kind === "none") return { ends, section: null, against: null };
  return {
    ...{ ends, section: null },
    against: `${activation} follows ${kind === "batch-norm" ? "batch" : "layer"} normalization: the models are those of features of any sign and of features behind a ReLU`,
  };
}

function activationOf(
  { activation: known, ends }: CheckpointEnding,
  places: readonly string[],
  { modules, nonnegative }: Living,
): { activation: string; note: string | null } {
  if (known !== "not visible" || ends === "unknown") return { activation: known, note: null };
  const seen = modules.findLastIndex(({ place }) => places.slice(0, -1).includes(place));
  const head = modules.findIndex(({ place }) => place === places.at(-1));
  const between = seen < 0 ? [] : modules.slice(seen + 1, head).filter(({ type }) => activations.test(type));
  const last = between.at(-1);
  if (last) return { activation: last.type.toLowerCase(), note: `${last.place} (${last.type})` };
  if (nonnegative === true) return { activation: "relu", note: "the features, none of which was negative," };
  if (nonnegative === false)
    return {
      activation: "none",
      note: "some features are negative, so no ReLU stands before the head; another activation that is called as a function would not be seen",
    };
  return { activation: known, note: null };
}

/** Places of what the features come out of, and the head's at the end. */
function endingPlaces({ evidence, head }: CheckpointEnding): string[] {
  const place = (name: string): string => name.slice(0, Math.max(0, name.lastIndexOf(".")));
  const of = place(head.name);
  return [...new Set(evidence.map(({ name }) => place(name)).filter((name) => name !== of)), of];
}
