import { InputError, inputError } from "../errors.ts";
import { mostPathPoints, type PathRange } from "../prediction/index.ts";
import type { FamilyParameter, ProblemInput } from "../problem/index.ts";
import { type Option, parseNumber, type Values } from "./command.ts";
import { readProblemInput, regularizationOptions, weightDecayOptions, withOptions } from "./problem-options.ts";

/** How a range is written. */
const rangeForm = "FROM:TO[:POINTS][:log|:linear]";

/** Values of a path where nothing else is said. */
const usualPoints = 60;

interface Parameter {
  over: FamilyParameter;
  /** In tables and pictures. */
  label: string;
  /** The same option without a range is an ordinary one. */
  single: boolean;
}

/** The options that take a range, by name; the first two as everywhere, n-b as in `nclab phase`. */
export const pathParameters: Record<string, Parameter> = {
  "lambda-z": { over: "lambdaZ", label: "λ_Z", single: true },
  "weight-decay": { over: "weightDecay", label: "weight decay", single: true },
  "n-b": { over: "nB", label: "n_B", single: false },
  imbalance: { over: "imbalance", label: "imbalance", single: false },
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

/** What the options say of a path: the problem without what varies, and the range. Throws InputError. */
export async function readPath(options: Values): Promise<{
  input: ProblemInput;
  names: string[] | null;
  range: PathRange;
  option: string;
  label: string;
}> {
  const given = Object.keys(pathParameters).filter((name) => options.text(name)?.includes(":"));
  for (const [name, { single }] of Object.entries(pathParameters)) {
    const text = options.text(name);
    if (!single && text !== undefined && !text.includes(":")) throw inputError(`--${name}`, rangeForm, text);
  }
  const all = Object.keys(pathParameters).map((name) => `--${name}`);
  if (given.length !== 1)
    throw new InputError(
      `nclab path: expected a range ${rangeForm} in exactly one of ${all.join(", ")}, got ${given.length === 0 ? "none" : given.map((name) => `--${name}`).join(" and ")}`,
    );
  const [option] = given;
  const { over, label } = pathParameters[option];
  const range = readRange(`--${option}`, options.text(option) as string, over);
  // What varies is no value of the problem.
  const rest: Values = {
    ...options,
    text: (name) => (name === option ? undefined : options.text(name)),
    number: (name, allowInfinite) => (name === option ? undefined : options.number(name, allowInfinite)),
  };
  const { names, ...input } = await readProblemInput(rest);
  return { input, names, range, option, label };
}

function readRange(option: string, text: string, over: FamilyParameter): PathRange {
  const parts = text.split(":");
  const scale = ["log", "linear"].includes(parts[parts.length - 1]) ? (parts.pop() as "log" | "linear") : undefined;
  if (parts.length < 2 || parts.length > 3) throw inputError(option, rangeForm, text);
  const [from, to] = parts.slice(0, 2).map((end, i) => parseNumber(`${option}: ${i === 0 ? "FROM" : "TO"}`, end, false));
  const points = parts[2] ?? String(usualPoints);
  if (!/^\d+$/.test(points) || Number(points) < 2 || Number(points) > mostPathPoints)
    throw inputError(`${option}: POINTS`, `a whole number from 2 to ${mostPathPoints}`, points);
  return { over, from, to, points: Number(points), scale };
}

/** Errors about what varies name its option, those about a problem theirs. */
export function withPathOptions(error: unknown): unknown {
  const named = withOptions(error);
  if (!(named instanceof InputError)) return named;
  const message = Object.entries(pathParameters).reduce(
    (text, [option, { over }]) => text.replace(new RegExp(`^${over}(?=:)`), `--${option}`),
    named.message,
  );
  return new InputError(message);
}
