import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { measure } from "../../src/cli/measure.ts";
import { predict } from "../../src/cli/predict.ts";
import { InputError } from "../../src/errors.ts";
import { encodeNpy, encodeNpz } from "../../src/features/index.ts";
import { runCommand, runProgram } from "./run.ts";

/** Labels as people have them, through every command that takes them. Classes of H.npy's 150 samples: 50, 40, 30, 20, 10. */
const field = (name: string): string => join(import.meta.dirname, "../fixtures/field", name);
const all = [50, 40, 30, 20, 10];

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "nclab-labels-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const predicted = async (...args: string[]) =>
  JSON.parse((await runCommand(predict, ...args, "--lambda-z", "0.005", "--json")).out);
const measured = async (...args: string[]) => JSON.parse((await runCommand(measure, ...args, "--json")).out);
const refused = async (run: Promise<unknown>): Promise<string> => {
  const error = (await run.catch((e) => e)) as Error;
  expect(error).toBeInstanceOf(InputError);
  return error.message;
};

test.each([
  ["predict", ["--lambda-z", "0.02"]],
  ["predict", ["--lambda-z", "0.02", "--loss", "square"]],
  ["predict", ["--weight-decay", "0.01", "--ends", "layer-norm", "--width", "6", "--starts", "2"]],
  ["thresholds", []],
  ["thresholds", ["--ends", "batch-norm-relu"]],
  ["limits", []],
  ["advise", ["--lambda-z", "0.03"]],
])("%s %j: the table and the document show the names", async (command, args) => {
  const file = join(folder, "named.csv");
  writeFileSync(file, 'name,count\ncat,50\n"dog, small",50\nfox,10\nyak,10\n');
  const { out } = await runProgram(command, "--counts", file, ...args);
  const cells = out
    .split("\n")
    .filter((line) => line.startsWith("│"))
    .join("\n");
  for (const name of ["0 cat", "1 dog, small", "2 fox", "3 yak"]) expect(cells).toContain(name);
  const names = ["cat", "dog, small", "fox", "yak"];
  const document = JSON.parse((await runProgram(command, "--counts", file, ...args, "--json")).out);
  const lists = [document, ...(document.remedies ?? [])].map(({ classes }) => classes?.map((c: { name: string }) => c.name));
  for (const list of lists) expect(list ?? document.problem.classNames ?? document.classNames).toEqual(names);
});

describe("one reader: predict counts what measure groups by", () => {
  const names = ["cat", "dog", "eel", "fox", "gnu"];
  test.each([
    ["y.npy", null],
    ["y_onehot.npy", null],
    ["y_lt.txt", null],
    ["y_tab.tsv", null],
    ["y_quoted.csv", null],
    ["nh_first.csv", null],
    ["nh_semi.csv", null],
    ["onlyy.pt", null],
    ["targets_list.pt", null],
    ["y_str.npy", names],
    ["mixed.npz", names],
  ])("%s", async (file, classNames) => {
    const p = await predicted("--labels", field(file));
    expect(p.problem.counts).toEqual(all);
    expect(p.classes.map((c: { name: string | null }) => c.name)).toEqual(classNames ?? all.map(() => null));
    const m = await measured("--features", field("H.npy"), "--labels", field(file));
    expect(m.counts).toEqual(all);
    expect(m.classNames).toEqual(classNames);
    const same = await measured("--features", field("H.npy"), "--labels", field("y.npy"));
    expect(m.nc1).toEqual(same.nc1);
  });

  test("names that have blanks, in a table with a header", async () => {
    const p = await predicted("--labels", field("y_names2.csv"));
    expect(p.classes.map((c: { name: string; count: number }) => [c.name, c.count])).toEqual([
      ["arctic fox", 40],
      ["cat", 10],
      ["eel", 30],
      ["gnu", 20],
      ["red fox", 50],
    ]);
  });

  test("the text shows the names", async () => {
    const { out } = await runCommand(predict, "--labels", field("y_str.npy"), "--lambda-z", "0.005");
    expect(out).toMatch(/│ 0 cat +│ +50 │/);
  });
});

test("numbers in quotes are numbers: class 10 of a head is row 10", async () => {
  const m = await measured(field("twelve_nolabels.npz"), "--labels", field("y12_quoted.csv"));
  // By NumPy, with the classes as numbers.
  expect(m.nc3).toBeCloseTo(0.0408, 4);
  expect(m.nc4).toBeCloseTo(0.0833, 4);
  expect(m.classNames).toBeNull();
});

