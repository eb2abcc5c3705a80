import { InputError, inputError } from "../errors.ts";
import { lossNames } from "../loss/index.ts";
import { format } from "../number-text.ts";
import { problem, saysWeightDecay } from "../problem/index.ts";
import {
  checkPhaseParameter,
  type Phase,
  type PhaseAxis,
  type PhaseParameter,
  type PhasePoint,
  phaseColumns,
  phaseGrid,
  phaseWords,
} from "../theory/index.ts";
import { type Command, type CommandInput, parseNumber, type Values } from "./command.ts";
import { toJson } from "./json.ts";
import { pictureName, pictureOptions, readPicture, writePicture } from "./pictures.ts";
import {
  asOptions,
  lossOption,
  readConvention,
  readWeightDecay,
  regularizationOptions,
  weightDecayOptions,
} from "./problem-options.ts";

/** `nclab phase`: which of the structures (a) to (d) two clusters take, over any two parameters. */
export const phase: Command = {
  name: "phase",
  summary:
    "Phase diagram of two clusters over any two of lambda-z (or weight-decay, with --ends), ratio (n_A/n_B), n-b, lambda-b, k-a.",
  options: {
    x: { type: "string", value: "AXIS", help: "NAME:FROM:TO:STEPS[:log|:linear] (default lambda-z:1e-4:1e-1:400)" },
    y: { type: "string", value: "AXIS", help: "the other axis (default ratio:1:100:400); axes are log, k-a linear" },
    "lambda-z": { type: "string", value: "X", help: "lambda_Z where it is on no axis" },
    "lambda-b": { type: "string", value: "X|inf", help: "lambda_b (default inf: no bias; 0: a bias without penalty)" },
    ratio: { type: "string", value: "R", help: "n_A/n_B (default 5)" },
    "n-b": { type: "string", value: "N", help: "samples of a minority class (default 100)" },
    "k-a": { type: "string", value: "K", help: "majority classes (default 5)" },
    "k-b": { type: "string", value: "K", help: "minority classes (default 5)" },
    ...weightDecayOptions,
    convention: regularizationOptions.convention,
    nonnegative: { type: "boolean", help: "features are nonnegative (they end in a ReLU): the structures (a), (c), (d)" },
    loss: { ...lossOption, help: "cross-entropy alone: the phases are those of its closed form" },
    plot: { type: "string", writes: true, value: pictureName, help: "write the diagram" },
    ...pictureOptions,
    json: { type: "boolean", help: "print one JSON document (schema nclab.phase/1; one string of letters a value of y)" },
  },
  example: "nclab phase --x lambda-z:1e-4:1e-1:400 --y ratio:1:100:400 --n-b 100 --lambda-b 0.02 --plot phases.svg",
  run,
};

const parameters: Record<string, { name: PhaseParameter; label: string }> = {
  "lambda-z": { name: "lambdaZ", label: "λ_Z" },
  "weight-decay": { name: "lambdaZ", label: "weight decay" },
  ratio: { name: "ratio", label: "n_A / n_B" },
  "n-b": { name: "nB", label: "n_B" },
  "lambda-b": { name: "lambdaB", label: "λ_b" },
  "k-a": { name: "kA", label: "k_A" },
};

