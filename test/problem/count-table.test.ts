import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InputError } from "../../src/errors.ts";
import { missingNumbers, parseCountTable, saysCounts } from "../../src/problem/index.ts";

const read = (text: string) => parseCountTable(text, "counts.txt");
const three = { counts: [500, 20, 100], names: ["cat", "dog", "eel"] };

describe("counts with names, as programs write them", () => {
  test.each([
    ["JSON", '{"cat": 500, "dog": 20, "eel": 100}'],
    ["a document that holds them", '{"schema": "x", "counts": {"cat": 500, "dog": 20, "eel": 100}}'],
    ["JSON pairs (Counter.most_common)", '[["cat", 500], ["dog", 20], ["eel", 100]]'],
    ["a Python dictionary", "{'cat': 500, 'dog': 20, 'eel': 100}"],
    ["a Python Counter", "Counter({'cat': 500, 'dog': 20, 'eel': 100})"],
    ["an OrderedDict", "OrderedDict([('cat', 500), ('dog', 20), ('eel', 100)])"],
    ["a defaultdict", "defaultdict(<class 'int'>, {'cat': 500, 'dog': 20, 'eel': 100})"],
    ["value_counts(), pandas 1", "cat    500\ndog     20\neel    100\nName: label, dtype: int64\n"],
    ["value_counts(), pandas 2", "label\ncat    500\ndog     20\neel    100\nName: count, dtype: int64\n"],
    ["value_counts() without a name", "cat    500\ndog     20\neel    100\ndtype: int64"],
    ["uniq -c", "    500 cat\n     20 dog\n    100 eel\n"],
    ["commas", "cat,500\ndog,20\neel,100"],
    ["commas and a header", "name,count\ncat,500\ndog,20\neel,100\n"],
    ["quotes", '"name","count"\r\n"cat","500"\r\n"dog","20"\r\n"eel","100"\r\n'],
    ["count first", "samples;class\n500;cat\n20;dog\n100;eel"],
    ["semicolons", "cat;500\ndog;20\neel;100"],
    ["NumPy 2's numbers", "{'cat': np.int64(500), 'dog': np.int64(20), 'eel': np.int64(100)}"],
    ["numbers with a point", "{'cat': 500.0, 'dog': 20, 'eel': 100.0}"],
    ["np.unique", "(array(['cat', 'dog', 'eel'], dtype='<U3'), array([500,  20, 100]))"],
    ["colons", "cat: 500\ndog: 20\neel: 100"],
    ["the classes' numbers beside", "0,cat,500\n1,dog,20\n2,eel,100"],
    ["a title that says nothing", "kind,how many\ncat,500\ndog,20\neel,100"],
    ["tabs", "cat\t500\ndog\t20\neel\t100"],
    ["more columns, one called count", "name,split,count,share\ncat,train,500,0.8\ndog,train,20,0.03\neel,train,100,0.17"],
    ["its mark and comments", "\ufeff# by hand\ncat,500\n\ndog,20\n# the rest\neel,100"],
  ])("%s", (_, text) => {
    expect(read(text)).toEqual(three);
  });

  test("names with blanks, and thousands", () => {
    expect(read("red fox   12,000\narctic fox   1_500\neel   12")).toEqual({
      counts: [12000, 1500, 12],
      names: ["red fox", "arctic fox", "eel"],
    });
    expect(read('red fox,"12,000"\neel,7')).toEqual({ counts: [12000, 7], names: ["red fox", "eel"] });
    expect(read("red fox;12,000\neel;7")).toEqual({ counts: [12000, 7], names: ["red fox", "eel"] });
  });

  test("names that end in numbers, and one that is called all", () => {
    expect(read("class 1   500\nclass 2    20").names).toEqual(["class 1", "class 2"]);
    expect(read("all 500\nsome 20\nnone 7").names).toEqual(["all", "some", "none"]);
    expect(read("name,images,samples\ncat,500,500\ndog,100,100").counts).toEqual([500, 100]);
  });

  test("names with commas, without quotes, before blanks", () => {
    expect(read("crane, bird   500\ncrane, machine    20").names).toEqual(["crane, bird", "crane, machine"]);
    expect(read("fox, red   500\neel    20").names).toEqual(["fox, red", "eel"]);
  });

  test("names that are the numbers of classes put the counts in their order", () => {
    // value_counts() begins with the largest class.
    expect(read("label\n2    500\n0     20\n1    100\nName: count, dtype: int64")).toEqual({
      counts: [20, 100, 500],
      names: null,
    });
    expect(read("Counter({10: 5, 2: 7, 0: 1})")).toEqual({ counts: [1, 7, 5], names: ["0", "2", "10"] });
    expect(read('{"1": 4, "0": 9}')).toEqual({ counts: [9, 4], names: null });
  });
});

