import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { decodeNpz } from "../../src/features/index.ts";
import { runProgram } from "./run.ts";

const folder = mkdtempSync(join(tmpdir(), "nclab-dimension-"));
const square = ["predict", "--counts", "4x100", "--lambda-z", "0.0005"];

test("fewer dimensions than the optimum needs: the best of descents, exit code 3, with its gap to the convex bound", async () => {
  const { code, out, err } = await runProgram(...square, "--dimension", "2", "--starts", "4", "--json");
  expect(code).toBe(3);
  expect(err).toMatch(
    /^not proved: the optimum has rank 3, and in 2 dimensions the problem is not convex: this is the best of 4 descents/,
  );
  const d = JSON.parse(out);
  expect(d).toMatchObject({
    schema: "nclab.prediction/1",
    method: "fixed-dimension",
    certified: false,
    dimension: { asked: 2, least: 3 },
    rank: 2,
    phase: null,
    criticalCount: null,
    search: { starts: 4 },
    geometry: { name: "cross-polytope" },
    distances: { limit: null },
  });
  expect(d.classes).toHaveLength(4);
  expect(d.gap).toBe(d.objective - d.dual);
  const convex = JSON.parse((await runProgram(...square, "--json")).out);
  expect(d.dual).toBe(convex.dual);
  expect(convex.dimension).toBeNull();
  const text = await runProgram(...square, "--dimension", "2", "--starts", "4");
  expect(text.out).toContain("free features of 2 dimensions (3 would cost nothing)");
  expect(text.out).toContain("2 antipodal pairs");
});

test("enough dimensions: the certified answer, with a sentence", async () => {
  const { code, out } = await runProgram(...square, "--dimension", "7");
  expect(code).toBe(0);
  expect(out).toContain("7 dimensions cost nothing: the least that does not is 3, the rank of the optimum");
  const d = JSON.parse((await runProgram(...square, "--dimension", "3", "--json")).out);
  expect(d).toMatchObject({ certified: true, method: "balanced", dimension: { asked: 3, least: 3 } });
});

test("--save has W and H of d columns whose product is Z, and --batch takes a dimension", async () => {
  for (const d of [2, 5]) {
    const file = join(folder, `${d}.npz`);
    await runProgram(...square, "--dimension", String(d), "--starts", "2", "--save", file);
    const { W, H, Z } = decodeNpz(new Uint8Array(readFileSync(file))) as unknown as Record<
      string,
      { shape: number[]; data: Float64Array }
    >;
    expect(W.shape).toEqual([4, d]);
    expect(H.shape).toEqual([4, d]);
    for (let i = 0; i < 4; i++)
      for (let k = 0; k < 4; k++) {
        let z = 0;
        for (let c = 0; c < d; c++) z += W.data[i * d + c] * H.data[k * d + c];
        expect(z).toBeCloseTo(Z.data[i * 4 + k], 9);
      }
  }
  const lines = join(folder, "lines.jsonl");
  const line = { counts: [100, 100, 100, 100], lambdaZ: 0.0005 };
  writeFileSync(
    lines,
    [
      { ...line, dimension: 2, starts: 2 },
      { ...line, dimension: 3 },
      { ...line, dimension: 0.5 },
      { ...line, starts: 2 },
    ]
      .map((x) => JSON.stringify(x))
      .join("\n"),
  );
  const { code, out } = await runProgram("predict", "--batch", lines);
  const answers = out
    .trim()
    .split("\n")
    .map((text) => JSON.parse(text));
  expect(code).toBe(3);
  expect(answers[0].method).toBe("fixed-dimension");
  expect(answers[1].dimension).toEqual({ asked: 3, least: 3 });
  expect(answers[2].error).toMatch(/^dimension: expected a whole number of at least 1, got 0.5/);
  expect(answers[3].error).toMatch(/^starts: expected ends: layer-norm or a dimension beside it: else .* got 2/);
});

test.each([
  [["--dimension", "0"], /--dimension: expected a whole number of at least 1, got "0"/],
  [["--dimension", "1.5"], /--dimension: expected a whole number of at least 1, got "1.5"/],
  [["--dimension", "two"], /--dimension: expected .*got "two"/],
  [["--dimension", "2", "--starts", "0"], /--starts: expected a whole number of at least 1, got "0"/],
  [["--starts", "3"], /--starts: expected --ends layer-norm or a dimension beside it/],
  [["--dimension", "2", "--nonnegative"], /dimension: expected at least 4 with nonnegative features, .* got 2/],
])("bad input %j: exit code 2, named", async (more, message) => {
  const { code, out, err } = await runProgram(...square, ...more);
  expect(code).toBe(2);
  expect(out).toBe("");
  expect(err).toMatch(message);
});

test("layer normalization has a width in its place", async () => {
  const { code, err } = await runProgram(
    "predict",
    "--counts",
    "4x50",
    "--weight-decay",
    "0.01",
    "--ends",
    "layer-norm",
    "--width",
    "64",
    "--dimension",
    "2",
  );
  expect(code).toBe(2);
  expect(err).toMatch(/--dimension: expected nothing with --ends layer-norm/);
});
