import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it, test } from "vitest";
import { path } from "../../src/cli/path.ts";
import { predict } from "../../src/cli/predict.ts";
import { cellsOf } from "../../src/separated.ts";
import { main } from "./process.ts";
import { runCommand, runProgram, tableWith } from "./run.ts";

const folder = mkdtempSync(join(tmpdir(), "nclab-path-"));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string): string => join(folder, name);
const two = ["--counts", "5x500,5x100", "--lambda-b", "0.02"];

/** A CSV's lines, each by the heads' names. */
function csvRows(file: string): Record<string, string>[] {
  const [head, ...lines] = readFileSync(file, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => cellsOf(line, ",") as string[]);
  for (const line of lines) expect(line).toHaveLength(head.length);
  return lines.map((line) => Object.fromEntries(line.map((cell, i) => [head[i], cell])));
}

interface Row {
  value: number;
  lambdaZ: number;
  N: number;
  objective: number;
  rank: number;
  own: number;
  leastMargin: number;
  singularValues: number[];
  groups: { margin: number; status: string }[];
}

test("one document: each row is what predict says with that value, and the events are those of the table and the CSV", async () => {
  const { code, out } = await runCommand(path, ...two, "--lambda-z", "1e-3:1e-2:7", "--json", "--csv", at("two.csv"));
  expect(code).toBe(0);
  expect(out.trim().split("\n")).toHaveLength(1);
  const d = JSON.parse(out);
  expect(d).toMatchObject({
    schema: "nclab.path/1",
    over: "lambdaZ",
    from: 1e-3,
    to: 1e-2,
    points: 7,
    scale: "log",
    certified: true,
  });
  expect(d.problem).toMatchObject({ K: 10, lambdaZ: null, lambdaB: 0.02 });
  const csv = csvRows(at("two.csv"));
  expect(csv).toHaveLength(7);
  for (const [i, row] of (d.rows as Row[]).entries()) {
    const p = JSON.parse((await runCommand(predict, ...two, "--lambda-z", String(row.value), "--json")).out);
    expect(row.objective).toBeCloseTo(p.objective, 12);
    expect([row.rank, row.own]).toEqual([p.rank, p.summary.own]);
    expect(row.leastMargin).toBeCloseTo(Math.min(...p.classes.map((c: { margin: number }) => c.margin)), 10);
    for (const [j, k] of [0, 5].entries()) {
      expect(row.groups[j].margin).toBeCloseTo(p.classes[k].margin, 10);
      expect(Number(csv[i][j === 0 ? "margin 0-4" : "margin 5-9"])).toBe(row.groups[j].margin);
      expect(csv[i][j === 0 ? "status 0-4" : "status 5-9"]).toBe(p.classes[k].status);
    }
    expect([csv[i].value, csv[i].objective, csv[i].certified].map(String)).toEqual([
      String(row.value),
      String(row.objective),
      "true",
    ]);
    expect(Number(csv[i].largestSingularValue)).toBe(row.singularValues[0]);
  }
  // sqrt(100)/3000 lies in the row that first has it below.
  const merged = csv.findIndex((row) => row.events.includes("classes 5-9: one vector from here on"));
  expect(Number(csv[merged - 1].value)).toBeLessThan(1 / 300);
  expect(Number(csv[merged].value)).toBeGreaterThan(1 / 300);
  const text = (await runCommand(path, ...two, "--lambda-z", "1e-3:1e-2:7")).out;
  const events = tableWith("what happens", text);
  expect(events.map((e) => [e["what happens"], e.rank])).toEqual([
    ["classes 5-9: one vector from here on", "9 to 5"],
    ["a shared singular value reaches 0", "5 to 4"],
    ["classes 5-9: predictions become 0", "5 to 4"],
    ["classes 0-4: one vector from here on", "4 to 0"],
    ["complete collapse: Z = 0", "4 to 0"],
  ]);
  expect(tableWith("least margin", text)).toHaveLength(7);
});

test("names of classes stand in the file and on the terminal", async () => {
  writeFileSync(at("counts.csv"), 'name,count\ncat,500\n"dog, small",40\ngnu,10\n');
  const { out } = await runCommand(
    path,
    "--counts",
    at("counts.csv"),
    "--lambda-z",
    "1e-2:4e-2:4:linear",
    "--csv",
    at("named.csv"),
  );
  expect(out).toContain("2 gnu");
  const [row] = csvRows(at("named.csv"));
  expect(Object.keys(row)).toContain("margin 1 dog, small");
  expect(row.weakest).toBe("2 gnu");
});

