import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InputError } from "../../../src/errors.ts";
import type { Bytes } from "../../../src/features/bytes.ts";
import { type LabelOptions, type Labels, textLabels } from "../../../src/features/index.ts";
import { jsonLabels } from "../../../src/features/labels/json-labels.ts";
import { memoryBytes } from "../../../src/features/memory-bytes.ts";

async function read(content: string | Uint8Array, options: LabelOptions = {}): Promise<{ labels: Labels; all: number[] }> {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const labels = await textLabels(memoryBytes("labels.csv", bytes), options);
  const all: number[] = [];
  for await (const block of labels.blocks(0, labels.n, 7)) for (let i = 0; i < block.length; i++) all.push(block[i]);
  return { labels, all };
}

const refusal = async (content: string, options: LabelOptions = {}): Promise<string> => {
  const error = await read(content, options).catch((e) => e);
  expect(error).toBeInstanceOf(InputError);
  return error.message;
};

/** Words with all that makes tables hard; the first letter keeps them from being numbers. */
const word = fc
  .tuple(
    fc.constantFrom("a", "Z", "ß", "é", "語"),
    fc.array(fc.constantFrom("b", "7", " ", ",", ";", "|", "\t", '"', "'", "-", "x y"), { maxLength: 4 }),
    fc.constantFrom("c", "q", "8"),
  )
  .map(([a, b, c]) => a + b.join("") + c);

/** Labels in which some class occurs twice, so that a column of them is no column of names of files. */
const classes = fc
  .integer({ min: 2, max: 14 })
  .chain((K) => fc.array(fc.integer({ min: 0, max: K - 1 }), { minLength: K + 1, maxLength: 40 }));

const encodings: Record<string, (text: string) => Uint8Array> = {
  "utf-8": (text) => new TextEncoder().encode(text),
  "utf-8 with its mark": (text) => new TextEncoder().encode(`\ufeff${text}`),
  "utf-16le with its mark": (text) => utf16(`\ufeff${text}`, true),
  "utf-16be with its mark": (text) => utf16(`\ufeff${text}`, false),
};

function utf16(text: string, littleEndian: boolean): Uint8Array {
  const bytes = new Uint8Array(2 * text.length);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < text.length; i++) view.setUint16(2 * i, text.charCodeAt(i), littleEndian);
  return bytes;
}

const form = fc.record({
  separator: fc.constantFrom(",", ";", "\t", "|"),
  quotes: fc.constantFrom("all", "needed"),
  header: fc.constantFrom("label", "none", "unknown"),
  first: fc.boolean(),
  index: fc.boolean(),
  end: fc.constantFrom("\n", "\r\n", "\r"),
  last: fc.boolean(),
  encoding: fc.constantFrom(...Object.keys(encodings)),
});

type Form = typeof form extends fc.Arbitrary<infer T> ? T : never;