/** Counts of 1 to K for classes called 500, 100, 20 are possible, and nobody's. */
describe("classes known by number beside their counts, whichever comes first", () => {
  test.each([
    ["uniq -c, classes from 0", "    500 0\n    100 1\n     20 2\n", null],
    ["uniq -c, classes from 1", "    500 1\n    100 2\n     20 3\n", ["1", "2", "3"]],
    ["uniq -c, sorted by count", "     20 2\n    100 1\n    500 0\n", null],
    ["uniq -c, any numbers", "    500 34\n    100 78\n     20 79\n", ["34", "78", "79"]],
    ["uniq -c without its blanks", "500 1\n100 2\n20 3", ["1", "2", "3"]],
    ["commas", "500,0\n100,1\n20,2", null],
    ["commas, the class first", "1,500\n2,100\n3,20", ["1", "2", "3"]],
    ["commas, any numbers, the class first", "34,500\n78,100\n79,20", ["34", "78", "79"]],
    ["np.unique", "(array([0, 1, 2]), array([500, 100, 20]))", null],
    ["a Counter of NumPy 2", "Counter({np.int64(0): 500, np.int64(1): 100, np.int64(2): 20})", null],
  ])("%s", (_, text, names) => {
    expect(read(text)).toEqual({ counts: [500, 100, 20], names });
  });
});

describe("counts without names", () => {
  test.each([
    ["[500,100,20]", [500, 100, 20]],
    ["[500 100  20]", [500, 100, 20]],
    ["array([500, 100, 20])", [500, 100, 20]],
    ["tensor([500, 100, 20])", [500, 100, 20]],
    ["array([500, 100, 20], dtype=int64)", [500, 100, 20]],
    ["500,100,20", [500, 100, 20]],
    ["500;100;20", [500, 100, 20]],
    ["500 100 20", [500, 100, 20]],
    ["500\t100\t20", [500, 100, 20]],
    ["2x500, 1 x 20", [500, 500, 20]],
    ["12,000;5,000", [12000, 5000]],
    ["1e3,5", [1000, 5]],
    ["500\n100\n20", [500, 100, 20]],
    ["count\n500.0\n100.0\n20.0", [500, 100, 20]],
    ["12,000\n5,000", [12000, 5000]],
    ["1,250,000\n5,300\n7", [1250000, 5300, 7]],
    ["0,500\n1,300", [500, 300]],
  ])("%j", (text, counts) => {
    expect(read(text)).toEqual({ counts, names: null });
  });
});

