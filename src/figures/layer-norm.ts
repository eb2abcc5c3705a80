import { heatMaps, type PictureOptions } from "../plots/index.ts";
import { cosinesOf } from "../prediction/index.ts";
import type { Figure, FigurePoint, FigureResult, Scale } from "./figure.ts";
import { type Model, type Row, rowOf } from "./layer-norm-rows.ts";
import { type Arm, type Case, cases, lambda, layerNormTraining } from "./layer-norm-training.ts";
import { layerNormVerdicts } from "./layer-norm-verdicts.ts";

function pointOf(c: Case, scale: Scale): FigurePoint {
  const K = c.shape.counts.length;
  return {
    id: c.id,
    job: { dataset: scale.dataset, ...(K < 10 ? { classes: K } : {}), settings: layerNormTraining(c, scale) },
  };
}

/**
 * Further than the paper: networks that end in layer normalization, regularized by weight decay alone (theory, section 9.4). Which figure the classes make where the decay reaches the
 * normalization's scale and shift, and where it spares them; beside the model's best minimum and the local one to which descent leads from the network.
 */
export const layerNormFigure: Figure = {
  name: "layer-norm",
  claim:
    "A network that ends in layer normalization goes to a simplex for 4 classes and, where weight decay reaches its scale and shift and is strong at first, to antipodal pairs, half the rank, for 6 and 10; where the decay spares them, to a simplex.",
  points: (scale) => cases(scale).map((c) => pointOf(c, scale)),
  conclude(outcomes, scale): FigureResult {
    const models = new Map<string, Model>();
    const rows = cases(scale).map((c, i) => rowOf(c, outcomes[i], models));
    const shown = (arm: Arm): Row[] => rows.filter((row) => row.arm === arm && row.seed === scale.seed);
    return {
      data: {
        lambda,
        shapes: [...models].map(([id, model]) => ({
          id,
          counts: rows.find(({ shape }) => shape.id === id)?.shape.counts,
          ...model,
        })),
        rows: rows.map(({ shape, model: _, ...row }) => ({ ...row, shape: shape.id })),
      },
      verdicts: layerNormVerdicts(rows, models),
      words: [
        "simplex, cross-polytope, pairs, rank: docs/endings.md; of the class means of the features about their mean",
        "singular values: of Z diag(n/N)^(1/2); the model's best: the best of 64 descents, improved by exchanges, and not proved to be the least",
        "the minimum that it is at or on its way to: where descent on the model from the network's Z ends; the model's best where the two objectives agree to 2e-4, and it is there where it has its pairs and directions",
      ],
      pictures: [
        { name: "decayed", draw: (options) => cosines(shown("peak"), options) },
        { name: "plain", draw: (options) => cosines(shown("plain"), options) },
        { name: "spared", draw: (options) => cosines(shown("spared"), options) },
        {
          name: "model",
          draw: (options) =>
            cosines(
              shown("peak").map(({ shape, model }) => ({ shape, ...(model as Model) })),
              options,
            ),
        },
      ],
    };
  },
};

/** Cosines of the mean predictions about their mean, classes of a pair side by side. */
function cosines(rows: readonly Pick<Row, "shape" | "Z" | "geometry">[], options: PictureOptions): SVGSVGElement {
  const groups = rows.map(({ shape, Z, geometry }) => {
    const pairs = geometry?.pairs ?? [];
    const paired = new Set(pairs.flat());
    const single = Z.flatMap((_, k) => (paired.has(k) ? [] : [k]));
    return { title: shape.label, matrices: [aboutTheirMean(Z)], clusters: [...pairs, ...(single.length > 0 ? [single] : [])] };
  });
  return heatMaps({ rows: ["cosine"], groups, cells: "gram", quantity: "cosine" }, { width: 780, perLine: 3, ...options });
}

/** A class at the mean of all has no direction: 0. */
function aboutTheirMean(Z: readonly (readonly number[])[]): number[][] {
  const about = Z.flatMap((row) => row.map((z) => z - row.reduce((a, b) => a + b, 0) / row.length));
  return cosinesOf(Float64Array.from(about), Z.length).map((row) => row.map((cosine) => cosine ?? 0));
}
