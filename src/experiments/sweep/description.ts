import { parseDocument } from "yaml";
import { InputError, inputError } from "../../errors.ts";
import { isObject } from "../../json.ts";
import { nearest } from "../../nearest.ts";
import { readSlurm, type SlurmSettings } from "../../slurm/index.ts";

/**
 * A sweep as its file describes it: trainings by the names of `nclab train`'s options.
 *
 *   name: thresholds           # default: the file's
 *   base:                      # what all points share
 *     counts: 5x500,5x100
 *     epochs: 120
 *   grid:                      # every combination of these
 *     lambda-z: [0.002, 0.003]
 *     features: [linear, relu]
 *   list:                      # with each of these
 *     - {smoothing: 0}
 *     - {smoothing: 0.1, epochs: 240}
 *   seeds: 3                   # and each seed: the first three, or a list
 *   slurm: {partition: gpu}    # see slurm-settings.ts
 *
 * What comes later overrides `base`; a name may stand in one of grid, list and seeds only.
 */
export interface SweepDescription {
  name: string;
  /** Options whose values differ between points, in the order of the file. */
  varied: string[];
  /** Of each point: every option that was given, by name, as text. */
  points: Record<string, string>[];
  slurm: SlurmSettings;
}

type Values = Record<string, string>;

const keys = ["name", "base", "grid", "list", "seeds", "slurm"];
/** More points than anyone would train are a mistake in a grid. */
const mostPoints = 100_000;

/** Throws InputError naming `file`, the place in it, the rule and the value. `known`: the options that may be set. */
export function parseSweep(text: string, file: string, name: string, known: readonly string[]): SweepDescription {
  const root = mapping(readYaml(text, file), file);
  for (const key of Object.keys(root)) if (!keys.includes(key)) throw unknown(file, key, keys);
  const at = (key: string): string => `${file}: ${key}`;
  const given = (value: unknown, where: string): Values =>
    Object.fromEntries(
      Object.entries(value === undefined || value === null ? {} : mapping(value, where)).map(([option, x]) => {
        // In {...} a comma ends a value: {counts: 5x10,5x6} has a name "5x6".
        if (!known.includes(option))
          throw unknown(where, option, known, x === null ? " (inside { } a value with a comma wants quotes)" : "");
        return [option, valueText(x, `${where}.${option}`)];
      }),
    );

  const base = given(root.base, at("base"));
  const grid = gridOf(root.grid, at("grid"), known);
  const list = listOf(root.list, at("list"), given);
  const seeds = seedsOf(root.seeds, at("seeds"));
  const places: [string, readonly string[]][] = [
    ["grid", Object.keys(grid)],
    ["list", [...new Set(list.flatMap(Object.keys))]],
    ["seeds", seeds ? ["seed"] : []],
  ];
  places.forEach(([place, names], i) => {
    for (const [other, others] of places.slice(i + 1))
      for (const option of names)
        if (others.includes(option)) throw inputError(`${file}: ${option}`, `it in ${place} or in ${other}`, "both");
  });
  const axes = [...Object.entries(grid).map(([option, values]) => values.map((x) => ({ [option]: x }))), list];
  if (seeds) axes.push(seeds.map((seed) => ({ seed })));
  const count = axes.reduce((product, axis) => product * axis.length, 1);
  if (count > mostPoints) throw inputError(file, `at most ${mostPoints} points`, count);
  let points: Values[] = [base];
  for (const axis of axes) points = points.flatMap((point) => axis.map((values: Values) => ({ ...point, ...values })));
  return {
    name: nameOf(root.name, at("name"), name),
    varied: places.flatMap(([, names]) => names),
    points,
    slurm: readSlurm(root.slurm, at("slurm")),
  };
}

function gridOf(value: unknown, where: string, known: readonly string[]): Record<string, string[]> {
  if (value === undefined || value === null) return {};
  const grid: Record<string, string[]> = {};
  for (const [option, values] of Object.entries(mapping(value, where))) {
    if (!known.includes(option)) throw unknown(where, option, known);
    if (!Array.isArray(values) || values.length === 0)
      throw inputError(`${where}.${option}`, "a list of at least one value", values);
    grid[option] = values.map((x, i) => valueText(x, `${where}.${option}[${i}]`));
    const seen = new Set<string>();
    grid[option].forEach((x, i) => {
      if (seen.has(x)) throw inputError(`${where}.${option}[${i}]`, "each value once", x);
      seen.add(x);
    });
  }
  return grid;
}

function listOf(value: unknown, where: string, given: (value: unknown, where: string) => Values): Values[] {
  if (value === undefined || value === null) return [{}];
  if (!Array.isArray(value) || value.length === 0) throw inputError(where, "a list of at least one set of options", value);
  return value.map((entry, i) => given(entry, `${where}[${i}]`));
}

function seedsOf(value: unknown, where: string): string[] | null {
  if (value === undefined || value === null) return null;
  const whole = (x: unknown): x is number => Number.isSafeInteger(x) && (x as number) >= 0;
  if (whole(value) && value >= 1 && value <= mostPoints) return Array.from({ length: value }, (_, i) => String(i));
  if (Array.isArray(value) && value.length > 0 && value.every(whole) && new Set(value).size === value.length)
    return value.map(String);
  throw inputError(where, "how many seeds, or a list of different whole numbers", value);
}

function nameOf(value: unknown, where: string, name: string): string {
  if (value === undefined || value === null) return name;
  if (typeof value !== "string" || !/^[\w.-]{1,60}$/.test(value))
    throw inputError(where, "up to 60 letters, digits, points, - and _", value);
  return value;
}

/** A value as it would stand on the command line: lists (of counts, of weights) joined by commas. */
function valueText(value: unknown, where: string): string {
  if (value === Number.POSITIVE_INFINITY) return "inf";
  if (typeof value === "boolean") return String(value);
  if (typeof value === "string" && value !== "") return value;
  if (typeof value === "number" && Number.isFinite(value)) return String(value);
  if (Array.isArray(value) && value.length > 0 && value.every((x) => typeof x === "number" && Number.isFinite(x)))
    return value.join();
  throw inputError(where, "a number, a text or a list of numbers", value);
}

/** As plain values. The parser calls itself for every level, so thousands of levels overflow its stack, and its message is about the stack. */
function readYaml(text: string, file: string): unknown {
  try {
    const document = parseDocument(text, { prettyErrors: true });
    const wrong = document.errors[0] ?? document.warnings[0];
    if (wrong) throw wrong;
    return document.toJS();
  } catch (error) {
    const said = (error as Error).message.split("\n")[0];
    throw new InputError(
      /call stack/i.test(said)
        ? `${file}: expected YAML of names with values and lists, got something nested thousands of levels deep`
        : `${file}: expected YAML, got ${said}`,
    );
  }
}

function mapping(value: unknown, where: string): Record<string, unknown> {
  if (!isObject(value)) throw inputError(where, "names with values", value);
  return value;
}

function unknown(where: string, key: string, known: readonly string[], hint = ""): InputError {
  return new InputError(
    `${where}: expected one of ${known.join(", ")}, got ${JSON.stringify(key)}${nearest(key, known) || hint}`,
  );
}