describe("names beside a head", () => {
  const rows = [0, 0, 0, 1, 1, 2, 2, 2];
  beforeAll(() => {
    const H = Float64Array.from(
      rows.flatMap((k, i) => [Number(k === 0) + 0.01 * i, Number(k === 1) - 0.02 * i, Number(k === 2) + 0.03 * i]),
    );
    writeFileSync(
      join(folder, "H.npz"),
      encodeNpz({
        features: { shape: [8, 3], data: H },
        weight: { shape: [3, 3], data: Float64Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1) },
      }),
    );
    writeFileSync(join(folder, "names.txt"), rows.map((k) => ["zebra", "ant", "mule"][k]).join("\n"));
    for (const k of [0, 1, 2]) {
      mkdirSync(join(folder, "data", String(10 - k)), { recursive: true });
      for (let i = 0; i < [3, 2, 3][k]; i++) writeFileSync(join(folder, "data", String(10 - k), `${i}.png`), "");
    }
  });

  test("a note says how they were numbered", async () => {
    const { notes } = await measured(join(folder, "H.npz"), "--labels", join(folder, "names.txt"));
    expect(notes.join("\n")).toMatch(
      /numbered sorted as text \(0 ant, 1 mule, 2 zebra\); NC3, NC4 and the accuracy mean something only if the head's rows are in this order/,
    );
  });

  test("class folders, in the order of ImageFolder", async () => {
    const m = await measured(join(folder, "H.npz"), "--labels", join(folder, "data"));
    expect(m.classNames).toEqual(["10", "8", "9"]);
    expect(m.counts).toEqual([3, 3, 2]);
    expect(m.notes.join("\n")).toMatch(/as torchvision's ImageFolder does \(0 10, 1 8, 2 9\)/);
    expect((await predicted("--labels", join(folder, "data"))).problem.counts).toEqual([3, 3, 2]);
  });
});

describe("labels that are no classes", () => {
  test("a class far from the others: refused by predict, a note in measure, left out with --ignore-label", async () => {
    expect(await refused(predicted("--labels", field("y_255.npy")))).toMatch(
      /got none of class 5, 6, .*250 classes.*--ignore-label 255/,
    );
    expect((await predicted("--labels", field("y_255.npy"), "--ignore-label", "255")).problem.counts).toEqual([
      49, 40, 30, 19, 10,
    ]);
    const H = ["--features", field("H.npy"), "--labels", field("y_255.npy")];
    expect((await measured(...H)).notes[0]).toMatch(
      /no sample of 250 of the 256 classes \(5-254\); if 255 marks samples that belong to no class: --ignore-label 255/,
    );
    const m = await measured(...H, "--ignore-label", "255");
    expect([m.N, m.K, m.counts, m.notes[0]]).toEqual([
      148,
      5,
      [49, 40, 30, 19, 10],
      expect.stringMatching(/2 of 150 samples have the label to be ignored/),
    ]);
    expect(await refused(predicted("--counts", "5,3", "--ignore-label", "1"))).toMatch(
      /--ignore-label: expected --labels beside it/,
    );
  });

  test("without the ignored samples all is as if they were not in the files: passes, bootstrap, shards", async () => {
    const d = 3;
    const labels = Array.from({ length: 90 }, (_, i) => (i % 7 === 3 ? -100 : i % 3));
    const features = Float64Array.from(
      { length: 90 * d },
      (_, e) => Math.sin(17 * e) + (labels[Math.floor(e / d)] === e % d ? 2 : 0),
    );
    const kept = labels.flatMap((k, i) => (k < 0 ? [] : [i]));
    const write = (name: string, rows: readonly number[]): string => {
      const arrays = {
        features: {
          shape: [rows.length, d],
          data: Float64Array.from(rows.flatMap((i) => [...features.subarray(i * d, (i + 1) * d)])),
        },
        labels: { shape: [rows.length], data: Int32Array.from(rows, (i) => labels[i]) },
        weight: { shape: [3, d], data: Float64Array.of(1, 0.1, 0, 0, 1, 0.2, 0.3, 0, 1) },
      };
      writeFileSync(join(folder, name), encodeNpz(arrays));
      return join(folder, name);
    };
    const whole = write(
      "ignored.npz",
      labels.map((_, i) => i),
    );
    const clean = await measured(write("kept.npz", kept), "--bootstrap", "20");
    const m = await measured(whole, "--ignore-label", "-100", "--bootstrap", "20");
    const numbers = ({ file: _, notes: __, ...rest }: Record<string, unknown>): unknown => rest;
    expect(numbers(m)).toEqual(numbers(clean));
    const parts = [1, 2].map((i) => join(folder, `part${i}.npz`));
    for (const [i, part] of parts.entries())
      await runCommand(measure, whole, "--ignore-label", "-100", "--shard", `${i + 1}/2`, "--save", part);
    const merged = await measured("merge", ...parts);
    expect(merged.N).toBe(kept.length);
    expect(merged.nc1.paper).toBeCloseTo(clean.nc1.paper, 12);
    expect(await refused(measured(whole))).toMatch(
      /expected a class from 0 to at most 2 \(--ignore-label -100: samples that belong to no class\), got -100/,
    );
  });

  test("every class with one sample is said loudly; so are labels from 1", async () => {
    writeFileSync(
      join(folder, "H.npy"),
      encodeNpy({ shape: [6, 2], data: Float64Array.from([1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 14]) }),
    );
    writeFileSync(join(folder, "each.npy"), encodeNpy({ shape: [6], data: Int32Array.of(3, 1, 0, 2, 5, 4) }));
    writeFileSync(join(folder, "one.npy"), encodeNpy({ shape: [6], data: Int32Array.of(1, 1, 2, 2, 3, 3) }));
    const notes = async (name: string): Promise<string> =>
      (await measured("--features", join(folder, "H.npy"), "--labels", join(folder, name))).notes.join("\n");
    expect(await notes("each.npy")).toMatch(/EVERY CLASS HAS ONE SAMPLE/);
    expect(await notes("one.npy")).toMatch(/no sample of 1 of the 4 classes \(0\); are these labels counted from 1\?/);
    expect(await refused(predicted("--labels", join(folder, "one.npy")))).toMatch(
      /got none of class 0 .*labels from 1 to K must be one less/,
    );
  });

  test("a head's rows say which labels are classes, however few samples there are", async () => {
    const arrays = (rows: number) => ({
      features: { shape: [3, 2], data: Float64Array.of(1, 2, 3, 4, 5, 7) },
      labels: { shape: [3], data: Int32Array.of(8000, 17, 8000) },
      weight: { shape: [rows, 2], data: Float64Array.from({ length: rows * 2 }, (_, e) => Math.cos(e)) },
    });
    writeFileSync(join(folder, "many.npz"), encodeNpz(arrays(8142)));
    writeFileSync(join(folder, "few.npz"), encodeNpz(arrays(8000)));
    const m = await measured(join(folder, "many.npz"));
    expect([m.K, m.counts[8000], m.counts[17]]).toEqual([8142, 2, 1]);
    expect(await refused(measured(join(folder, "few.npz")))).toMatch(
      /labels\[0\]: expected a class from 0 to at most 7999.*got 8000/,
    );
  });
});