async function run({ options }: CommandInput): Promise<number> {
  const loss = options.text("loss");
  if (loss !== undefined && loss !== lossNames[0])
    throw inputError(
      "--loss",
      `${lossNames[0]}: the phases (a) to (d) are those of its closed form for two clusters; nclab thresholds and path say where the structure of other losses changes`,
      loss,
    );
  const x = readAxis("--x", options.text("x") ?? (saysDecay(options) ? "weight-decay:1e-3:1:400" : "lambda-z:1e-4:1e-1:400"));
  const y = readAxis("--y", options.text("y") ?? "ratio:1:100:400");
  if (x.parameter === y.parameter) throw inputError("--y", "another parameter than --x", options.text("y") ?? "ratio");
  const weightDecay = readDecay(options, [x, y]);
  const fixed = readFixed(options, [x.parameter, y.parameter], weightDecay !== undefined);
  const plot = readPicture(options);
  for (const axis of [x, y])
    if (plot !== undefined && axis.values[0] === 0)
      throw inputError("--plot", "axes that begin above 0 (they are drawn to a log scale)", `${axis.label} from 0`);

  const nonnegative = options.flag("nonnegative") || options.text("ends") === "batch-norm-relu";
  const began = performance.now();
  const grid = { x, y, fixed, weightDecay, convention: readConvention(options), nonnegative };
  const phases = phaseGrid(grid);
  const seconds = (performance.now() - began) / 1000;
  if (plot !== undefined) {
    const { phaseDiagram } = await import("../plots/index.ts");
    // Classes come whole: their borders are steps.
    const whole = x.parameter === "kA" || y.parameter === "kA" || x.values.length < 2 || y.values.length < 2;
    const strips = whole ? undefined : phaseColumns(grid);
    const data = {
      xLabel: x.label,
      yLabel: y.label,
      x: x.values,
      y: y.values,
      phases: phases.map((row) => [...row] as Phase[]),
      strips,
    };
    await writePicture(plot, (options) => phaseDiagram(data, options));
  }
  const axis = (a: Axis) => ({ parameter: a.said, values: a.values });
  const others = fixedWords(
    fixed,
    [x.parameter, y.parameter],
    weightDecay && { ...weightDecay, ends: options.text("ends") as string },
  );
  console.log(
    options.flag("json")
      ? toJson({
          schema: "nclab.phase/1",
          x: axis(x),
          y: axis(y),
          fixed: others,
          convention: readConvention(options),
          nonnegative,
          phases,
          seconds,
        })
      : describe(x, y, others, nonnegative, phases, seconds),
  );
  return 0;
}

interface Axis extends PhaseAxis {
  label: string;
  /** Its name in the document. */
  said: string;
}

const saysDecay = (options: Values): boolean => options.text("ends") !== undefined || options.text("weight-decay") !== undefined;

/** The weight decay that takes the place of lambda_Z, on an axis or fixed; checked by the reader of problems. */
function readDecay(options: Values, axes: readonly Axis[]): { branches: number; norm?: number; bias?: number } | undefined {
  const given = readWeightDecay(options);
  const axis = axes.find((a) => a.said === "weightDecay");
  if (axis) {
    if (given.weightDecay !== undefined)
      throw new InputError(`--weight-decay: expected no value for what is on an axis, got ${given.weightDecay}`);
  } else if (!saysWeightDecay(given) && given.optimizer === undefined) return undefined;
  const other = axes.find((a) => a.parameter === "lambdaB" || a.said === "lambdaZ");
  if (other) throw inputError("axes", "weight-decay, ratio, n-b or k-a beside a weight decay", other.label);
  asOptions(() =>
    problem({
      counts: [1, 1],
      ...given,
      weightDecay: axis ? axis.values[0] : given.weightDecay,
      lambdaZ: options.number("lambda-z"),
      lambdaB: options.number("lambda-b", true),
      convention: options.text("convention") === undefined ? undefined : readConvention(options),
      nonnegative: options.flag("nonnegative"),
    }),
  );
  return { branches: given.branches ?? 1, norm: given.normWeightDecay, bias: given.biasWeightDecay };
}

/** `lambda-z:1e-4:1e-1:400[:log|:linear]`; k-a keeps whole numbers only. */
function readAxis(option: string, text: string): Axis {
  const rule = `NAME:FROM:TO:STEPS[:log|:linear] with NAME one of ${Object.keys(parameters).join(", ")}`;
  const [name, from, to, steps, scale = name === "k-a" ? "linear" : "log", ...rest] = text.split(":");
  if (!Object.hasOwn(parameters, name) || steps === undefined || rest.length > 0 || !["log", "linear"].includes(scale))
    throw inputError(option, rule, text);
  const { name: parameter, label } = parameters[name];
  const low = parseNumber(`${option}: FROM`, from, false);
  const high = parseNumber(`${option}: TO`, to, false);
  const count = Number(steps);
  if (!/^\d+$/.test(steps) || count < 2 || count > 10_000)
    throw inputError(`${option}: STEPS`, "a whole number from 2 to 10000", steps);
  if (!(low < high)) throw inputError(option, "FROM below TO", text);
  for (const value of [low, high]) checkPhaseParameter(parameter, value, `${option} (${name})`);
  if (scale === "log" && low === 0)
    throw inputError(`${option}: FROM`, "a positive number on a log axis (:linear begins at 0)", from);
  const at = (u: number): number => (scale === "log" ? low * (high / low) ** u : low + (high - low) * u);
  // The ends exactly as given.
  const values = Array.from({ length: count }, (_, i) => (i === 0 ? low : i === count - 1 ? high : at(i / (count - 1))));
  return {
    parameter,
    label,
    said: name === "weight-decay" ? "weightDecay" : parameter,
    values: parameter === "kA" ? [...new Set(values.map(Math.round))] : values,
  };
}