describe("the four ranges", () => {
  const rowsOf = async (...args: string[]): Promise<Row[]> => JSON.parse((await runCommand(path, ...args, "--json")).out).rows;
  it("--weight-decay with --ends: rows are predict's, decays of their own stay", async () => {
    const words = ["--counts", "5x500,5x100", "--ends", "batch-norm-relu", "--bias-weight-decay", "0.01"];
    for (const row of await rowsOf(...words, "--weight-decay", "0.01:0.2:3")) {
      const p = JSON.parse((await runCommand(predict, ...words, "--weight-decay", String(row.value), "--json")).out);
      expect(row.objective).toBeCloseTo(p.objective, 11);
      expect(row.lambdaZ).toBeCloseTo(row.value / Math.sqrt(3000), 14);
    }
  });
  it("--n-b beside a lambda_Z: whole counts", async () => {
    for (const row of await rowsOf("--counts", "5x500,5x100", "--lambda-z", "0.003", "--n-b", "10:500:5")) {
      const counts = `5x500,5x${row.value}`;
      const p = JSON.parse((await runCommand(predict, "--counts", counts, "--lambda-z", "0.003", "--json")).out);
      expect([row.objective, row.N]).toEqual([expect.closeTo(p.objective, 11), p.problem.N]);
    }
  });
  it("--imbalance of a long tail, at a mean penalty: lambda_Z follows N", async () => {
    const words = ["--long-tail", "exp:4:1000:0.001", "--lambda-z", "0.05", "--convention", "mean"];
    const rows = await rowsOf(...words, "--imbalance", "1:1000:4");
    // 10^(3/3): 1000, 100, 10, 1 at the end; 1000, 215.4, 46.4, 10 before it.
    expect(rows[3].N).toBeCloseTo(1111, 9);
    for (const row of rows) expect(row.lambdaZ).toBeCloseTo(0.05 / Math.sqrt(row.N), 14);
    const p = JSON.parse((await runCommand(predict, "--counts", "1000,100,10,1", ...words.slice(2), "--json")).out);
    expect(rows[3].objective).toBeCloseTo(p.objective, 11);
  });
});

test.each(["singular-values", "margins", "norms"])("--plot --show %s, in the three forms", async (show) => {
  for (const ending of ["svg", "pdf", "png"]) {
    const file = at(`${show}.${ending}`);
    const { code } = await runCommand(path, ...two, "--lambda-z", "1e-3:1e-2:9", "--plot", file, "--show", show, "--width", "12");
    expect(code).toBe(0);
    expect(statSync(file).size).toBeGreaterThan(2000);
  }
  const svg = readFileSync(at(`${show}.svg`), "utf8");
  expect(svg).toContain('width="454"');
  expect(svg).toContain("classes 5-9: one vector from here on, 0.003333");
});

test("not proved: code 3, and the rows are there all the same", async () => {
  const { code, err, out } = await runCommand(
    path,
    ...two,
    "--lambda-z",
    "1e-3:4e-3:3",
    "--tolerance",
    "1e-17",
    "--csv",
    at("loose.csv"),
  );
  expect(code).toBe(3);
  expect(err).toMatch(/the asked relative gap of 1e-17 was not reached in 3 of 3 rows: \S+ is the worst that is proved/);
  expect(out).toContain("0 of 3 rows proved");
  expect(csvRows(at("loose.csv")).map((row) => row.certified)).toEqual(["false", "false", "false"]);
});

test("many different classes: a loose tolerance, bins, and a picture of some of them", async () => {
  const { code, out } = await runCommand(
    path,
    ...["--long-tail", "exp:1000:1280:0.004", "--lambda-z", "1e-5:5e-5:3", "--tolerance", "1e-4"],
    ...["--plot", at("many.svg"), "--show", "margins"],
  );
  expect(code).toBe(0);
  expect(out).toContain("changes of rank were not located");
  const svg = readFileSync(at("many.svg"), "utf8");
  expect(svg).toMatch(/24 of \d+ curves, evenly chosen/);
  expect(svg.length).toBeLessThan(200_000);
}, 60_000);

