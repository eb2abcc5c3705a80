import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");

// The examples are what a user runs: against the built package (test/build.ts), by its public name.
const expected: Record<string, RegExp> = {
  "traps.mjs":
    /free features: certified optimum 1\.44765\n {2}d = 10, start 0\.1: (\d+) of \1 reach it[\s\S]*nonnegative features: certified optimum 1\.50810[\s\S]*1\.51675 \(2 dead\)/,
  "advise.mjs":
    /merged: 5,6,7,8,9; critical count 116\.6\noffset: cannot[\s\S]*\nweight: works \(w_k proportional to n_k\^-p with p = 0\.[\s\S]*smoothing: cannot/,
  // A rank event for each of the smallest classes, in this order.
  "path.mjs":
    /12 rows, all proved: true\nimbalance 1[\d.]+: rank, rank 9 to 8\nimbalance 3[\d.]+: rank, rank 8 to 7\nimbalance 9/,
  // Noise ten times smaller: NC1, a ratio of variances, a hundred times.
  "measure.mjs": /noise 0\.1: NC1 [\d.]+e-1.*\nnoise 0\.01: NC1 [\d.]+e-3/,
  // Within 10 % of the prediction, nothing merged.
  "train.mjs": /error of Z \d %; merged: \[\]/,
  "predict.mjs": /critical count 136\.9, rank 5[\s\S]*classes 5,6,7,8,9 with 100 samples: one vector/,
};

test.each(readdirSync(join(root, "examples")).filter((f) => f.endsWith(".mjs")))("examples/%s runs", (file) => {
  const output = execFileSync(process.execPath, [join("examples", file)], { cwd: root, encoding: "utf8" });
  expect(output.length).toBeGreaterThan(0);
  if (expected[file]) expect(output).toMatch(expected[file]);
});

test("the README shows the example as it is, and the two commands word for word", () => {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  expect(readme).toContain(readFileSync(join(root, "examples/predict.mjs"), "utf8").trim());
  expect(readme).toContain("npm ci && npm start");
  expect(readme).toContain("npm ci && npm test");
});
