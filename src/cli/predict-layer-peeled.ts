import type { Question } from "../documents/index.ts";
import { format } from "../number-text.ts";
import {
  classesOf,
  equalizingOffsets,
  expand,
  factors,
  type LayerPeeledSummary,
  layerPeeledDocument,
  predictLayerPeeled,
  summarized,
} from "../prediction/index.ts";
import { clustersOf, type NormBounds, penalized } from "../problem/index.ts";
import { terminalHeatMap } from "../terminal/index.ts";
import { statusText } from "../words/index.ts";
import { classLines, offsetsText } from "./class-lines.ts";
import type { Values } from "./command.ts";
import { toJson } from "./json.ts";
import { writeAndPrint } from "./outputs.ts";
import { readPicture } from "./pictures.ts";
import { criticalLine } from "./problem-options.ts";
import { checkWhole } from "./whole.ts";

/** From this many different counts on a solve takes most of a minute, and there are some ten. */
const slow = 200;
/** More classes than this are not drawn in the terminal. */
const mostDrawn = 100;

/** `nclab predict --layer-peeled EW,EH` (theory, section 10): the document of a prediction, with its bounds in `problem` and the multiplier. */
export async function predictBounded(
  { problem, names, tolerance }: Extract<Question, { model: "layer-peeled" }>,
  options: Values,
  print: (text: string) => Promise<void>,
): Promise<number> {
  const { counts, EW, EH } = problem;
  const bounds = { EW, EH };
  const plot = readPicture(options);
  const save = options.text("save");
  checkWhole(problem.K, { save, plot: plot?.file });
  const different = clustersOf({ counts, weights: null, offsets: null, factors: null }).length;
  if (different > slow) console.error(`${different} different counts: this takes minutes`);
  const prediction = predictLayerPeeled(problem, { tolerance });
  await writeAndPrint(
    async () => {
      if (save === undefined && plot === undefined) return;
      const whole = expand(prediction);
      const shares = counts.map((n) => n / problem.N);
      if (save !== undefined)
        await (await import("./save-prediction.ts")).saveFactors(
          save,
          counts,
          whole,
          factors(penalized(shares, bounds, prediction.multiplier), whole.Z),
        );
      if (plot !== undefined) await (await import("./plot-prediction.ts")).plotPrediction(plot, whole);
    },
    () => print(options.flag("json") ? toJson(layerPeeledDocument(prediction, names)) : describe(prediction, names)),
  );
  if (prediction.certified) return 0;
  console.error(`the asked relative gap of ${tolerance} was not reached: ${format(prediction.relativeGap)} is what is proved`);
  return 3;
}

const boundsText = ({ EW, EH }: NormBounds): string => `Layer-Peeled Model, E_W = ${format(EW, 6)}, E_H = ${format(EH, 6)}`;

function describe(p: LayerPeeledSummary, names: readonly string[] | null): string {
  const classes = classesOf(p);
  const { K, N, layerPeeled } = p.problem;
  const said = summarized(classes, equalizingOffsets(p));
  return [
    `${K} classes, ${N} samples, free features, no bias`,
    `${boundsText(layerPeeled)}: |Z|_* <= K sqrt(E_W E_H) = ${format(K * Math.sqrt(layerPeeled.EW * layerPeeled.EH), 6)}, multiplier ${format(p.multiplier, 6)}`,
    ...criticalLine(p.criticalCount, p.problem),
    "",
    `${statusText(said)}${offsetsText(said, p)}`,
    ...classLines(p, classes, names),
    "",
    `rank ${p.rank} of ${K - 1}; loss ${p.objective.toPrecision(12)}`,
    `proved to a relative gap of ${format(p.relativeGap)} in ${format(p.seconds * 1000)} ms`,
    ...(p.reason === null ? [] : [`not proved to the tolerance: ${p.reason}`]),
    ...(K <= mostDrawn
      ? [
          "",
          "mean predictions Z (rows: logits, columns: classes)",
          terminalHeatMap(expand(p).Z, p.clusters, { color: process.stdout.isTTY === true && !process.env.NO_COLOR }),
        ]
      : []),
  ].join("\n");
}
