import { besideTargets, noClasses, type Question } from "../documents/index.ts";
import { inputError } from "../errors.ts";
import { encodeNpz, openArrays, readWhole, writeFileAtomic } from "../features/index.ts";
import { type Matrix, matrix } from "../math/index.ts";
import { format } from "../number-text.ts";
import { type PredictedColumn, predictTargets, type TargetsPrediction } from "../prediction/index.ts";
import type { TargetsProblem } from "../problem/index.ts";
import { table } from "../terminal/index.ts";
import type { Option, Values } from "./command.ts";
import { toJson } from "./json.ts";
import { writeAndPrint } from "./outputs.ts";
import { describeRegularization, optionOf } from "./problem-options.ts";

export const targetsOption: Option = {
  type: "string",
  value: "FILE.npy",
  help: "soft labels: K x M numbers, a column a distribution over K classes (label noise, mixtures, next tokens), with --counts of the M columns",
};

/** Pictures are of K x K predictions, and mean nothing beside targets. */
const refused = ["plot", "width", "font"] as const;

/** `nclab predict --targets FILE`: soft labels (theory, section 15), by the problem of points and its certificate. */
export async function predictWithTargets(
  { problem, names, tolerance }: Extract<Question, { model: "targets" }>,
  options: Values,
  print: (text: string) => Promise<void>,
): Promise<number> {
  const { K, M } = problem;
  if (K * M > slow && tolerance < 1e-6)
    console.error(`${K} x ${M} targets: this may take many minutes; --tolerance 1e-6 takes a few`);
  const { prediction, Z, factors } = predictTargets(problem, { tolerance });
  const save = options.text("save");
  await writeAndPrint(
    async () => {
      if (save === undefined) return;
      await writeFileAtomic(
        save,
        encodeNpz({
          Z: { shape: [K, M], data: Z },
          b: { shape: [K], data: Float64Array.from(prediction.b) },
          W: { shape: [K, factors.d], data: factors.W },
          H: { shape: [M, factors.d], data: factors.H },
          counts: { shape: [M], data: BigInt64Array.from(problem.counts, BigInt) },
        }),
      );
    },
    () => print(options.flag("json") ? toJson({ ...prediction, columnNames: names }) : describe(problem, prediction, names)),
  );
  if (prediction.certified) return 0;
  console.error(`the asked relative gap of ${tolerance} was not reached: ${format(prediction.relativeGap)} is what is proved`);
  return 3;
}

/** Numbers of a file with more targets than this take a while. */
const slow = 200_000;

/** The matrix that --targets names, where it does. Throws InputError for it, and for what means nothing beside it before anything is read. */
export async function readTargets(options: Values): Promise<Matrix | undefined> {
  const file = options.text("targets");
  if (file === undefined) return undefined;
  for (const name of refused)
    if (options.text(name) !== undefined)
      throw inputError(`--${name}`, "nothing beside --targets, whose columns are no classes", options.text(name));
  for (const name of besideTargets.map(optionOf))
    if (options.text(name) !== undefined)
      throw inputError(`--${name}`, `nothing beside --targets, ${noClasses}`, options.text(name));
  const opened = await openArrays(file);
  try {
    const all = [...opened.arrays.values()];
    const array = opened.arrays.get("targets") ?? (all.length === 1 ? all[0] : undefined);
    if (!array)
      throw inputError(
        `--targets ${file}`,
        "one array, or one that is named targets",
        [...opened.arrays.keys()].join(", ") || "no arrays",
      );
    const { shape } = array;
    if (shape.length !== 2)
      throw inputError(`--targets ${file}: shape`, "K x M, a column a distribution over K classes", shape.join(" x ") || "()");
    const { data } = await readWhole(array);
    return matrix(shape[0], shape[1], Float64Array.from(data, Number));
  } finally {
    await opened.close();
  }
}

/** More columns than this are cut to those furthest from their targets. */
const mostRows = 20;

function describe(problem: TargetsProblem, p: TargetsPrediction, names: readonly string[] | null): string {
  const { K, M, N, targets } = p.problem;
  const shown =
    p.columns.length > mostRows ? [...p.columns].sort((a, b) => b.divergence - a.divergence).slice(0, mostRows) : p.columns;
  const text = table(
    ["column", "samples", "label", "its share", "predicted share", "predicted", "cross-entropy", "entropy", "divergence"],
    shown.map((c) => row(c, names)),
  );
  return [
    `${K} classes, ${M} columns of soft targets${targets.distinct < M ? `, ${targets.distinct} different` : ""}, ${N} samples, free features`,
    describeRegularization(problem),
    "",
    text,
    ...(shown.length < M ? [`the ${shown.length} columns that are furthest from their targets, of ${M}; --json has all`] : []),
    "",
    `mean cross-entropy ${format(p.crossEntropy, 6)}: ${format(targets.entropy, 6)} of the targets' own entropy and ${format(p.divergence, 6)} of divergence from them (nats)`,
    `rank ${p.rank} of ${Math.min(K - 1, targets.distinct)}; objective ${p.objective.toPrecision(12)}, the entropy of the targets in it`,
    `proved to a relative gap of ${format(p.relativeGap)} in ${format(p.seconds * 1000)} ms`,
    ...(p.reason === null ? [] : [`not proved to the tolerance: ${p.reason}`]),
  ].join("\n");
}

function row(c: PredictedColumn, names: readonly string[] | null): string[] {
  return [
    names?.[c.column] === undefined ? String(c.column) : `${c.column} ${names[c.column]}`,
    String(c.count),
    String(c.label),
    format(c.share),
    format(c.pLabel),
    String(c.predicted),
    format(c.crossEntropy),
    format(c.entropy),
    format(c.divergence),
  ];
}