/** A table of files and classes as a program would write it. */
function tableOf(cells: readonly string[], f: Form): Uint8Array {
  const quoted = (cell: string): string =>
    f.quotes === "all" || /["\t;,|]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
  const row = (file: string, cell: string, i: string): string[] => [
    ...(f.index ? [i] : []),
    ...(f.first ? [cell, file] : [file, cell]),
  ];
  const rows = cells.map((cell, i) => row(`img ${i}.png`, cell, String(i)));
  if (f.header === "label") rows.unshift(row("image", "Label", ""));
  if (f.header === "unknown") rows.unshift(row("picture", "what it shows", "no"));
  const lines = rows.map((cells) => cells.map(quoted).join(f.separator));
  return encodings[f.encoding](lines.join(f.end) + (f.last ? f.end : ""));
}

const byCodePoints = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

test("numbers in a table of any form read back as they were", async () => {
  await fc.assert(
    fc.asyncProperty(classes, form, async (list, f) => {
      const { labels, all } = await read(tableOf(list.map(String), f));
      expect(all).toEqual(list);
      expect(labels.names).toBeNull();
      expect([...labels.counts]).toEqual(Array.from(labels.counts, (_, k) => list.filter((x) => x === k).length));
    }),
    { numRuns: 400 },
  );
});

test("names in a table of any form read back as they were, in the order of their code points", async () => {
  await fc.assert(
    fc.asyncProperty(classes, fc.uniqueArray(word, { minLength: 14, maxLength: 14 }), form, async (list, names, f) => {
      fc.pre(new Set(list).size > 1);
      const cells = list.map((k) => names[k]);
      const { labels, all } = await read(tableOf(cells, f));
      const sorted = [...new Set(cells)].sort(byCodePoints);
      expect(labels.names).toEqual(sorted);
      expect(all.map((k) => sorted[k])).toEqual(cells);
    }),
    { numRuns: 400 },
  );
});

test("one-hot columns read back as they were, with the names of their header", async () => {
  await fc.assert(
    fc.asyncProperty(classes, form, async (list, f) => {
      const K = Math.max(...list) + 1;
      fc.pre(K > 1);
      const cells = (k: number): string[] => Array.from({ length: K }, (_, j) => (j === k ? "1" : "0"));
      const names = Array.from({ length: K }, (_, k) => `kind ${k}`);
      const rows = list.map((k, i) => [`${i}.jpg`, ...cells(k)]);
      if (f.header !== "none") rows.unshift(["image", ...names]);
      const { labels, all } = await read(encodings[f.encoding](rows.map((row) => row.join(f.separator)).join(f.end)));
      expect(all).toEqual(list);
      expect(labels.classes).toBe(K);
      expect(labels.names).toEqual(f.header === "none" ? null : names);
    }),
    { numRuns: 200 },
  );
});

describe("lines without columns", () => {
  const forms: [string, (k: number, i: number) => string][] = [
    ["a number", (k) => String(k)],
    ["a number as NumPy's savetxt writes it", (k) => `${k}.000000000000000000e+00`],
    ["file and number", (k, i) => `train/n0${k}/a, b ${i}.JPEG ${k}`],
    ["words and number", (k, i) => `picture ${i} ${k}`],
    ["number and file", (k, i) => `${k} img_${i}.png`],
    ["row number and number", (k, i) => `${i + 1} ${k}`],
    ["folders that are numbers", (k, i) => `data/${k}/img${i}.png`],
  ];
  test.each(forms)("%s", async (_, lineOf) => {
    await fc.assert(
      fc.asyncProperty(classes, fc.constantFrom("\n", "\r\n"), async (list, end) => {
        fc.pre(new Set(list).size > 1);
        expect((await read(list.map(lineOf).join(end))).all).toEqual(list);
      }),
      { numRuns: 60 },
    );
  });

  test.each([
    ["names", (name: string) => name],
    ["folders that are names", (name: string, i: number) => `C:\\data\\${name}\\img ${i}.png`],
    ["folders of files without an ending", (name: string, i: number) => `data/${name}/${i}`],
  ])("%s", async (_, lineOf) => {
    const names = ["red fox", "eel", "arctic fox", "gnu 2"];
    const list = [0, 1, 1, 3, 2, 2, 0, 3];
    const { labels, all } = await read(list.map((k, i) => lineOf(names[k], i)).join("\n"));
    expect(labels.names).toEqual(["arctic fox", "eel", "gnu 2", "red fox"]);
    expect(all).toEqual([3, 1, 1, 2, 0, 0, 3, 2]);
  });

  test.each([
    ["0,1,2,2,1", [0, 1, 2, 2, 1]],
    ["0 1 2 2 1", [0, 1, 2, 2, 1]],
    ["[0, 1, 2, 2, 1]", [0, 1, 2, 2, 1]],
    ["[\n0,\n1,\n1]", [0, 1, 1]],
    ["fox 3", [3]],
    // Folders of which only some are numbers are names.
    ["data/7/a.png\ndata/cat/b.png\ndata/7/c.png", [0, 1, 0]],
    ["3", [3]],
    // A class that occurs once is no title, unless it stands in the first line.
    ["cat\ncat\ndog\ndog\neel", [0, 0, 1, 1, 2]],
    ['["b", "a", "b"]', [1, 0, 1]],
    ["[true, false, true]", [1, 0, 1]],
    ['{"x/a.png": 1, "x/b.png": 0, "x/c.png": 1}', [1, 0, 1]],
    ["# numbers\n# by hand\n0\n1\n1\n", [0, 1, 1]],
    ["\n\n0\n\n1\n1", [0, 1, 1]],
    ["label\n1\n0\n0", [1, 0, 0]],
    ["Species\nb\na\nb", [1, 0, 1]],
    ['"label"\n"1"\n"0"\n"0"', [1, 0, 0]],
  ])("%j", async (text, list) => {
    expect((await read(text)).all).toEqual(list);
  });
});

test("a number and its name in two columns: the number is the class, the name its name", async () => {
  const rows = ["file,class_id,class_name", "a.png,2,eel", "b.png,0,red fox", "c.png,2,eel", "d.png,1,gnu"];
  const { labels, all } = await read(rows.join("\n"));
  expect(all).toEqual([2, 0, 2, 1]);
  expect(labels.names).toEqual(["red fox", "gnu", "eel"]);
  const without = await read(["2,eel", "0,fox", "2,eel", "1,gnu"].join("\n"));
  expect(without.labels.names).toEqual(["fox", "gnu", "eel"]);
  expect(await refusal(["label,class_name", "0,eel", "1,fox", "1,eel"].join("\n"))).toMatch(
    /more than one is named like classes/,
  );
});

test("a header decides where columns alone do not", async () => {
  const rows = ["0,1", "1,2", "0,2", "2,0", "1,1"];
  expect((await read(["split,label", ...rows].join("\n"))).all).toEqual([1, 2, 2, 0, 1]);
  expect((await read(["target,fold", ...rows].join("\n"))).all).toEqual([0, 1, 0, 2, 1]);
  expect((await read([",label", ...rows].join("\n"))).all).toEqual([1, 2, 2, 0, 1]);
  expect((await read(["split,kind", ...rows].join("\n"), { column: "Kind" })).all).toEqual([1, 2, 2, 0, 1]);
  expect(await refusal(["split,kind", ...rows].join("\n"), { column: "label" })).toMatch(
    /one of the columns split, kind, got "label"/,
  );
});

describe("what can be read in two ways is refused: the line, and how it was read", () => {
  test.each([
    [
      "0,1\n1,2\n0,2\n2,0",
      /line 1: expected one column that can hold classes, got "0,1", read as 2 columns separated by ",": more than one can: column 1 \(whole numbers, 3 different\), column 2 \(whole numbers, 3 different\); write a header line with `label`/,
    ],
    [
      "a.png,train,0\nb.png,val,1\nc.png,train,1\nd.png,val,0",
      /read as 3 columns.*column 2 \(words, 2 different\), column 3 \(whole numbers, 2 different\)/,
    ],
    ["a.png\nb.png\nc.png", /line 1: expected a class on each line, got "the name of a file alone: a.png"/],
    ["img/a.png\nimg/b.png", /expected one folder a class .*got "all files in img"/],
    ["fox, red\neel\neel\nfox, red\neel", /line 1: expected 1 cells separated by ",", as most lines have .*got "2: fox, red"/],
    ["a;1\nb;2\nc", /line 3: expected 2 cells separated by ";", as most lines have .*got "1: c"/],
    ['"a",1\n"b,2\n"c",1', /line 2: expected 2 cells .*got "a quoted cell that does not end: \\"b,2"/],
    ["animal\ncat\ncat\ndog\ndog", /line 1: expected a class that occurs again, or a header `label`, got "animal"/],
    ["y\ncat\ncat\ndog", /line 1: expected a header or a class, got "y", which can be either/],
    ["0\n1\nx\n1", /line 3: expected a class name|line 1: expected a class name/],
    ["0\n1\n-1\n1", /line 3: expected a class from 0 .*--ignore-label -1.*got -1/],
    ["0\n1\n1.5", /expected whole numbers or names, got "1.5"/],
    ["label\n0\n\n1\nnan", /line 5: expected a class .*--ignore-label.*got "nan"/],
    ["a.png,0\nb.png,\nc.png,0", /line 2: expected a class .*got "none in \\"b.png,\\""/],
    ["a.png,1,1,0\nb.png,0,1,0\nc.png,0,0,1", /one-hot rows have a single 1/],
    [
      "x,y\n0.5,0.25\n0.75,1\n0.5,0.25",
      /column 2 \("y", numbers, 2 different\): expected classes as whole numbers or as names, got "0.25"/,
    ],
    ["'0'\n'10'\n'2'\n'10'", /expected classes as numbers or as names, got "numbers in other signs: '0'"/],
    ["tensor(3)\ntensor(1)\ntensor(3)", /numbers in other signs: tensor\(3\)/],
    ["a.png,b'0'\nb.png,b'1'\nc.png,b'1'", /numbers in other signs: b'0'/],
    ['["(1)", "(2)", "(1)"]', /numbers in other signs: \(1\)/],
    ["", /expected a label a line, got "no lines"/],
    ["{}", /expected a JSON list of labels/],
    ["[1, [2]]", /labels\.csv\[1\]: expected a number or a name, got \[2\]/],
    ["[0, 99999999]", /labels\.csv\[1\]: expected a class from 0 to at most 999999/],
    ["-3", /line 1: expected a class from 0/],
    ["0\n1\n99999999", /line 3: expected a class from 0 to at most 999999/],
  ])("%j", async (text, message) => {
    expect(await refusal(text)).toMatch(message);
  });

  test("a line is shown whole up to 100 characters, a longer one with its beginning", async () => {
    const shown = async (length: number): Promise<string | undefined> =>
      /or a header `label`, got "([a.]*)"/.exec(
        await refusal([`${"a".repeat(length)}`, "cat", "cat", "dog", "dog"].join("\n")),
      )?.[1];
    expect(await shown(100)).toBe("a".repeat(100));
    expect(await shown(101)).toBe(`${"a".repeat(97)}...`);
  });

  test("bytes that are no text", async () => {
    await expect(read(Uint8Array.of(0x4d, 0xfc, 0x6c, 0x6c, 0x65, 0x72, 10))).rejects.toThrow(/not utf-8 \(save it as UTF-8\)/);
    await expect(read(Uint8Array.of(48, 10, 49, 10, 0, 0, 0, 10))).rejects.toThrow(/zero bytes/);
  });
});

test("a later line that reads differently is refused by its number", async () => {
  // More lines than are looked at before it is decided how the file reads.
  const many = Array.from({ length: 70_000 }, (_, i) => `img${i}.png,${i % 10}`);
  expect((await read(many.join("\n"))).labels.counts[3]).toBe(7000);
  expect(await refusal([...many, "img.png"].join("\n"))).toMatch(
    /line 70001: expected 2 cells, as in line 1 .*got "1: img\.png"/,
  );
  expect(await refusal([...many, "img.png,cat"].join("\n"))).toMatch(
    /line 70001: expected a class number, as in the other lines, got "cat"/,
  );
});

test("a number whose name changes after the lines that are looked at is refused by its line", async () => {
  const many = Array.from({ length: 70_000 }, (_, i) => `img${i}.png,${i % 10},kind ${i % 10}`);
  const table = ["file,class_id,class_name", ...many];
  expect((await read(table.join("\n"))).labels.names?.[3]).toBe("kind 3");
  expect(await refusal([...table, "img.png,3,another"].join("\n"))).toMatch(
    /line 70002: expected "kind 3", the name of class 3 before, got "another"/,
  );
});

test("JSON of 256 MB is read, a byte more is not", async () => {
  const of = (length: number): Bytes => ({
    what: "labels.json",
    length,
    reader: () => ({ fill: () => Promise.reject(new Error("it is being read")), close: async () => {} }),
  });
  await expect(jsonLabels(of(2 ** 28), {})).rejects.toThrow("it is being read");
  await expect(jsonLabels(of(2 ** 28 + 1), {})).rejects.toThrow("labels.json: expected at most 268435456 bytes of JSON");
});

test("labels to be ignored: a number, a name, nothing at all", async () => {
  expect((await read("0\n255\n1\n1", { ignore: "255" })).all).toEqual([0, -1, 1, 1]);
  expect((await read("0\n-100\n1\n1", { ignore: "-100" })).all).toEqual([0, -1, 1, 1]);
  expect((await read("a\nvoid\nb\nb", { ignore: "void" })).all).toEqual([0, -1, 1, 1]);
  expect((await read("a.png,0\nb.png,\nc.png,0", { ignore: "" })).all).toEqual([0, -1, 0]);
});

test.each([
  ["one a line", "0\nvoid\n1\n10\n1"],
  ["a header", "label\n0\nvoid\n1\n10\n1"],
  ["in one line", "0 void 1 10 1"],
  ["a column", "a.png,0\nb.png,void\nc.png,1\nd.png,10\ne.png,1"],
  ["a column under a title", "file;label\na;0\nb;void\nc;1\nd;10\ne;1"],
  ["ends of lines", "x/a.png 0\nx/b.png void\nx/c.png 1\nx/d.png 10\nx/e.png 1"],
])("a word to be ignored among numbers, %s", async (_, text) => {
  const { labels, all } = await read(text, { ignore: "void" });
  expect(all).toEqual([0, -1, 1, 10, 1]);
  expect(labels.names).toBeNull();
  expect(labels.ignored).toBe(1);
});
