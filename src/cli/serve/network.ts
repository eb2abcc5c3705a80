import { type ComparisonInput, comparisonOf } from "../../documents/index.ts";
import {
  type CheckpointEnding,
  endingOfCheckpoint,
  endingOfLiving,
  type LivingEnding,
  type Optimizer,
  type TrainedWith,
  trainedWith,
} from "../../endings/index.ts";
import { InputError, inputError } from "../../errors.ts";
import { type ArrayFile, findArray, memoryBytes, type StoredArray } from "../../features/index.ts";
import { isObject } from "../../json.ts";
import { checkKeys } from "../../known-keys.ts";
import { alignedBranches } from "../../measure/index.ts";
import { headOf } from "../checkpoint-head.ts";

/**
 * The request `network`: of a network in a running program, told by names and shapes of what it holds, its modules and its optimizer, which module is the head, what ends the features, and with which settings the end of its training
 * is predicted, or why not.
 */
export interface NetworkInput {
  /** Parameters and buffers in the order of the modules: name and shape. */
  parameters: readonly (readonly [string, readonly number[]])[];
  /** Name of the head's weight, where it is known. */
  head?: string;
  /** Modules that have none inside: place and name of the class. */
  modules?: readonly (readonly [string, string])[];
  /** Whether none of the features that were seen is negative. */
  nonnegative?: boolean;
  /** One decay of all, in place of the optimizer's. */
  weightDecay?: number;
  /** What ends the features, where it is known and not to be told. */
  ends?: string;
  /** The optimizers. */
  optimizers?: readonly Optimizer[];
  /** J of the features, as a measurement tells it. */
  branches?: number;
  /** Scale and shift of the normalizations by name (`norms` of an earlier answer): tell the most that J can be. */
  values?: Readonly<Record<string, ArrayLike<number>>>;
}

const keys: Record<keyof NetworkInput, true> = {
  parameters: true,
  head: true,
  modules: true,
  nonnegative: true,
  weightDecay: true,
  ends: true,
  optimizers: true,
  branches: true,
  values: true,
};

/** The answer (schema nclab.network/1). */
export interface NetworkDocument extends Omit<LivingEnding, "head" | "mostBranches" | "against"> {
  schema: "nclab.network/1";
  /** The last layer: names of weight and bias, classes, features. */
  head: CheckpointEnding["head"] & { bias: string | null };
  /** J is at most this. */
  branchesAtMost: number;
  /** Settings for `predict`, with `counts` beside them; null: see `because`. */
  settings: TrainedWith | null;
  /** Why there are none. */
  because: string | null;
  /** Settings for `measure` to compare with; null: there is nothing to compare with. */
  measure: ComparisonInput | null;
}

/** Throws InputError where the head cannot be told. */
export function networkFrom(given: NetworkInput): NetworkDocument {
  const { parameters, modules, optimizers, values } = checked(given);
  const { nonnegative = null, weightDecay = null, ends, branches = null } = given;
  const { arrays, head, bias } = headIn(parameters, given.head);
  const named = [...arrays].map(([name, { shape }]) => ({ name, shape }));
  const told = endingOfLiving(endingOfCheckpoint(named, head, true), { modules, nonnegative });
  // What a person says goes before what is told; what decays, and the branches, are still those of the network.
  const ending: LivingEnding =
    ends === undefined ? told : { ...told, ends: ends as LivingEnding["ends"], against: null, misfit: null };
  const of = (name: string | null): Float64Array | null => (name === null ? null : (values.get(name) ?? null));
  const sizes = ending.norms.map(({ scale, shift }) => ({ scale: of(scale), shift: of(shift) }));
  const known = sizes.length > 0 && sizes.every(({ scale }) => scale !== null);
  const branchesAtMost = ending.mostBranches > 1 && known ? alignedBranches(sizes) : ending.mostBranches;
  const { settings, because, notes } = trainedWith(ending, { weightDecay, optimizers, bias, branches, branchesAtMost });
  const { mostBranches: _most, against: _against, ...shown } = ending;
  return {
    schema: "nclab.network/1",
    ...shown,
    head: { ...head, bias },
    branchesAtMost,
    settings,
    because,
    measure: settings && comparisonFor(settings),
    notes: [...ending.notes, ...notes],
  };
}

