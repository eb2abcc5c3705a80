import { type PathInput, type PathQuestion, pathQuestion, pathRange, rangeForm } from "../documents/index.ts";
import { InputError } from "../errors.ts";
import type { FamilyParameter } from "../problem/index.ts";
import { parameterLabels } from "../words/index.ts";
import type { Option, Values } from "./command.ts";
import { readSettings, regularizationOptions, weightDecayOptions, withOptions } from "./problem-options.ts";

interface Parameter {
  over: FamilyParameter;
  /** The same option without a range is an ordinary one. */
  single: boolean;
}

/** The options that take a range, by name; the first two as everywhere, n-b as in `nclab phase`. */
export const pathParameters: Record<string, Parameter> = {
  "lambda-z": { over: "lambdaZ", single: true },
  "weight-decay": { over: "weightDecay", single: true },
  "n-b": { over: "nB", single: false },
  imbalance: { over: "imbalance", single: false },
};

export const pathOptions: Record<string, Option> = {
  ...regularizationOptions,
  "lambda-z": { type: "string", value: `${rangeForm}|X`, help: "along lambda_Z; or the one beside another range" },
  ...weightDecayOptions,
  "weight-decay": {
    type: "string",
    value: `${rangeForm}|X`,
    help: "along the weight decay (L2, SGD) instead of lambdas, with --ends; or the one beside another range",
  },
  "n-b": {
    type: "string",
    value: rangeForm,
    help: "along the samples of each class of the minority (the classes with the least count), up to the next larger count",
  },
  imbalance: {
    type: "string",
    value: rangeForm,
    help: "along the imbalance, largest count over least (1:100) or its inverse (0.01:1): every class keeps its place between the two on a log scale, so that a long tail stays one; counts are not rounded",
  },
};

/** What the options say of a path, and how what varies is called. Throws InputError. */
export async function readPath(options: Values): Promise<PathQuestion & { label: string }> {
  const ranges: Pick<PathInput, FamilyParameter> = {};
  for (const [name, { over, single }] of Object.entries(pathParameters))
    if (!single || isRange(options, name)) ranges[over] = options.text(name);
  try {
    // Before any file is read.
    const { over } = pathRange(ranges);
    // A range is no number: its option is read as a text.
    const plain: Values = {
      ...options,
      number: (name, allowInfinite) => (isRange(options, name) ? undefined : options.number(name, allowInfinite)),
    };
    const settings = await readSettings(plain);
    const question = pathQuestion({ ...settings, ...ranges, tolerance: options.number("tolerance") });
    return { ...question, label: parameterLabels[over] };
  } catch (error) {
    throw withPathOptions(error);
  }
}

const isRange = (options: Values, name: string): boolean =>
  Object.hasOwn(pathParameters, name) && options.text(name)?.includes(":") === true;

/** Errors about keys name the options: in the list of what can vary too, where one of them is a word. */
export function withPathOptions(error: unknown): unknown {
  const named = withOptions(error);
  return named instanceof InputError ? new InputError(named.message.replace(/(?<=--n-b, )imbalance/, "--imbalance")) : named;
}
