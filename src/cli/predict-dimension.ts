import type { CountsAnswer } from "../documents/index.ts";
import { format } from "../number-text.ts";
import type { Dimension, FixedDimensionPrediction } from "../prediction/index.ts";
import { fixedDimensionDocument } from "../prediction/index.ts";
import type { Problem } from "../problem/index.ts";
import { usualStarts } from "../solver/index.ts";
import { table, terminalHeatMap } from "../terminal/index.ts";
import { distancesText, figureText, listClasses, mostRows, statusText, weakest } from "../words/index.ts";
import type { Option, Values } from "./command.ts";
import { toJson } from "./json.ts";
import type { PictureFile } from "./pictures.ts";
import { describeRegularization } from "./problem-options.ts";
import { searchText } from "./search-text.ts";
import { answered, mostDrawn } from "./searched.ts";

export const dimensionOptions: Record<string, Option> = {
  dimension: {
    type: "string",
    value: "d",
    help: "dimensions that the features have: where the optimum needs no more it is the answer; where it does, the best of --starts descents, never certified (exit code 3)",
  },
  starts: {
    type: "string",
    value: "S",
    help: `with --ends layer-norm or --dimension: descents from different starts, of which the best is taken (default ${usualStarts})`,
  },
};

/** What is said of a dimension that suffices. */
export function dimensionText({ asked, least }: Dimension): string {
  if (least === null)
    return `${asked} dimensions hold this answer; the least that costs nothing is not known, as it is not certified to 1e-10`;
  return `${asked} dimension${asked === 1 ? "" : "s"} cost nothing: the least that does not is ${least}, the rank of the optimum`;
}

/** `nclab predict --dimension d` where d is less than the rank of the optimum (theory, section 13). Nothing is proved, so it ends with code 3. */
export async function predictInFewDimensions(
  problem: Problem,
  { prediction, network }: Extract<CountsAnswer, { within: false }>,
  names: readonly string[] | null,
  { options, plot }: { options: Values; plot: PictureFile | undefined },
  print: (text: string) => Promise<void>,
): Promise<number> {
  const text = options.flag("json") ? toJson(fixedDimensionDocument(prediction, names)) : describe(problem, prediction, names);
  return answered({ prediction, network }, { save: options.text("save"), plot, text }, print);
}

function describe(problem: Problem, p: FixedDimensionPrediction, names: readonly string[] | null): string {
  const { asked, least } = p.dimension;
  const needed =
    least === null ? "the answer without a limit, which is not certified to 1e-10, has more" : `${least} would cost nothing`;
  return [
    `${problem.K} classes, ${problem.N} samples, free features of ${asked} dimension${asked === 1 ? "" : "s"} (${needed})`,
    describeRegularization(problem),
    "",
    p.geometry === null
      ? "complete collapse: all class features are 0"
      : `geometry of the class features: ${figureText(p.geometry, problem.K, names)}`,
    statusText(p.summary),
    classTable(p, names),
    "",
    `rank ${p.rank}; ${searchText(p.objective, p.search)}`,
    `not proved: no minimum lies below ${p.dual.toPrecision(12)}, that of any dimension, a relative gap of ${format(p.relativeGap)}`,
    ...(p.geometry === null ? [] : ["", distancesText(p.distances)]),
    ...(problem.K <= mostDrawn
      ? [
          "",
          "mean predictions Z (rows: logits, columns: classes)",
          terminalHeatMap(p.Z, p.clusters, { color: process.stdout.isTTY === true && !process.env.NO_COLOR }),
        ]
      : []),
  ].join("\n");
}

function classTable(p: FixedDimensionPrediction, names: readonly string[] | null): string {
  const shown = p.classes.length > mostRows ? weakest(p.classes) : p.classes;
  const text = table(
    ["class", "samples", "becomes", "p_own", "strongest rival", "margin in logits", "nearest", "bias"],
    shown.map((c) => [
      listClasses([c.class], names),
      c.count,
      c.status,
      format(c.pOwn),
      listClasses([c.rival], names),
      format(c.margin),
      listClasses([c.nearest], names),
      format(p.b[c.class]),
    ]),
  );
  return shown.length < p.classes.length
    ? `${text}\nthe ${shown.length} weakest of ${p.classes.length} classes; --json has all`
    : text;
}
