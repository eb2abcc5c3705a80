import {
  advice,
  type CheckpointEnding,
  decayInFile,
  endingOfCheckpoint,
  endsDocument,
  type Sizes,
  type Told,
} from "../endings/index.ts";
import { InputError, inputError } from "../errors.ts";
import { findArray, onlyArray, openArrays, rowBlocks, rowsOf, type StoredArray } from "../features/index.ts";
import { branchesAtMost, normSizes, parseKeys } from "../inputs/index.ts";
import { balancedBranches, withinBranches } from "../measure/index.ts";
import { checkLayerNormClasses } from "../prediction/index.ts";
import { checkLayerNormWidth } from "../problem/index.ts";
import { headOf } from "./checkpoint-head.ts";
import type { Command, CommandInput } from "./command.ts";
import { toJson } from "./json.ts";

/** `nclab ends`: which of the theory's cases a checkpoint's network is. */
export const ends: Command = {
  name: "ends",
  summary: "Tells from a checkpoint what stands before the head, which section of the theory applies, and what to run next.",
  positionals: "FILE",
  options: {
    features: {
      type: "string",
      value: "FILE",
      help: "N x d features of the training samples: tells over how many residual branches J they are split",
    },
    keys: {
      type: "string",
      value: "weight=NAME",
      help: "the head's weight, where neither its name nor the order of the file tells it",
    },
    json: { type: "boolean", help: "print one JSON document (schema nclab.ends/1)" },
  },
  example: "nclab ends resnet18.pth",
  run,
};

async function run({ options, positionals }: CommandInput): Promise<number> {
  if (positionals.length !== 1)
    throw new InputError(`nclab ends: expected one checkpoint, got ${positionals.length === 0 ? "none" : positionals.join(" ")}`);
  const [file] = positionals;
  const keys = parseKeys(options.text("keys"));
  const opened = await openArrays(file);
  try {
    const { arrays, head, weight, headBy, headIndex } = headOf(opened, keys.weight);
    const parameters = [...arrays].map(([name, { shape }]) => ({ name, shape }));
    const ending = endingOfCheckpoint(parameters, head, opened.ordered);
    const features = options.text("features");
    const sizes = {
      norms: await normSizes(arrays, ending.norms),
      headSquares: await squaresOf(weight),
    };
    const featureSquares = features === undefined ? null : await meanSquare(features, head.width, keys.features);
    const document = endsDocument(file, ending, sizes, {
      branches: branchesTold(ending, sizes, featureSquares),
      predictRefuses: ending.ends === "layer-norm" ? refusalOf(head) : null,
      headBy,
      headIndex,
      weightDecay: decayInFile(opened.settings, opened.arrays),
    });
    console.log(options.flag("json") ? toJson(document) : advice(document));
    return 0;
  } finally {
    await opened.close();
  }
}

/** What features and sizes tell of the branches: J by balancedness, at one decay of head, scale and shift. */
function branchesTold(ending: CheckpointEnding, { norms, headSquares }: Sizes, featureSquares: number | null): Told["branches"] {
  const atMost = branchesAtMost(ending, norms);
  const J =
    ending.mostBranches === 1 || featureSquares === null ? null : balancedBranches(Math.sqrt(headSquares), featureSquares);
  return { J, atMost, within: J === null || withinBranches(J, atMost) };
}

/** Why `nclab predict --ends layer-norm` would refuse such a head; null: it would not. */
function refusalOf({ classes, width }: CheckpointEnding["head"]): string | null {
  if (classes === 1) return "one logit has no rows whose decay is that of the network";
  try {
    checkLayerNormWidth(width, classes);
    checkLayerNormClasses(classes);
    return null;
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
}

async function squaresOf(array: StoredArray): Promise<number> {
  const { n, d } = rowsOf(array);
  let squares = 0;
  for await (const { values } of rowBlocks(array, 0, n, Math.max(1, Math.floor(2 ** 19 / d))))
    for (const value of values) squares += value * value;
  if (!Number.isFinite(squares))
    throw new InputError(`${array.what}: expected finite numbers, got a sum of squares of ${squares}`);
  return squares;
}

async function meanSquare(file: string, width: number, key: string | undefined): Promise<number> {
  const opened = await openArrays(file);
  try {
    const features = findArray(opened, "features", key === undefined ? {} : { features: key }) ?? onlyArray(opened, "features");
    const { n, d } = rowsOf(features);
    if (d !== width || n === 0)
      throw inputError(`${features.what}: shape`, `N x ${width}, as the head takes`, features.shape.join(" x "));
    return (await squaresOf(features)) / n;
  } finally {
    await opened.close();
  }
}
