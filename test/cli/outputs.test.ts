import { linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type CommandInput, parse } from "../../src/cli/command.ts";
import { measure } from "../../src/cli/measure.ts";
import { writeAndPrint } from "../../src/cli/outputs.ts";
import { commands } from "../../src/cli/program.ts";
import { encodeNpz } from "../../src/features/index.ts";
import { random } from "../../src/math/random.ts";
import { runProgram } from "./run.ts";

let folder = "";
const at = (name: string): string => join(folder, name);
const [K, d, n] = [3, 4, 30];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "nclab-outputs-"));
  const r = random(5);
  const labels = Int32Array.from({ length: n }, (_, i) => i % K);
  const arrays = {
    features: {
      shape: [n, d],
      data: Float64Array.from({ length: n * d }, (_, e) => r.normal() + 3 * ((labels[Math.floor(e / d)] + e) % K)),
    },
    labels: { shape: [n], data: labels },
    weight: { shape: [K, d], data: Float64Array.from({ length: K * d }, () => r.normal()) },
  };
  mkdirSync(at("series"));
  for (const name of ["a.npz", "a.html", "a.svg", "series/epoch1.npz", "series/epoch2.npz"])
    writeFileSync(at(name), encodeNpz(arrays));
  writeFileSync(at("head.pt.html"), encodeNpz({ weight: arrays.weight }));
  writeFileSync(at("l.csv"), Array.from(labels, String).join("\n"));
  symlinkSync(at("a.npz"), at("link.npz"));
  symlinkSync(folder, at("same"));
  linkSync(at("a.npz"), at("hard.npz"));
  mkdirSync(at("tree/cat"), { recursive: true });
  mkdirSync(at("tree/dog"));
  for (const name of ["cat/1.png", "dog/1.png", "dog/2.png"]) writeFileSync(at(`tree/${name}`), "");
  writeFileSync(at("m.html"), '{"schema": "nclab.measurements/1", "measurements": []}');
  writeFileSync(at("counts.csv"), "count\n20\n10\n");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("what is read is never written over", () => {
  const cases: [string, string[], string][] = [
    ["a page", ["measure", "a.html", "--report", "a.html"], "a.html"],
    ["a part", ["measure", "a.npz", "--shard", "1/1", "--save", "a.npz"], "a.npz"],
    ["a part over a link", ["measure", "a.npz", "--shard", "1/1", "--save", "link.npz"], "a.npz"],
    ["a part over the same file by another name", ["measure", "hard.npz", "--shard", "1/1", "--save", "a.npz"], "a.npz"],
    ["a part through a linked folder", ["measure", "a.npz", "--shard", "1/1", "--save", "same/a.npz"], "a.npz"],
    ["labels", ["measure", "a.npz", "--labels", "l.csv", "--classes", "l.csv"], "l.csv"],
    ["a head", ["measure", "a.npz", "--head-weight", "head.pt.html", "--report", "head.pt.html"], "head.pt.html"],
    ["features by their option", ["measure", "--features", "a.svg", "--plot", "a.svg"], "a.svg"],
    ["one of a folder", ["measure", "series", "--classes", "series/epoch2.npz"], "series/epoch2.npz"],
    ["a part to merge", ["measure", "merge", "a.npz", "--classes", "a.npz"], "a.npz"],
    ["an image of a class folder", ["measure", "a.npz", "--labels", "tree", "--plot", "tree/dog/2.png"], "tree/dog/2.png"],
    [
      "an image that is counted",
      ["predict", "--labels", "tree", "--lambda-z", "0.01", "--plot", "tree/dog/2.png"],
      "tree/dog/2.png",
    ],
    ["counts", ["predict", "--counts", "counts.csv", "--lambda-z", "0.01", "--save", "counts.csv"], "counts.csv"],
    ["counts along a path", ["path", "--counts", "counts.csv", "--lambda-z", "1e-3:1e-2", "--csv", "counts.csv"], "counts.csv"],
    ["a document", ["report", "m.html", "--out", "m.html"], "m.html"],
  ];
  test.each(cases)("%s", async (_, args, file) => {
    const before = readFileSync(at(file));
    const named = args.map((arg) => (/[./]|^(tree|series)$/.test(arg) && !/^[\d.e:/-]+$/.test(arg) ? at(arg) : arg));
    const { code, err, out } = await runProgram(...named);
    expect(err).toMatch(/^--\w+: expected another file than those that are read .* it would be replaced/);
    expect([code, out]).toEqual([2, ""]);
    expect(readFileSync(at(file)).equals(before)).toBe(true);
  });

  test("a picture beside the class folders may be written again, and two outputs are two files", async () => {
    for (let i = 0; i < 2; i++)
      expect((await runProgram("predict", "--labels", at("tree"), "--lambda-z", "0.01", "--plot", at("tree/z.svg"))).code).toBe(
        0,
      );
    const { code, err } = await runProgram("measure", at("a.npz"), "--plot", at("x.svg"), "--classes", at("same/x.svg"));
    expect(err).toMatch(/^--(plot|classes): expected another file than --(plot|classes)/);
    expect(code).toBe(2);
  });
});

describe("a place that cannot be written to is refused before the work", () => {
  test.each([
    ["--report", "none/x.html"],
    ["--report", "tree.html/"],
    ["--plot", "none/x.svg"],
    ["--classes", "none/x.csv"],
    ["--classes", "tree"],
    ["--classes", "l.csv/x.csv"],
  ])("%s %s", async (option, file) => {
    mkdirSync(at("tree.html"), { recursive: true });
    // The features are not there: nobody looked at them yet.
    const { code, err, out } = await runProgram("measure", at("nothing.npz"), option, at(file));
    expect(err).toMatch(/expected a writable place, got E(NOENT|ISDIR|NOTDIR)/);
    expect([code, out]).toEqual([2, ""]);
  });

  test("a page is called one", async () => {
    const { code, err } = await runProgram("measure", at("a.npz"), "--report", at("ck.pt"));
    expect(err).toMatch(/^--report: expected a name that ends in .html, got/);
    expect(code).toBe(2);
  });
});

test("every option that writes a file says so", async () => {
  for (const [name, load] of Object.entries(commands))
    for (const [option, { help, value = "", writes }] of Object.entries((await load()).options))
      if (/FILE/.test(value) || /FILE/.test(help))
        expect([name, option, writes === true]).toEqual([name, option, /\bwrite\b|the page/.test(help) || option === "plot"]);
});

test("what was found is printed though writing fails, and the error comes after", async () => {
  const said: string[] = [];
  const full = async (): Promise<void> => {
    throw Object.assign(new Error("ENOSPC"), { code: "ENOSPC" });
  };
  await expect(writeAndPrint(full, () => void said.push("table"))).rejects.toThrow("ENOSPC");
  expect(said).toEqual(["table"]);
});

test("of a measurement too", async () => {
  const lines: string[] = [];
  const log = vi.spyOn(console, "log").mockImplementation((text) => void lines.push(String(text)));
  const input = parse(measure, [at("a.npz"), "--report", at("gone/x.html"), "--json"]) as CommandInput;
  // As if the folder had been there when `start` looked.
  await expect(measure.run(input)).rejects.toThrow(/gone\/x.html: expected a writable place/);
  log.mockRestore();
  expect(JSON.parse(lines.join("\n")).schema).toBe("nclab.measurement/1");
});
