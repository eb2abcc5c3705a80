import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { countLabels } from "../../src/cli/labels.ts";
import { InputError } from "../../src/errors.ts";
import { encodeNpy } from "../../src/features/npy.ts";
import { encodeNpz } from "../../src/features/npz.ts";
import { random } from "../../src/math/random.ts";
import { textOfCounts } from "../../web/counts-text.ts";
import { classesOfFile, classesOfText, countsOfText, type Meaning, textOfClasses } from "../../web/data/read-counts.ts";
import { type Numbers, rules, words } from "../../web/rules.ts";
import { defaults, fromHash, type State, toHash } from "../../web/state.ts";
import { type Made, zipOf } from "../features/zip-files.ts";

const countsOfFile = async (file: File, meaning: Meaning): Promise<number[]> => (await classesOfFile(file, meaning)).counts;

const file = (name: string, content: string | Uint8Array): File => new File([content as BlobPart], name);
const labels = { shape: [7], data: BigInt64Array.from([0, 2, 1, 0, 0, 2, 0], BigInt) };

it("reads counts as they are typed and pasted", () => {
  expect(countsOfText("3x50, 2x7")).toEqual([50, 50, 50, 7, 7]);
  expect(countsOfText("[5, 4, 3]")).toEqual([5, 4, 3]);
  expect(countsOfText("class,count\ncat,10\ndog,20\n")).toEqual([10, 20]);
  expect(countsOfText("exp:3:100:0.01")).toEqual([100, 10, 1]);
  expect(countsOfText("step:4:100:0.1")).toEqual([100, 100, 10, 10]);
});

it.each(["", "5x", "1,2,-3", "0,1", "1.5,2", "exp:3:100", "step:4:100:2", "[1, 2", "one,two", "5"])(
  "refuses %j with a reason",
  (text) => {
    expect(() => countsOfText(text)).toThrow(InputError);
  },
);

it("counts the labels of files", async () => {
  expect(await countsOfFile(file("y.npy", encodeNpy(labels)), "counts")).toEqual([4, 1, 2]);
  expect(await countsOfFile(file("y.npz", encodeNpz({ labels })), "counts")).toEqual([4, 1, 2]);
  expect(await countsOfFile(file("y.csv", "label\n0\n2\n1\n0\n"), "labels")).toEqual([2, 1, 1]);
  expect(await countsOfFile(file("y.csv", "4\n2\n"), "counts")).toEqual([4, 2]);
  expect(await countsOfFile(file("y.json", "[4, 2]"), "counts")).toEqual([4, 2]);
  expect(await countsOfFile(file("y.json", "[0, 1, 0]"), "labels")).toEqual([2, 1]);
});

it("an .npz that shares bytes, lies about its numbers or unpacks to more than a tab can hold is refused", async () => {
  const content = encodeNpy(labels);
  const refused = async (members: Made[], message: RegExp): Promise<void> => {
    await expect(countsOfFile(file("y.npz", zipOf(members)), "labels")).rejects.toThrow(InputError);
    await expect(countsOfFile(file("y.npz", zipOf(members)), "labels")).rejects.toThrow(message);
  };
  await refused([{ name: "labels.npy", content }, { name: "again.npy", content, says: { offset: 0 } }], /its own bytes/); // biome-ignore format: two
  await refused([{ name: "labels.npy", content, says: { crc: 1 } }], /labels: checksum/);
  await refused([{ name: "labels.npy", content, deflated: true, says: { crc: 1 } }], /labels: checksum/);
  // A header that promises 2^29 numbers, and as much behind it as can unpack to them.
  // Byte by byte: a decoder of "latin1" is one of windows-1252, and makes another number of the magic's first.
  const header = String.fromCharCode(...encodeNpy({ shape: [0], data: new Uint8Array(0) }));
  const promise = header.replace("(0,), }         ", "(536870912,), }").replace(/\n$/, " \n");
  const r = random(7);
  const noise = Uint8Array.from({ length: 600_000 }, () => r.integer(256));
  const big = Uint8Array.from([...Array.from(promise.slice(0, header.length), (c) => c.charCodeAt(0)), ...noise]);
  await refused(
    [{ name: "labels.npy", content: big, deflated: true, says: { size: 2 ** 29 + header.length } }],
    /labels: expected at most 268435456 bytes here/,
  );
});