test.each<[string[], RegExp]>([
  [
    ["--lambda-z", "0.003"],
    /expected a range FROM:TO.* in exactly one of --lambda-z, --weight-decay, --n-b, --imbalance, got none/,
  ],
  [["--lambda-z", "1e-3:1e-2", "--n-b", "10:90"], /exactly one of .* got --lambda-z and --n-b/],
  [["--lambda-z", "1e-2:1e-3"], /^--lambda-z: expected a range FROM:TO with FROM below TO, got "0.01:0.001"/],
  [["--lambda-z", "1e-3:1e-3"], /^--lambda-z: .*FROM below TO/],
  [["--lambda-z", "0:1e-3"], /^--lambda-z: expected a range between positive finite numbers, got 0/],
  [["--lambda-z=-1:1e-3"], /^--lambda-z: .*positive.* got -1/],
  [["--lambda-z", "1e-3:1e-2:1"], /^--lambda-z: POINTS: expected a whole number from 2 to 10000, got "1"/],
  [["--lambda-z", "1e-3:1e-2:5:6"], /^--lambda-z: expected FROM:TO/],
  [["--lambda-z", "1e-3:x"], /^--lambda-z: TO: expected a number, got "x"/],
  [["--lambda-z", "1e-3:1e-2", "--lambda-w", "1"], /either lambdaZ or lambdaW|--lambda-z/],
  [["--n-b", "10:90"], /regularization: expected/],
  [["--n-b", "100", "--lambda-z", "0.003"], /^--n-b: expected FROM:TO.*got "100"/],
  [
    ["--n-b", "10:501", "--lambda-z", "0.003"],
    /^--n-b: expected a positive number of at most 500, the next larger count, got 501/,
  ],
  [["--n-b", "1.5:50", "--lambda-z", "0.003"], /^--n-b: expected a range between whole numbers/],
  [["--imbalance", "0.1:10", "--lambda-z", "0.003"], /^--imbalance: expected a range above 1/],
  [["--imbalance", "1:501", "--lambda-z", "0.003"], /^--imbalance: expected a number from 1 to 500/],
  [["--weight-decay", "1e-3:1e-1"], /^--ends: expected/],
  [["--weight-decay", "1e-3:1e-1", "--ends", "layer-norm"], /^--ends: expected batch-norm or batch-norm-relu/],
  [
    ["--weight-decay", "1e-3:1e-1", "--ends", "batch-norm", "--lambda-b", "0.1"],
    /^--weight-decay: expected no --lambda-b beside it/,
  ],
  [["--lambda-z", "1e-3:1e-2", "--show", "margins"], /^--show: expected --plot beside it/],
  [["--lambda-z", "1e-3:1e-2", "--plot", "x.svg", "--show", "z"], /^--show: expected singular-values, margins, norms/],
  [["--lambda-z", "1e-3:1e-2", "--csv", "a/b/c.csv"], /^a\/b\/c.csv: expected a writable place, got ENOENT/],
  [["--lambda-z", "1e-3:1e-2", "--csv", "/dev/null"], /^\/dev\/null: expected the name of a file/],
  [["--lambda-z", "1e-3:1e-2", "--csv", "x.svg", "--plot", "x.svg"], /^--csv: expected another file than --plot/],
  [["--lambda-z", "1e-3:1e-2", "--ratio", "1:3"], /expected one of its options, got "--ratio"/],
  [["--lambda-z", "1e-3:1e-2", "--tolerance", "0"], /^--tolerance: expected a positive number/],
])("bad input: %j", async (args, message) => {
  const { code, out, err } = await runProgram("path", "--counts", "5x500,5x100", ...args);
  expect(err.trim()).toMatch(message);
  expect([code, out]).toEqual([2, ""]);
  expect(existsSync("x.svg")).toBe(false);
});

test("equal counts have no minority", async () => {
  const { code, err } = await runProgram("path", "--counts", "5x100", "--lambda-z", "0.01", "--n-b", "5:50");
  expect(code).toBe(2);
  expect(err).toMatch(/^--n-b: expected classes of at least two different counts/);
});

test.skipIf(process.platform !== "linux")(
  "asked to stop: code 1, the rows so far are kept whole, and what was there before is replaced, not torn",
  async () => {
    const file = at("stopped.csv");
    writeFileSync(file, "old\n");
    const words = ["path", "--long-tail", "exp:60:3000:0.01", "--lambda-b", "0.01", "--lambda-z", "1e-5:1e-2:5000"];
    const child = spawn(process.execPath, [main, ...words, "--csv", file], { stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (text) => {
      stdout += text;
    });
    child.stderr.on("data", (text) => {
      stderr += text;
    });
    const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
    // Progress is shown: it is at work, and listens.
    await expect.poll(() => stderr, { timeout: 60_000 }).toMatch(/of 5000 values/);
    expect(readFileSync(file, "utf8")).toBe("old\n");
    child.kill("SIGTERM");
    expect(await ended).toBe(1);
    expect(stdout).toBe("");
    const [, done] = /interrupted: (\d+) of 5000 values were solved; kept: /.exec(stderr) as RegExpExecArray;
    const rows = csvRows(file);
    expect(rows).toHaveLength(Number(done));
    expect(rows.every((row) => row.certified === "true" && row.value !== "")).toBe(true);
  },
  90_000,
);
