// How the solver's time grows: with the number J of distinct counts, with K at fixed J, and with shrinking lambda. Writes the data and the plot.
//
//   npm run build && node bench/solver/scaling.mjs [--out results/solver/scaling.json] [--plot docs/pictures/scaling.png]
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { scaling, svgText } from "../../dist/plots/index.js";
import { problem } from "../../dist/problem/index.js";
import { headlessDocument } from "../../dist/report/document.js";
import { pngOf } from "../../dist/report/png.js";
import { solve } from "../../dist/solver/index.js";

/** As given, without the folders of one machine. */
const shownArguments = process.argv
  .slice(2)
  .map((x) => (x.startsWith("--") ? x : x.split("/").at(-1)))
  .join(" ");

const { values } = parseArgs({ options: { out: { type: "string" }, plot: { type: "string" } } });
const tail = (J) => Array.from({ length: J }, (_, k) => Math.round(1000 * J * 100 ** (-k / (J - 1))));

function seconds(counts, s) {
  const N = counts.reduce((a, b) => a + b, 0);
  const p = problem({ counts, lambdaZ: s / N, lambdaB: 0.01 });
  const times = [];
  const began = performance.now();
  let solution;
  // Warm, then the median of at least three (one where a solve takes long), for at most a few seconds.
  for (let i = 0; i < 60 && (i < 4 || performance.now() - began < 400); i++) {
    const t = performance.now();
    solution = solve(p);
    times.push((performance.now() - t) / 1000);
    if (performance.now() - began > 8000) break;
  }
  if (solution.status !== "certified") throw new Error(`not proved: gap ${solution.relativeGap}`);
  const measured = times.length > 3 ? times.slice(1) : times;
  return measured.sort((a, b) => a - b)[Math.floor(measured.length / 2)];
}

const series = [];
for (const c of [0.3, 3]) {
  const points = [];
  for (const J of [5, 10, 20, 40, 80, 160, 240]) {
    const counts = tail(J);
    points.push({ size: J, seconds: seconds(counts, c * Math.sqrt(counts.at(-1))) });
    console.log(`J = ${J} distinct counts, s = ${c} sqrt(n_min): ${points.at(-1).seconds.toFixed(4)} s`);
  }
  series.push({ label: `K = J distinct counts, s = ${c} sqrt(n_min)`, points });
}
{
  const points = [];
  for (const K of [20, 80, 320, 1280, 5120]) {
    const counts = tail(20).flatMap((n) => new Array(K / 20).fill(n));
    points.push({ size: K, seconds: seconds(counts, 0.3 * Math.sqrt(Math.min(...counts))) });
    console.log(`K = ${K} with 20 distinct counts: ${points.at(-1).seconds.toFixed(4)} s`);
  }
  series.push({ label: "K classes, 20 distinct counts, s = 0.3 sqrt(n_min)", points });
}
const shrinking = [];
for (const c of [3, 1, 0.3, 0.1, 0.01, 0.001, 0.0001]) {
  const counts = tail(40);
  shrinking.push({ c, seconds: seconds(counts, c * Math.sqrt(counts.at(-1))) });
  console.log(`J = 40, s = ${c} sqrt(n_min): ${shrinking.at(-1).seconds.toFixed(4)} s`);
}
const machine = { node: process.versions.node, cpu: cpus()[0].model, threads: cpus().length };
if (values.out)
  writeFileSync(
    values.out,
    `${JSON.stringify({ command: `node bench/solver/scaling.mjs ${shownArguments}`, ...machine, series, shrinking }, null, 1)}\n`,
  );
if (values.plot) {
  const draw = (file, data) =>
    writeFileSync(
      file,
      pngOf(
        svgText(scaling({ yLabel: "seconds of one certified solve", ...data }, { document: headlessDocument(), width: 760 })),
      ),
    );
  draw(values.plot, { xLabel: "number of distinct counts J, or of classes K", series });
  draw(values.plot.replace(/(\.png)?$/, "-lambda.png"), {
    xLabel: "s / sqrt(n_min), with s = N lambda_Z",
    series: [{ label: "40 distinct counts", points: shrinking.map(({ c, seconds }) => ({ size: c, seconds })) }],
  });
}