it.each([
  ["y.npy", "no array", "y.npy"],
  ["y.csv", "0\n2\n", "got none of class 1"],
  ["y.csv", "0\n-1\n", "a class from 0"],
  ["y.pt", "anything", "y.pt: expected a .npy, .npz, .safetensors, .pt or .pkl file, got text"],
  ["y.xlsx", "anything", ".csv, .tsv, .txt, .json, .npy, .npz, .pt, .pth"],
  ["y.csv", "0,1\n1,2\n0,2\n2,0", "more than one can: column 1"],
])("refuses %s with %j", async (name, content, message) => {
  await expect(countsOfFile(file(name, content), "labels")).rejects.toThrow(message);
});

it("reads what the command line reads: the same counts and names of every file", async () => {
  const field = join(import.meta.dirname, "../fixtures/field");
  const made = join(import.meta.dirname, "../fixtures/labels");
  const names =
    "nh_first.csv nh_semi.csv y_onehot.npy y_str.npy mixed.npz targets_list.pt y_lt.txt y_tab.tsv y_names2.csv onlyy.pt y_quoted.csv";
  const others =
    "words_packed.npz words_object.npy words.pt names_beside.npz order_beside.npz onehot_columns.npy savetxt_onehot.txt";
  for (const path of [
    ...names.split(" ").map((name) => join(field, name)),
    ...others.split(" ").map((name) => join(made, name)),
  ]) {
    const here = await classesOfFile(file(path, readFileSync(path)), "labels");
    expect(here, path).toEqual(await countLabels(path, {}, {}));
  }
  for (const name of ["counts_dict.json", "counts_vc.txt"])
    expect(await classesOfFile(file(name, readFileSync(join(field, name))), "counts")).toEqual({
      counts: [500, 20, 100],
      names: ["cat", "dog", "eel"],
    });
});

it("compares the checksums of a zip", async () => {
  const bytes = encodeNpz({ labels });
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const directory = bytes.findLastIndex((_, i) => i + 4 <= bytes.length && view.getUint32(i, true) === 0x02014b50);
  view.setUint32(directory + 16, view.getUint32(directory + 16, true) ^ 1, true);
  await expect(countsOfFile(file("y.npz", bytes), "labels")).rejects.toThrow(/checksum/);
});

it("says any counts in a text that reads back as they were", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(1, 2, 7, 500, 123456), { minLength: 2, maxLength: 40 }), (counts) => {
      expect(countsOfText(textOfCounts(counts))).toEqual(counts);
    }),
  );
});

it("says classes with names in a text that reads back as they were", () => {
  const part = fc.constantFrom(
    "cat",
    "b",
    " ",
    "-",
    ",",
    ";",
    '"',
    "'",
    "#",
    "|",
    "ß",
    ".",
    "..",
    ":",
    "5",
    "12",
    "0",
    "é",
    "x",
    "\t",
    "total",
  );
  const name = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => `n${parts.join("")}`.replace(/\s+/g, " ").trim());
  const some = { minLength: 2, maxLength: 12, selector: (s: string) => s };
  fc.assert(
    fc.property(
      fc.uniqueArray(name, some),
      fc.array(fc.constantFrom(1, 3, 12, 500), { minLength: 12, maxLength: 12 }),
      (names, n) => {
        const classes = { counts: n.slice(0, names.length), names };
        expect(classesOfText(textOfClasses(classes))).toEqual(classes);
      },
    ),
    { numRuns: 2000 },
  );
  // Numbers that leave some out are names too; the line of counts alone needs none.
  const numbered = { counts: [4, 500, 12], names: ["2", "5", "11"] };
  expect(classesOfText(textOfClasses(numbered))).toEqual(numbered);
  expect(textOfClasses({ counts: [5, 5, 1], names: null })).toBe("2x5,1");
});

