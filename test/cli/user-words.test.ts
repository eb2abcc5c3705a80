import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { encodeNpz } from "../../src/features/index.ts";
import { runProgram } from "./run.ts";

/** What users took wrongly: sentences that say what a number means, and to whom it does not apply. */
const folder = mkdtempSync(join(tmpdir(), "nclab-words-"));
afterAll(() => rmSync(folder, { recursive: true }));
const decay = ["--weight-decay", "0.02", "--ends", "batch-norm-relu"];
const two = ["--counts", "5x500,5x100"];

test.each([["predict"], ["advise", "--change", "offset"], ["thresholds"]])(
  "%s: weights as PyTorch takes them, whose mean over the samples is not 1, are said to mean something else here",
  async (command, ...more) => {
    const { err } = await runProgram(command, ...more, ...two, ...decay, "--weights", "5x0.002,5x0.01");
    // (2500 0.002 + 500 0.01)/3000 = 1/300; 0.002 over it is 0.6.
    expect(err).toMatch(
      /--weights average 0\.003333 over the samples.*CrossEntropyLoss\(weight=\.\.\.\).*\(0\.6, 0\.6, 0\.6, \.\.\.\)/,
    );
    const same = await runProgram(command, ...more, ...two, ...decay, "--weights", "5x0.6,5x3");
    expect(same.err).not.toMatch(/average/);
  },
);

test("a critical count is that of features of any sign; behind a ReLU none is printed", async () => {
  for (const command of ["predict", "advise"]) {
    const relu = await runProgram(command, ...two, ...decay);
    expect(relu.out).not.toMatch(/critical count/);
    const free = await runProgram(command, ...two, "--weight-decay", "0.02", "--ends", "batch-norm");
    expect(free.out).toMatch(/critical count \(N lambda_Z\)\^2 = 1\.2: classes of equal count at or below it merge/);
  }
});

test("thresholds says which of its tables is that of the ending, and what its numbers need", async () => {
  const { out } = await runProgram("thresholds", ...two, "--ends", "batch-norm-relu");
  expect(out).toMatch(/^nonnegative features .*: those of --ends$/m);
  expect(out).toMatch(/^free features$/m);
  expect(out).toMatch(/they need --weight-decay/);
  expect((await runProgram("thresholds", ...two, "--ends", "batch-norm")).out).toMatch(/^free features: those of --ends$/m);
});

test.each([
  [
    ["--weight-decay", "1e300", "--ends", "batch-norm"],
    /^--weight-decay: expected one that comes to a lambda_Z from .*, got 1e\+300/,
  ],
  [["--weight-decay", "0.1", "--ends", "rms-norm"], /^--ends: .*got rms-norm: .*`nclab predict --ends layer-norm --width d`/],
  [["--weight-decay", "0.1", "--ends", "layer-norm-relu"], /^--ends: .*got layer-norm-relu: .*open/],
  [["--weight-decay", "0.1", "--ends", "group-norm"], /^--ends: .*got group-norm: .*each sample/],
])("predict %j names what was given", async (options, message) => {
  const { code, err } = await runProgram("predict", ...two, ...options);
  expect(code).toBe(2);
  expect(err).toMatch(message);
});

/** Features of two classes on axes of their own, and the head that reads them; `sign` of the first class's. */
function measured(name: string, sign: number): string {
  const file = join(folder, name);
  const n = 10;
  const features = new Float64Array(2 * n * 2);
  for (let i = 0; i < 2 * n; i++) features[2 * i + (i < n ? 0 : 1)] = i < n ? sign : 1;
  const npy = (data: Float64Array, shape: number[]) => ({ data, shape });
  const labels = Float64Array.from({ length: 2 * n }, (_, i) => (i < n ? 0 : 1));
  writeFileSync(
    file,
    encodeNpz({
      features: npy(features, [2 * n, 2]),
      labels: npy(labels, [2 * n]),
      weight: npy(Float64Array.of(3 * sign, 0, 0, 3), [2, 2]),
    }),
  );
  return file;
}

test("measure: what signs of the features and a head that moves say against the ending", async () => {
  const negative = (await runProgram("measure", measured("n.npz", -1), ...decay, "--bias-weight-decay", "inf")).out;
  expect(negative).toMatch(/class means have negative entries, so a ReLU is not what/);
  // The answer to what the user has said already is no advice.
  expect(negative).toMatch(/not at rest .*: its lambdas mean nothing here\. The network is not at the minimum/);
  const free = ["--weight-decay", "0.02", "--ends", "batch-norm", "--bias-weight-decay", "inf"];
  expect((await runProgram("measure", measured("p.npz", 1), ...free)).out).toMatch(
    /no class mean has a negative entry: if the features come out of a ReLU/,
  );
  expect((await runProgram("measure", measured("p.npz", 1), ...decay, "--bias-weight-decay", "inf")).out).not.toMatch(
    /negative entr/,
  );
});