/** What is on no axis. An option for a parameter that is on one is refused: it would be ignored. */
function readFixed(options: Values, axes: readonly PhaseParameter[], decayed: boolean): PhasePoint {
  const read = (option: string, parameter: keyof PhasePoint, standard?: number): number => {
    const value = options.number(option, parameter === "lambdaB");
    if ((axes as readonly string[]).includes(parameter)) {
      if (value !== undefined) throw new InputError(`--${option}: expected no value for what is on an axis, got ${value}`);
      return Number.NaN;
    }
    if (value === undefined && standard === undefined)
      throw new InputError(`--${option}: expected a value, since it is on no axis, got none`);
    const used = value ?? (standard as number);
    checkPhaseParameter(parameter, used, `--${option}`);
    return used;
  };
  return {
    lambdaZ: read(decayed ? "weight-decay" : "lambda-z", "lambdaZ"),
    lambdaB: read("lambda-b", "lambdaB", Number.POSITIVE_INFINITY),
    ratio: read("ratio", "ratio", 5),
    nB: read("n-b", "nB", 100),
    kA: read("k-a", "kA", 5),
    kB: read("k-b", "kB", 5),
  };
}

/** What is on no axis, under the names of the document. */
function fixedWords(
  fixed: PhasePoint,
  axes: readonly PhaseParameter[],
  decay: { branches: number; norm?: number; bias?: number; ends: string } | undefined,
): Record<string, number | string> {
  const left = Object.entries(fixed).filter(([name]) => !(axes as readonly string[]).includes(name));
  if (!decay) return Object.fromEntries(left);
  const { branches, norm, bias, ends } = decay;
  return {
    ...Object.fromEntries(
      left.flatMap(([name, x]) => (name === "lambdaB" ? [] : [[name === "lambdaZ" ? "weightDecay" : name, x]])),
    ),
    ends,
    branches,
    ...(norm === undefined ? {} : { normWeightDecay: norm }),
    ...(bias === undefined ? {} : { biasWeightDecay: bias }),
  };
}

function describe(
  x: Axis,
  y: Axis,
  fixed: Record<string, number | string>,
  nonnegative: boolean,
  phases: readonly string[],
  seconds: number,
): string {
  const pick = (n: number, most: number): number[] =>
    Array.from({ length: Math.min(n, most) }, (_, i) => Math.round((i * (n - 1)) / Math.max(1, Math.min(n, most) - 1)));
  const columns = pick(x.values.length, 72);
  const rows = pick(y.values.length, 24).reverse();
  const left = Math.max(...rows.map((i) => format(y.values[i], 3).length));
  const total = x.values.length * y.values.length;
  const share = (letter: string): number => phases.reduce((sum, row) => sum + row.split(letter).length - 1, 0) / total;
  return [
    `${y.label} (up) against ${x.label} (right, ${format(x.values[0], 3)} to ${format(x.values[x.values.length - 1], 3)})`,
    Object.entries(fixed)
      .map(([name, value]) => `${name} ${value === Number.POSITIVE_INFINITY ? "inf" : value}`)
      .join(", ") + (nonnegative ? ", nonnegative features" : ""),
    "",
    ...rows.map((i) => `${format(y.values[i], 3).padStart(left)} ${columns.map((j) => phases[i][j]).join("")}`),
    "",
    ...Object.entries(phaseWords)
      .filter(([letter]) => !nonnegative || letter !== "b")
      .map(([letter, text]) => `(${letter}) ${text}: ${(100 * share(letter)).toFixed(1)}% of the cells`),
    `${x.values.length} x ${y.values.length} problems in ${format(seconds, 3)} s`,
  ].join("\n");
}