describe("what is no list of counts is refused, with its place", () => {
  test.each([
    ["12,000", /counts\.txt\[1\]: expected a positive integer/],
    ["12,050", /counts\.txt\[1\]: expected a positive integer \(12000 and not 12,000/],
    ["cat,12.000\ndog,3", /line 1: expected a positive integer without a point \(12000, or 12\), got "12.000"/],
    [
      "12,500\n5,300",
      /line 1: expected a count, or a class and its count, got "12,500", which can be either \(12500, or class 12\)/,
    ],
    ["cat,500\ncat,20", /expected every class once, got "cat"/],
    ["cat,500\ndog,x", /line 2: expected a positive integer, got "x"/],
    ["5x1e30", /\[0\]: expected a positive integer of at most 9007199254740991 \(2\^53 - 1\), got "1e30"$/],
    ["1e30x5,3", /number of classes in "1e30x5": expected a positive integer of at most 9007199254740991/],
    ["[500, 1e30]", /\[1\]: expected a positive integer of at most 9007199254740991 \(2\^53 - 1\), got 1e\+30$/],
    ["500,0,100", /counts\.txt\[1\]: expected a positive integer, got "0": leave out a class without samples$/],
    ["5x500,5x0", /\[5\]: expected a positive integer, got "0": leave out a class/],
    ["cat,500\ndog,0", /line 2: expected a positive integer, got "0": leave out "dog", which has no samples$/],
    ['{"cat": 500, "dog": 0}', /\["dog"\]: expected a positive integer, got 0: leave out a class/],
    ["[500, 0]", /\[1\]: expected a positive integer, got 0: leave out a class/],
    ["0x500,3", /number of classes in "0x500": expected a positive integer, got "0"$/],
    ["1,2,3,foo", /counts\.txt\[3\]: expected a positive integer, got "foo"$/],
    ["5x500;many;3", /\[5\]: expected a positive integer, got "many"$/],
    ["cat,500\ndog", /line 2: expected `count` or `name,count`, got "dog"/],
    ["cat    500\n      ... \ndog     20\nName: label, Length: 200, dtype: int64", /the table was shortened when it was printed/],
    ["{'cat': {'dog': 3}}", /expected a JSON array or object/],
    ['{"cat": {"dog": 3}}', /\["cat"\]: expected a positive integer, got \{"dog":3\}/],
    ['{"cat": -1, "dog": 3}', /\["cat"\]: expected a positive integer, got -1/],
    ["[500, [1]]", /expected a name and a count, got 500/],
    ["", /expected counts such as 5x500,5x100/],
    [
      "name,train,test\ncat,500,50\ndog,100,10",
      /line 2: expected one column of counts, got "cat,500,50", in which column 2 \("train"\) or column 3 \("test"\)/,
    ],
    ["cat,500,50\ndog,100,10", /line 1: expected one column of counts, .* column 2 or column 3 can hold them; write a header/],
    ["name,images,samples\ncat,500,50\ndog,100,10", /column 2 \("images"\) or column 3 \("samples"\)/],
    ["cat 500 50\ndog 100 10", /line 1: expected a name and a count, got "cat 500 50", which ends in two numbers/],
    [
      "  500 cat.txt\n  100 dog.txt\n   20 eel.txt\n  620 total",
      /line 4: .* got "620 total", the sum of the others; leave that line out/,
    ],
    ["cat,500\ndog,100\nTotal,600", /line 3: .*the sum of the others/],
    ["All,620\ncat,500\ndog,120", /line 1: .*the sum of the others/],
  ])("%j", (text, message) => {
    expect(() => read(text)).toThrow(InputError);
    expect(() => read(text)).toThrow(message);
  });
});

test("any names and counts read back from any table", () => {
  const name = fc
    .tuple(fc.constantFrom("a", "Ö", "語"), fc.string({ maxLength: 6 }), fc.constantFrom("z", "b"))
    .map(([a, b, c]) => a + b.replace(/\s/g, "_") + c);
  fc.assert(
    fc.property(
      fc.uniqueArray(name, { minLength: 2, maxLength: 12 }),
      fc.array(fc.integer({ min: 1, max: 2e9 }), { minLength: 12, maxLength: 12 }),
      fc.constantFrom(",", ";", "\t"),
      fc.boolean(),
      fc.boolean(),
      fc.boolean(),
      (names, counts, separator, header, first, grouped) => {
        const quoted = (cell: string): string => `"${cell.replaceAll('"', '""')}"`;
        const said = (n: number): string => (grouped ? quoted(n.toLocaleString("en-US")) : String(n));
        const row = (cell: string, n: string): string => (first ? [n, cell] : [cell, n]).join(separator);
        const lines = names.map((cell, k) => row(quoted(cell), said(counts[k])));
        const text = [...(header ? [row("class", "count")] : []), ...lines].join("\n");
        expect(read(text)).toEqual({ counts: counts.slice(0, names.length), names });
      },
    ),
    { numRuns: 500 },
  );
});

test("what says counts itself, and what is the name of a file", () => {
  for (const text of ["5x500,5x100", "[500,100,20]", '{"a": 1}', "500;100", "1e3 5"]) expect(saysCounts(text)).toBe(true);
  for (const text of ["counts.json", "./12", "data/500", "exp.txt"]) expect(saysCounts(text)).toBe(false);
});

test("numbers of classes that are left out: the others close up, keep their numbers as names, and it is said", () => {
  const of = (text: string) => parseCountTable(text, "f");
  expect(of("0,500\n1,100\n3,20\n")).toEqual({ counts: [500, 100, 20], names: ["0", "1", "3"] });
  expect(missingNumbers(of("0,500\n1,100\n3,20\n").names)).toBe(
    "no count of class 2: the 3 others are taken as classes 0 to 2 in the order of their numbers, which stay as their names",
  );
  expect(missingNumbers(of("1,500\n2,100\n").names)).toMatch(/^no count of class 0: the 2 others/);
  expect(missingNumbers(of('{"90": 3, "4": 5}').names)).toMatch(/^no count of class 0, 1, 2, 3, 5, \.\.\.: the 2 others/);
  expect(missingNumbers(of("0,5\n1,3\n").names)).toBeNull();
  expect(missingNumbers(of("cat,5\ndog,3\n").names)).toBeNull();
  expect(missingNumbers(null)).toBeNull();
});
