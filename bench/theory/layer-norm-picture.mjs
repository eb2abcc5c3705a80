/**
 * The picture of docs/endings.md: Gram matrices of class features, a simplex beside the cross-polytopes of networks that end in layer normalization.
 *
 *   npm run build && node bench/theory/layer-norm-picture.mjs docs/pictures/cross-polytope.svg
 *
 * Ten classes, d = 256, decay 0.01. Features about their mean, each matrix divided by its Frobenius norm; in the two cross-polytopes classes of a pair stand side by side.
 */
import { writeFileSync } from "node:fs";
import { heatMaps, svgText } from "../../dist/plots/index.js";
import { factors, predict, predictLayerNorm } from "../../dist/prediction/index.js";
import { layerNormProblem, parseCounts, problem } from "../../dist/problem/index.js";
import { headlessDocument } from "../../dist/report/document.js";
import { gramOfMeans, normalized } from "../../dist/report/measurement-report.js";

const weightDecay = 0.01;
const rowsOf = (flat, K) =>
  Array.from({ length: K }, (_, k) => flat.subarray((k * flat.length) / K, ((k + 1) * flat.length) / K));

/** Batch normalization, balanced: a simplex. */
function afterBatchNorm(counts) {
  const p = problem({ counts, weightDecay, ends: "batch-norm" });
  return normalized(gramOfMeans(rowsOf(factors(p, predict(p).Z).H, counts.length)));
}

/** Layer normalization, and the classes in the order of their pairs. */
function afterLayerNorm(counts) {
  const { prediction, network } = predictLayerNorm(layerNormProblem({ counts, weightDecay, ends: "layer-norm", width: 256 }));
  const order = prediction.geometry.pairs.flat();
  const rows = rowsOf(network.H, counts.length);
  return { order, gram: normalized(gramOfMeans(order.map((k) => rows[k]))) };
}

const equal = parseCounts("10x100");
const unequal = parseCounts("5x500,5x100");
const mixed = afterLayerNorm(unequal);
console.log(`5x500,5x100 in the order ${mixed.order.map((k) => unequal[k]).join(" ")}`);
const picture = heatMaps(
  {
    rows: ["Gram"],
    cells: "gram",
    groups: [
      { title: "10x100, batch norm", matrices: [afterBatchNorm(equal)] },
      { title: "10x100, layer norm", matrices: [afterLayerNorm(equal).gram] },
      { title: "5x500, 5x100, layer norm", matrices: [mixed.gram] },
    ],
  },
  { document: headlessDocument(), width: 760 },
);
writeFileSync(process.argv[2], svgText(picture));
