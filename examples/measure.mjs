// How far is a trained layer from the theory's? Features as an array, one row a sample; here made up: class means of the predicted geometry, and noise about them.

import { random } from "nclab/math";
import { measureFeatures } from "nclab/measure";
import { factors, predict } from "nclab/prediction";
import { problem } from "nclab/problem";

const counts = [60, 60, 60, 20, 20];
const p = problem({ counts, lambdaZ: 0.02, lambdaB: Number.POSITIVE_INFINITY });
const { W, H, d } = factors(p, predict(p).Z);

const r = random(1);
const labels = counts.flatMap((n, k) => new Array(n).fill(k));
for (const noise of [1, 0.1, 0.01]) {
  const features = Float64Array.from(
    { length: labels.length * d },
    (_, i) => H[labels[Math.floor(i / d)] * d + (i % d)] + noise * r.normal(),
  );
  const { nc1, nc3, Z } = measureFeatures({
    features,
    labels,
    d,
    K: counts.length,
    head: { W, b: new Float64Array(counts.length) },
  });
  const error = Math.hypot(...Z.flatMap((row, i) => row.map((z, k) => z - predict(p).Z[i][k])));
  console.log(`noise ${noise}: NC1 ${nc1.classBalanced.toExponential(1)}, NC3 ${nc3.toFixed(3)}, |Z - Z*| ${error.toFixed(3)}`);
}
