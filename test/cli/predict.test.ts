import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { decodeNpz, encodeNpy } from "../../src/features/index.ts";
import { run } from "./process.ts";
import { runProgram } from "./run.ts";

const folder = mkdtempSync(join(tmpdir(), "nclab-predict-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};
const counts = ["--counts", "5x500,5x100"];
const lambdas = ["--lambda-z", "0.0039", "--lambda-b", "0.02"];

describe("the document", () => {
  test("has the contract's fields, and the checked values of phase (b)", async () => {
    const { code, stdout } = await run("predict", ...counts, ...lambdas, "--json");
    expect(code).toBe(0);
    const d = JSON.parse(stdout);
    expect(d).toMatchObject({
      schema: "nclab.prediction/1",
      method: "two-clusters",
      phase: "b",
      rank: 5,
      vanished: [],
      problem: {
        counts: [500, 500, 500, 500, 500, 100, 100, 100, 100, 100],
        K: 10,
        N: 3000,
        lambdaZ: 0.0039,
        lambdaB: 0.02,
        nonnegative: false,
      },
    });
    expect(d.gap).toBe(d.objective - d.dual);
    expect(d.criticalCount).toBeCloseTo(136.89, 10);
    // theory.md, section 5: a 0.41393, b 0.03145, c 0.00876.
    expect(d.Z[0][1]).toBeCloseTo(-0.41393, 5);
    expect(d.Z[0][5]).toBeCloseTo(-0.03145, 5);
    expect(d.Z[5][0]).toBeCloseTo(-0.00876, 5);
    expect(d.clusters).toEqual([
      { classes: [0, 1, 2, 3, 4], count: 500, size: 5, merged: false, margin: expect.closeTo(1 - 11.7 / Math.sqrt(500), 9) },
      { classes: [5, 6, 7, 8, 9], count: 100, size: 5, merged: true, margin: 0 },
    ]);
    expect(d.cosines[5][6]).toBeCloseTo(1, 9);
    expect(d.singularValues).toHaveLength(10);
  });

  test('infinity is "inf", and cosines of a vector that is 0 are null', async () => {
    const { stdout } = await run("predict", ...counts, "--lambda-z", "0.0063", "--json");
    const d = JSON.parse(stdout);
    expect(d.problem.lambdaB).toBe("inf");
    expect(d.phase).toBe("c");
    expect(d.vanished).toEqual([5, 6, 7, 8, 9]);
    expect(d.cosines[0][5]).toBeNull();
    expect(d.cosines[0][0]).toBe(1);
  });

  test("nonnegative features: values of theory.md, section 7", async () => {
    const { stdout, code } = await run(
      "predict",
      ...counts,
      "--lambda-z",
      "0.0027",
      "--lambda-b",
      "0.02",
      "--nonnegative",
      "--json",
    );
    const d = JSON.parse(stdout);
    expect(code).toBe(0);
    expect(d.method).toBe("nonnegative");
    expect(d.objective).toBeCloseTo(1.50810326, 8);
    expect([d.Z[0][0], d.Z[0][1], d.Z[0][5], d.Z[5][0], d.Z[5][5], d.Z[5][6]].map((z) => z.toFixed(4))).toEqual([
      "2.2656",
      "-0.3259",
      "-0.1768",
      "-0.1924",
      "1.2788",
      "-0.0987",
    ]);
  });

  test("exit code 3 with the true gap where the proof does not close", async () => {
    const { stdout, code } = await run(
      "predict",
      ...counts,
      "--lambda-z",
      "0.0027",
      "--lambda-b",
      "0.001",
      "--nonnegative",
      "--json",
    );
    expect(code).toBe(3);
    const d = JSON.parse(stdout);
    expect(d.gap / d.objective).toBeGreaterThan(1e-4);
    expect(d.ufmPlus.gap / d.objective).toBeLessThan(1e-12);
  });
});

test("every way to say the classes gives the same answer", async () => {
  const labels = [0, 0, 0, 0, 0, 0, 1, 1, 1, 2];
  const forms = [
    ["--counts", "6,3,1"],
    ["--counts", file("c.json", "[6,3,1]")],
    ["--counts", file("c.csv", "name,count\ncat,6\ndog,3\nowl,1\n")],
    ["--labels", file("l.csv", `label\n${labels.join("\n")}\n`)],
    ["--labels", file("l.npy", encodeNpy({ shape: [10], data: Int32Array.from(labels) }))],
  ];
  const answers = await Promise.all(forms.map((form) => run("predict", ...form, "--lambda-z", "0.05", "--json")));
  const nameless = (stdout: string): object => {
    const { seconds: _, classes, ...d } = JSON.parse(stdout);
    return { ...d, classes: classes.map((c: object) => ({ ...c, name: null })) };
  };
  for (const { stdout } of answers) expect(nameless(stdout)).toEqual(nameless(answers[0].stdout));
  expect(JSON.parse(answers[2].stdout).classes.map((c: { name: string }) => c.name)).toEqual(["cat", "dog", "owl"]);
});

test("--save: W H' is Z, the factors are balanced", async () => {
  const path = join(folder, "p.npz");
  await run("predict", ...counts, "--lambda-w", "0.027", "--lambda-h", "0.00027", "--lambda-b", "0.02", "--save", path);
  const { Z, W, H, b, counts: n } = decodeNpz(readFileSync(path));
  expect(W.shape).toEqual([10, 9]);
  expect([...n.data].slice(4, 6)).toEqual([500, 100]);
  expect(b.shape).toEqual([10]);
  let sizeW = 0;
  let sizeH = 0;
  for (let i = 0; i < 10; i++) {
    for (let k = 0; k < 10; k++) {
      let dot = 0;
      for (let l = 0; l < 9; l++) dot += W.data[i * 9 + l] * H.data[k * 9 + l];
      expect(Math.abs(dot - Z.data[i * 10 + k])).toBeLessThan(1e-13);
    }
    for (let l = 0; l < 9; l++) {
      sizeW += 0.027 * W.data[i * 9 + l] ** 2;
      sizeH += 0.00027 * n.data[i] * H.data[i * 9 + l] ** 2;
    }
  }
  expect(Math.abs(sizeW / sizeH - 1)).toBeLessThan(1e-12);
});

test("--batch: answers in order, a wrong line is an error of its own", async () => {
  const path = file(
    "b.jsonl",
    [
      '{"id":"a","counts":[5,3,3],"lambdaZ":0.1}',
      '{"id":"b","counts":[5,2.5],"lambdaZ":0.1}',
      "{nonsense",
      '{"id":"c","counts":[5,3,3],"lambdaW":0.1,"lambdaH":0.1,"lambdaB":"inf"}',
      '{"id":"d","counts":[5,3],"lambdaZ":0.1,"lambdab":1}',
    ].join("\n"),
  );
  const { stdout, code } = await run("predict", "--batch", path);
  expect(code).toBe(0);
  const lines = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines.map((l) => l.id)).toEqual(["a", "b", null, "c", "d"]);
  expect(lines[0].objective).toBe(lines[3].objective);
  expect(lines[1].error).toMatch(/counts\[1\].*positive integer.*2\.5/);
  expect(lines[2].error).toMatch(/line 3.*JSON/);
  expect(lines[4].error).toMatch(/lambdab.*did you mean lambdaB/);
});

test("--batch: no line stops the others, and the exit code says how it went", async () => {
  const right = '{"id":"right","counts":[5,3],"lambdaZ":0.1}';
  const deep = (levels: number): string => "[".repeat(levels) + "]".repeat(levels);
  const wrong = [
    `{"id":1,"counts":[5,3],"lambdaZ":0.1,"weights":${deep(5000)}}`,
    `{"id":${deep(5000)},"counts":[5,3],"lambdaZ":0.1}`,
    deep(100_000),
    '{"id":2,"counts":[5,3],"lambdaZ":0.1,"weights":[1e400,1]}',
    '{"id":3,"counts":[5,3],"lambdaZ":1e300}',
    '{"id":4,"counts":"5x","lambdaZ":0.1}',
    '{"id":5,"counts":{"a":5},"lambdaZ":0.1}',
    "null",
    '"text"',
  ];
  const batch = async (name: string, lines: readonly string[]) => {
    const { code, stdout, stderr } = await run("predict", "--batch", file(name, lines.join("\n")));
    return {
      code,
      stderr,
      answers:
        stdout.trim() === ""
          ? []
          : stdout
              .trim()
              .split("\n")
              .map((line) => JSON.parse(line)),
    };
  };
  const mixed = await batch("mixed.jsonl", [right, ...wrong, right]);
  expect(mixed.answers).toHaveLength(wrong.length + 2);
  expect([mixed.answers[0].id, mixed.answers.at(-1).id]).toEqual(["right", "right"]);
  for (const { error } of mixed.answers.slice(1, -1)) expect(error).toMatch(/expected/);
  expect(mixed).toMatchObject({ code: 0, stderr: `${wrong.length} of ${wrong.length + 2} lines have no answer but an error\n` });
  expect((await batch("wrong.jsonl", wrong)).code).toBe(2);
  expect(await batch("empty.jsonl", [])).toEqual({ code: 0, stderr: "", answers: [] });
  // 1e-300 cannot be proved: 3, also beside lines that are wrong.
  const unproved = '{"counts":[50,30,7],"lambdaZ":0.01,"tolerance":1e-300}';
  expect((await batch("unproved.jsonl", [right, unproved, wrong[3]])).code).toBe(3);
});

test.each<[string[], RegExp]>([
  ...(
    [
      ["counts", "counts", "5,3"],
      ["loss", "loss", "square"],
      ["lambda-b", "lambdaB", "0.02"],
      ["dimension", "dimension", "2"],
      ["starts", "starts", "4"],
      ["smoothing", "smoothing", "0.1"],
      ["ends", "ends", "batch-norm"],
      ["width", "width", "8"],
      ["batch-size", "batchSize", "20"],
      ["layer-peeled", "layerPeeled", "1,5"],
      ["targets", "targets", "t.npy"],
    ] as const
  ).map(([name, key, value]): [string[], RegExp] => [
    [`--${name}`, value],
    new RegExp(`^--${name}: expected nothing beside --batch: every line says its own "${key}", got "?${value}`),
  ]),
  [["--nonnegative"], /^--nonnegative: expected nothing beside --batch: every line says its own "nonnegative", got true/],
  [["--long-tail", "exp:5:50:0.1"], /^--long-tail: expected nothing beside --batch: every line says its own "longTail"/],
  [["--labels", "l.npy"], /^--labels: expected nothing beside --batch: every line says its own "labels"/],
  [["--save", "x.npz"], /^--save: expected nothing beside --batch, which answers every line as JSON alone/],
  [["--plot", "x.svg"], /^--plot: expected nothing beside --batch, /],
  [["--trace"], /^--trace: expected nothing beside --batch, /],
])("--batch refuses %j, which no line would read", async (words, message) => {
  const lines = file("one.jsonl", '{"counts":[5,3],"lambdaZ":0.1}');
  const { code, out, err } = await runProgram("predict", "--batch", lines, ...words);
  expect(err).toMatch(message);
  expect([code, out]).toEqual([2, ""]);
  expect((await runProgram("predict", "--batch", lines, "--tolerance", "1e-6", "--json")).code).toBe(0);
});

test("--batch: a line's batchSize says what --batch-size says", async () => {
  const line = { counts: [40, 40, 8, 8], weightDecay: 0.2, ends: "batch-norm", branches: 2, biasWeightDecay: 0 };
  const lines = [
    { ...line, batchSize: 24 },
    line,
    { ...line, batchSize: 1 },
    { counts: [4, 4], lambdaZ: 0.1, batchSize: 24 },
    { counts: [4, 4], weightDecay: 0.1, ends: "layer-norm", width: 4, starts: 1, batchSize: 24 },
  ];
  const { stdout } = await run("predict", "--batch", file("sizes.jsonl", lines.map((one) => JSON.stringify(one)).join("\n")));
  const [sized, plain, one, lambdas, layer] = stdout
    .trim()
    .split("\n")
    .map((text) => JSON.parse(text));
  const options = "--counts 2x40,2x8 --weight-decay 0.2 --ends batch-norm --branches 2 --bias-weight-decay 0 --batch-size 24";
  const alone = JSON.parse((await run("predict", ...options.split(" "), "--json")).stdout);
  expect(sized.batch.Zerror).toBeGreaterThan(0);
  expect(sized.batch).toEqual(alone.batch);
  expect(sized.problem).toEqual(alone.problem);
  expect(plain.batch).toBeNull();
  expect(one.error).toMatch(/^batchSize: expected a whole number of at least 2 .*got 1/);
  expect(lambdas.error).toMatch(/^batchSize: expected a weight decay beside it, got lambdas/);
  expect(layer.error).toMatch(/^batchSize: expected nothing with layer-norm/);
});

test.each([
  [["--counts", "500,-2", "--lambda-z", "1"], /--counts\[1\].*positive integer.*-2/],
  [["--counts", "500", "--lambda-z", "1"], /at least 2 classes/],
  [["--counts", "5,3", "--lambda-z", "0"], /--lambda-z.*positive.*0/],
  [["--counts", "5,3", "--lambda-z", "nan"], /--lambda-z.*number.*nan/],
  [["--counts", "5,3", "--lambda-z", "1", "--lambda-b", "-1"], /--lambda-b.*at least 0.*-1/],
  [["--counts", "5,3"], /--lambda-z/],
  [["--lambda-z", "1"], /exactly one of --counts, --labels, --long-tail/],
  [["--counts", "nowhere.csv", "--lambda-z", "1"], /nowhere\.csv.*readable file.*ENOENT/],
  [["--counts", "5,3", "--lambda-z", "1", "--smoothing", "1"], /smoothing.*\[0, 1\)/],
  [["--counts", "5,3", "--lambda-z", "1", "--weights", "1,0"], /weights\[1\].*positive/],
  [["--counts", "5,3", "--lambda-z", "1", "--plot", "x.gif"], /\.svg, \.pdf or \.png/],
  [["--counts", "5,3", "--lambda-z", "1", "--save", "/nowhere/x.npz"], /\/nowhere\/x\.npz.*writable.*ENOENT/],
  [["--counts", "5,3", "--lambda-z", "1", "--unknown"], /expected one of its options, got "--unknown"/],
  [["--batch", "nowhere.jsonl"], /nowhere\.jsonl.*ENOENT/],
  [["--counts", "5,3", "--lambda-z", "1", "--convention", "half"], /--convention.*paper, no-half, mean/],
])("bad input %j: exit code 2, named", async (args, message) => {
  const before = readdirSync(folder).length;
  const { code, stdout, stderr } = await run("predict", ...args);
  expect(code).toBe(2);
  expect(stdout).toBe("");
  expect(stderr).toMatch(message);
  expect(readdirSync(folder).length).toBe(before);
  expect(existsSync("x.gif")).toBe(false);
});

test("thousands of classes: the document says Z by blocks, and pictures are refused", async () => {
  const many = ["--counts", "1500x40,1000x10", "--lambda-z", "1e-4"];
  const { code, stdout } = await run("predict", ...many, "--json");
  expect(code).toBe(0);
  const d = JSON.parse(stdout);
  expect(d.Z).toBeNull();
  expect(d.cosines).toBeNull();
  expect(d.blocks.other).toHaveLength(2);
  expect(d.b).toHaveLength(2500);
  expect(stdout.length).toBeLessThan(500_000);
  for (const option of ["--plot", "--save"]) {
    const refused = await run("predict", ...many, option, join(folder, option === "--plot" ? "x.svg" : "x.npz"));
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(`${option}: expected at most 2000 classes, got 2500`);
  }
});
