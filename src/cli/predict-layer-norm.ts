import type { Question } from "../documents/index.ts";
import { format } from "../number-text.ts";
import { type LayerNormPrediction, layerNormDocument, predictLayerNorm } from "../prediction/index.ts";
import type { LayerNormProblem } from "../problem/index.ts";
import { table, terminalHeatMap } from "../terminal/index.ts";
import { distancesText, figureText, listClasses, mostRows, statusText, weakest } from "../words/index.ts";
import type { Values } from "./command.ts";
import { toJson } from "./json.ts";
import { readPicture } from "./pictures.ts";
import { asOptions } from "./problem-options.ts";
import { progressLine } from "./progress.ts";
import { searchText } from "./search-text.ts";
import { answered, mostDrawn, slowDescent } from "./searched.ts";

/**
 * `nclab predict --ends layer-norm --width d`: the best of many descents (theory, section 9.4). Nothing is proved, so it ends with code 3.
 */
export async function predictWithLayerNorm(
  { problem, names, starts }: Extract<Question, { model: "layer-norm" }>,
  options: Values,
  print: (text: string) => Promise<void>,
): Promise<number> {
  const plot = readPicture(options, false);
  const line = problem.K >= slowDescent ? progressLine() : null;
  const { prediction, network } = asOptions(() =>
    predictLayerNorm(problem, { starts, progress: (done, of) => line?.update(done, of, `descent ${done} of ${of}`) }),
  );
  line?.end();
  const text = options.flag("json") ? toJson(layerNormDocument(prediction, names)) : describe(problem, prediction, names);
  const { channels: d, W, H } = network;
  return answered({ prediction, network: { d, W, H } }, { save: options.text("save"), plot, text }, print);
}

function describe(problem: LayerNormProblem, p: LayerNormPrediction, names: readonly string[] | null): string {
  const { K, N, width, weightDecay, lambdaW, lambdaNorm, lambdaB } = problem;
  const x = (v: number): string => format(v, 6);
  return [
    `${K} classes, ${N} samples, features out of layer normalization of ${width} channels`,
    `weight decay ${x(weightDecay)}: lambda_W ${x(lambdaW)}, on scale and shift ${x(lambdaNorm)}, lambda_b ${x(lambdaB)}`,
    "",
    p.geometry === null
      ? "complete collapse, as far as was searched: all class features are one"
      : `geometry of the class features: ${figureText(p.geometry, K, names)}`,
    statusText(p.summary),
    classTable(p, names),
    "",
    `rank ${p.rank} of ${K - 1}; ${searchText(p.objective, p.search)}`,
    `not proved: no minimum lies below ${x(p.bound)}, and the model is not convex`,
    ...closedFormLines(p),
    ...(p.geometry === null ? [] : [distancesText(p.distances)]),
    ...p.notes.map((note) => `note: ${note}`),
    ...(K <= mostDrawn
      ? [
          "",
          "mean predictions Z (rows: logits, columns: classes)",
          terminalHeatMap(p.Z, p.clusters, { color: process.stdout.isTTY === true && !process.env.NO_COLOR }),
        ]
      : []),
  ].join("\n");
}

function closedFormLines({ closedForms, objective }: LayerNormPrediction): string[] {
  if (closedForms === null) return [];
  const beside = (name: string, value: number | null): string[] =>
    value === null ? [] : [`${name} ${value.toPrecision(12)} (${format(value / objective, 5)} of the best found)`];
  const forms = [...beside("simplex", closedForms.simplex), ...beside("cross-polytope", closedForms.crossPolytope)];
  return forms.length === 0 ? [] : [`closed forms: ${forms.join(", ")}`];
}

function classTable(p: LayerNormPrediction, names: readonly string[] | null): string {
  const shown = p.classes.length > mostRows ? weakest(p.classes) : p.classes;
  const text = table(
    ["class", "samples", "becomes", "p_own", "strongest rival", "margin", "bias", "opposite"],
    shown.map((c) => [
      listClasses([c.class], names),
      c.count,
      c.status,
      format(c.pOwn),
      listClasses([c.rival], names),
      format(c.margin),
      format(p.b[c.class]),
      oppositeOf(p, c.class, names),
    ]),
  );
  return shown.length < p.classes.length
    ? `${text}\nthe ${shown.length} weakest of ${p.classes.length} classes; --json has all`
    : text;
}

/** The class at the other end of its pair. */
function oppositeOf(p: LayerNormPrediction, k: number, names: readonly string[] | null): string {
  const pair = p.geometry?.pairs.find((members) => members.includes(k));
  return pair ? listClasses([pair[0] === k ? pair[1] : pair[0]], names) : "–";
}