/** What a measurement can be compared with: the prediction where there is one of that ending, else that of the effective lambdas, which take a decay that is a term of the loss. */
function comparisonFor({ width: _, ...settings }: TrainedWith): ComparisonInput | null {
  const { weightDecay, optimizer } = settings;
  for (const comparison of [settings, ...(optimizer === undefined ? [{ weightDecay }] : [])] as ComparisonInput[])
    try {
      comparisonOf(comparison);
      return comparison;
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
    }
  return null;
}

/** What came as plain data, with the shapes that are needed below. Throws InputError. */
function checked(given: NetworkInput): {
  parameters: readonly (readonly [string, readonly number[]])[];
  modules: { place: string; type: string }[];
  optimizers: readonly Optimizer[];
  values: ReadonlyMap<string, Float64Array>;
} {
  checkKeys(given, keys, "network");
  const { parameters, modules = [], optimizers = [], values = {}, nonnegative, weightDecay, ends, branches, head } = given;
  const isPair = (x: unknown): x is [unknown, unknown] => Array.isArray(x) && x.length === 2 && typeof x[0] === "string";
  const isShape = (x: unknown): boolean => Array.isArray(x) && x.every((n) => Number.isSafeInteger(n) && n >= 0);
  if (!Array.isArray(parameters) || !parameters.every((x) => isPair(x) && isShape(x[1])))
    throw inputError("parameters", "a list of names with shapes: [name, [sizes]]", parameters);
  if (!Array.isArray(modules) || !modules.every((x) => isPair(x) && typeof x[1] === "string"))
    throw inputError("modules", "a list of places with names of classes: [place, class]", modules);
  const isGroup = (x: unknown): boolean =>
    isObject(x) &&
    typeof x.weightDecay === "number" &&
    Array.isArray(x.parameters) &&
    [undefined, true, false].includes(x.decoupled as boolean);
  if (
    !Array.isArray(optimizers) ||
    !optimizers.every((x) => isObject(x) && typeof x.type === "string" && Array.isArray(x.groups) && x.groups.every(isGroup))
  )
    throw inputError("optimizers", "a list of { type, groups: [{ weightDecay, decoupled, parameters: [names] }] }", optimizers);
  for (const [name, value] of Object.entries({ head, ends }))
    if (value !== undefined && typeof value !== "string") throw inputError(name, "a name", value);
  for (const [name, value] of Object.entries({ weightDecay, branches }))
    if (value !== undefined && typeof value !== "number") throw inputError(name, "a number", value);
  if (nonnegative !== undefined && typeof nonnegative !== "boolean")
    throw inputError("nonnegative", "true or false", nonnegative);
  if (!isObject(values)) throw inputError("values", "arrays by the names of parameters", values);
  return {
    parameters,
    modules: modules.map(([place, type]) => ({ place, type })),
    optimizers,
    values: new Map(Object.entries(values).map(([name, numbers]) => [name, Float64Array.from(numbers as ArrayLike<number>)])),
  };
}

/** The head, found as in a checkpoint of these arrays. */
function headIn(
  parameters: NetworkInput["parameters"],
  stated: string | undefined,
): { arrays: ReadonlyMap<string, StoredArray>; head: CheckpointEnding["head"]; bias: string | null } {
  const all = new Map(parameters.map(([name, shape]) => [name, shapeOnly(name, shape)]));
  const file = {
    file: "network",
    kind: "module",
    ordered: true,
    arrays: all,
    texts: new Map(),
    skipped: new Map(),
    settings: new Map(),
  };
  const from: ArrayFile = { ...file, close: async () => {} };
  const { arrays, head } = headOf(from, stated);
  const bias = findArray(from, "bias", { weight: head.name });
  return { arrays, head, bias: [...all].find(([, array]) => array === bias)?.[0] ?? null };
}

/** An array of which nothing is read but its shape. */
const shapeOnly = (name: string, shape: readonly number[]): StoredArray => ({
  what: name,
  shape,
  type: "f4",
  littleEndian: true,
  strides: shape.map(() => 0),
  bytes: memoryBytes(name, new Uint8Array(0)),
  offset: 0,
});
