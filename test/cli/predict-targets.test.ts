import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { decodeNpz, encodeNpy } from "../../src/features/index.ts";
import { runProgram } from "./run.ts";

const folder = mkdtempSync(join(tmpdir(), "nclab-targets-"));
let files = 0;

/** K x M numbers as a .npy. */
function targets(rows: readonly (readonly number[])[], shape = [rows.length, rows[0].length]): string {
  const file = join(folder, `${files++}.npy`);
  writeFileSync(file, encodeNpy({ shape, data: Float64Array.from(rows.flat()) }));
  return file;
}

const counts = [100, 60, 20, 5];
/** A label is another class's, any of them alike, with probability eta. */
const noise = (eta: number) => counts.map((_, i) => counts.map((_, k) => (i === k ? 1 - eta : eta / 3)));
const predict = (...args: string[]) => runProgram("predict", ...args);

describe("predict --targets", () => {
  test("label noise of rate eta is smoothing of eta K/(K - 1): the same minimum and the same Z", async () => {
    for (const lambdaB of ["inf", "0.02", "0"]) {
      const problem = ["--counts", counts.join(), "--lambda-z", "0.003", "--lambda-b", lambdaB, "--json"];
      const soft = await predict(...problem, "--targets", targets(noise(0.15)));
      expect(soft.code).toBe(0);
      const found = JSON.parse(soft.out);
      const known = JSON.parse((await predict(...problem, "--smoothing", "0.2")).out);
      expect(found).toMatchObject({
        schema: "nclab.prediction/1",
        method: "targets",
        certified: true,
        reason: null,
        phase: null,
        clusters: null,
        cosines: null,
      });
      expect(found.problem).toMatchObject({ K: 4, M: 4, N: 185, counts, targets: { columns: 4, distinct: 4, nonzeros: 16 } });
      expect(Math.abs(found.objective / known.objective - 1)).toBeLessThan(2e-10);
      expect(found.rank).toBe(known.rank);
      found.Z.flat().forEach((z: number, e: number) => {
        expect(z).toBeCloseTo(known.Z.flat()[e], 4);
      });
      expect(found.crossEntropy - found.divergence).toBeCloseTo(found.problem.targets.entropy, 12);
    }
  });

  test("one-hot targets are counts; columns that are equal are one, with their counts added", async () => {
    const hot = [0, 1, 2, 3].map((i) => [0, 1, 2, 3].map((k) => (i === k ? 1 : 0)));
    const split = hot.map((row) => [...row, row[0], row[2]]);
    const known = JSON.parse((await predict("--counts", "100,60,20,5", "--lambda-z", "0.004", "--json")).out);
    const found = JSON.parse(
      (await predict("--counts", "70,60,13,5,30,7", "--lambda-z", "0.004", "--targets", targets(split), "--json")).out,
    );
    expect(found.equalColumns).toEqual([
      [0, 4],
      [2, 5],
    ]);
    expect(found.problem.targets).toMatchObject({ columns: 6, distinct: 4, nonzeros: 6, entropy: 0 });
    expect(Math.abs(found.objective / known.objective - 1)).toBeLessThan(2e-10);
    found.Z.forEach((row: number[], i: number) => {
      expect(row[4]).toBe(row[0]);
      expect(row[5]).toBe(row[2]);
      for (let k = 0; k < 4; k++) expect(row[k]).toBeCloseTo(known.Z[i][k], 4);
    });
    expect(found.columns[3]).toMatchObject({ column: 3, count: 5, label: 3, share: 1, entropy: 0 });
  });

  test("the table says how far each column is from its target, and --save has factors whose product is Z", async () => {
    const rows = [
      [0.7, 0.1, 0],
      [0.3, 0.2, 0.5],
      [0, 0.7, 0.5],
    ];
    const file = join(folder, "saved.npz");
    const table = join(folder, "counts.csv");
    writeFileSync(table, "name,count\nthe,40\nof,20\nand,10\n");
    const args = ["--counts", table, "--lambda-w", "0.01", "--lambda-h", "0.0004", "--targets", targets(rows)];
    const { code, out } = await predict(...args, "--save", file);
    expect(code).toBe(0);
    expect(out).toContain("3 classes, 3 columns of soft targets, 70 samples, free features");
    expect(out).toMatch(/0 the/);
    expect(out).toContain("the entropy of the targets in it");
    const {
      W,
      H,
      Z,
      counts: n,
    } = decodeNpz(readFileSync(file)) as unknown as Record<string, { shape: number[]; data: ArrayLike<number> }>;
    const d = W.shape[1];
    expect([W.shape[0], H.shape[0], Z.shape, n.shape]).toEqual([3, 3, [3, 3], [3]]);
    let squares = [0, 0];
    for (let i = 0; i < 3; i++)
      for (let m = 0; m < 3; m++) {
        let z = 0;
        for (let c = 0; c < d; c++) z += W.data[i * d + c] * H.data[m * d + c];
        expect(z).toBeCloseTo(Z.data[i * 3 + m], 10);
      }
    for (let e = 0; e < 3 * d; e++)
      squares = [squares[0] + W.data[e] ** 2, squares[1] + [40, 20, 10][Math.floor(e / d)] * H.data[e] ** 2];
    // Balanced: lambda_W |W|^2 = lambda_H sum n |h|^2.
    expect((0.01 * squares[0]) / (0.0004 * squares[1])).toBeCloseTo(1, 4);
  });

  test("float32 columns that add up to 1 in six digits are taken, and not less", async () => {
    const third = Math.fround(1 / 3);
    const near = [
      [third, 0.5],
      [third, 0.25],
      [third, 0.25],
    ];
    expect((await predict("--counts", "5,5", "--lambda-z", "0.01", "--targets", targets(near))).code).toBe(0);
    const { code, err } = await predict(
      "--counts",
      "5,5",
      "--lambda-z",
      "0.01",
      "--targets",
      targets([
        [0.3, 0.5],
        [0.3, 0.25],
        [0.3, 0.25],
      ]),
    );
    expect(code).toBe(2);
    expect(err).toMatch(/targets: column 0: expected shares that add up to 1 \(within 0\.00001\), got 0\.8999/);
  });

  const rows = [
    [0.5, 0.2],
    [0.5, 0.8],
  ];
  test.each<[string, string[], RegExp]>([
    [
      "negative",
      [
        "--targets",
        targets([
          [1.5, 0.2],
          [-0.5, 0.8],
        ]),
      ],
      /targets\[0\]\[0\]: expected a share from 0 to 1, got 1.5/,
    ],
    [
      "not a number",
      [
        "--targets",
        targets([
          [Number.NaN, 0.2],
          [1, 0.8],
        ]),
      ],
      /targets\[0\]\[0\]: expected a share from 0 to 1, got NaN/,
    ],
    ["one class", ["--targets", targets([[1, 1]])], /targets: expected at least 2 rows, one a class, got 1/],
    [
      "one axis",
      ["--targets", targets([[0.5, 0.5]], [2])],
      /shape: expected K x M, a column a distribution over K classes, got "?2/,
    ],
    [
      "counts of another length",
      [
        "--targets",
        targets([
          [0.5, 0.2, 1],
          [0.5, 0.8, 0],
        ]),
      ],
      /counts: expected 3 counts, one a column of the targets, got 2/,
    ],
    ["no file", ["--targets", "nowhere.npy"], /nowhere\.npy.*ENOENT/],
    [
      "square loss",
      ["--targets", targets(rows), "--loss", "square"],
      /--loss: expected cross-entropy beside --targets, got "square"/,
    ],
    [
      "nonnegative features",
      ["--targets", targets(rows), "--nonnegative"],
      /nonnegative: expected features of any sign with targets/,
    ],
    ["weights", ["--targets", targets(rows), "--weights", "1,2"], /--weights: expected nothing beside --targets/],
    [
      "smoothing",
      ["--targets", targets(rows), "--smoothing", "0.1"],
      /--smoothing: expected nothing beside --targets: smooth their columns themselves/,
    ],
    ["a dimension", ["--targets", targets(rows), "--dimension", "1"], /--dimension: expected nothing beside --targets/],
    ["labels", ["--targets", targets(rows), "--labels", "nowhere"], /--labels: expected nothing beside --targets/],
    ["a long tail", ["--targets", targets(rows), "--long-tail", "exp:2:9:1"], /--long-tail: expected nothing beside --targets/],
    ["a picture", ["--targets", targets(rows), "--plot", "x.svg"], /--plot: expected nothing beside --targets/],
    [
      "a class of no target under a bias that costs nothing",
      [
        "--targets",
        targets([
          [0.5, 0.2],
          [0.5, 0.8],
          [0, 0],
        ]),
        "--lambda-b",
        "0",
      ],
      /lambda-b: expected a penalty on the bias, or no bias, where no target has a share of class 2/,
    ],
  ])("bad input, %s: exit code 2, named", async (_, more, message) => {
    const { code, out, err } = await predict("--counts", "5,5", "--lambda-z", "0.01", ...more);
    expect(code).toBe(2);
    expect(out).toBe("");
    expect(err).toMatch(message);
  });
});