it("keeps any state in an address", () => {
  const positive = fc.double({ min: 1e-12, max: 1e6, noNaN: true });
  const state = fc.record({
    tab: fc.constantFrom<State["tab"]>("theory", "data"),
    kA: fc.integer({ min: 1, max: 500 }),
    nA: fc.integer({ min: 1, max: 1e9 }),
    lambdaZ: positive,
    lambdaB: fc.oneof(positive, fc.constant(Number.POSITIVE_INFINITY)),
    nonnegative: fc.boolean(),
    counts: fc.string(),
    training: fc.constantFrom("decay", "penalties", "norms", "unknown"),
    ends: fc.constantFrom("batch-norm", "batch-norm-relu"),
    dataLambdaZ: fc.oneof(positive, fc.constant(defaults.dataLambdaZ)),
  });
  fc.assert(
    fc.property(state, (part) => {
      const whole = { ...defaults, ...part };
      expect(fromHash(toHash(whole))).toEqual({ state: whole, problems: [] });
    }),
  );
});

it("lambdas in an address of an earlier version, which says no training, are penalties unless a network's end stands beside them", () => {
  const of = (query: string) => fromHash(`#data?counts=5x500,5x100&${query}`).state;
  expect(of("dataLambdaZ=0.01")).toMatchObject({ training: "penalties", dataLambdaZ: 0.01 });
  expect(of("dataLambdaZ=0.0036").training).toBe("penalties");
  expect(of("dataLambdaZ=0.01&ends=batch-norm&weightDecay=0.1").training).toBe("decay");
  expect(of("dataLambdaZ=0.01&ends=lambdas").training).toBe("penalties");
  expect(of("dataLambdaZ=0.01&training=norms").training).toBe("norms");
  expect(of("dataLambdaZ=0.01&training=decay").training).toBe("decay");
  expect(of("dataLambdaZ=no").training).toBe("decay");
  expect(of("weightDecay=0.1").training).toBe("decay");
});

it("refuses in an address what the fields refuse, and keeps the rest", () => {
  for (const [query, message] of [
    ["lambdaZ=1e300", "lambdaZ: a positive number, from 1e-300 to 1e+100"],
    ["lambdaZ=-1", "lambdaZ: a positive number"],
    ["lambdaZ=inf", "lambdaZ: a positive number"],
    ["lambdaZ=NaN", "lambdaZ: expected a number"],
    ["lambdaB=-1", "lambdaB: 0, a positive number"],
    ["lambdaB=1e-320", "lambdaB: 0, a positive number"],
    ["decayedBias=some", "decayedBias: expected decays, free, none"],
    ["kA=0", "kA: a whole number from 1 to 500"],
    ["kB=1e9", "kB: a whole number from 1 to 500"],
    ["nA=2.5", "nA: a whole number"],
    ["nB=1e13", "nB: a whole number"],
    ["dataLambdaZ=1e200", "dataLambdaZ: a positive number"],
    ["dataLambdaB=-inf", "dataLambdaB: expected a number"],
    ["margin=0", "margin: a positive number of logits"],
    ["epochs=0", "epochs: a whole number"],
    ["batch=1", "batch: a whole number from 2"],
    ["seed=-1", "seed: a whole number from 0"],
    ["nonnegative=yes", "nonnegative: expected 0 or 1"],
    ["convention=half", "convention: expected paper, no-half, mean"],
    ["backend=abacus", "backend: expected auto, wasm, webgpu"],
    ["tab=data", 'there is no setting "tab"'],
  ]) {
    const { state, problems } = fromHash(`#theory?${query}&kB=7`);
    expect(problems).toEqual([expect.stringContaining(message)]);
    expect(state).toEqual({ ...defaults, kB: 7 });
  }
});

it("whatever an address says, every setting is one that its field would take", () => {
  const value = fc.oneof(
    fc.double().map(String),
    fc.integer().map(String),
    fc.string(),
    fc.constantFrom("1e400", "-0", "inf", "∞", "0x10", "1e-320", "%", "[object Object]"),
  );
  const keys = Object.keys(defaults).filter((key) => key !== "tab");
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom(...keys), value), { maxLength: 6 }), (pairs) => {
      const { state } = fromHash(`#data?${pairs.map(([key, text]) => `${key}=${encodeURIComponent(text)}`).join("&")}`);
      for (const [key, rule] of Object.entries(rules)) expect(rule(state[key as Numbers])).toBeNull();
      expect(words.convention).toContain(state.convention);
    }),
  );
});