describe("counts as programs print them", () => {
  test.each([
    [field("counts_dict.json"), [500, 20, 100], ["cat", "dog", "eel"]],
    [field("counts_vc.txt"), [500, 20, 100], ["cat", "dog", "eel"]],
    ["[500,100,20]", [500, 100, 20], [null, null, null]],
    ['{"cat": 500, "dog": 20}', [500, 20], ["cat", "dog"]],
    ["500;100;20", [500, 100, 20], [null, null, null]],
  ])("--counts %s", async (text, counts, names) => {
    const p = await predicted("--counts", text);
    expect(p.problem.counts).toEqual(counts);
    expect(p.classes.map((c: { name: string | null }) => c.name)).toEqual(names);
  });

  test("a file in UTF-16, as Excel and PowerShell write it", async () => {
    const text = "\ufeffname\tcount\r\ncat\t12,000\r\ndog\t20\r\n";
    writeFileSync(join(folder, "counts.txt"), Buffer.from(text, "utf16le"));
    const p = await predicted("--counts", join(folder, "counts.txt"));
    expect(p.problem.counts).toEqual([12000, 20]);
    expect(p.classes.map((c: { name: string }) => c.name)).toEqual(["cat", "dog"]);
  });
});

test("a checksum that does not fit is seen by predict too", async () => {
  const bytes = encodeNpz({ labels: { shape: [200], data: Int32Array.from({ length: 200 }, (_, i) => i % 4) } });
  // The checksum in the directory, at the end.
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const directory = bytes.findLastIndex((_, i) => i + 4 <= bytes.length && view.getUint32(i, true) === 0x02014b50);
  view.setUint32(directory + 16, view.getUint32(directory + 16, true) ^ 1, true);
  writeFileSync(join(folder, "damaged.npz"), bytes);
  expect(await refused(predicted("--labels", join(folder, "damaged.npz")))).toMatch(/labels: checksum/);
});
