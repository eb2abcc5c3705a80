import { describe, expect, test } from "vitest";
import { formats } from "../../src/features/formats/all.ts";
import { endingsElsewhere } from "../../src/features/formats/elsewhere.ts";
import { everywhere } from "../../src/features/formats/everywhere.ts";
import { type Dropped, sorted } from "../../web/runs/dropped.ts";
import { type Change, changed, nothingShown, type RunsState } from "../../web/runs/state.ts";

const dropped = (...paths: string[]): Dropped[] => paths.map((path) => ({ path, file: new File([], path) }));
const names = (files: readonly Dropped[]): string[] => files.map(({ path }) => path);

describe("dropped files, sorted by their names", () => {
  const here = everywhere.flatMap(({ endings }) => endings);

  test("every ending of a format that a page reads is measured, every other one is said to be read elsewhere", () => {
    for (const ending of here) expect(names(sorted(dropped(`x${ending}`)).arrays)).toEqual([`x${ending}`]);
    const elsewhere = formats.flatMap(({ endings }) => endings).filter((ending) => !here.includes(ending));
    expect(elsewhere.sort()).toEqual(Object.values(endingsElsewhere).flat().sort());
    // A browser unpacks gzip by itself.
    for (const ending of [...here, ".csv"]) expect(names(sorted(dropped(`x${ending}.GZ`)).arrays)).toEqual([`x${ending}.GZ`]);
    for (const ending of [...elsewhere, ".npy.zst", ".h5.gz"]) {
      const { texts, arrays, problems } = sorted(dropped(`X${ending.toUpperCase()}`));
      expect([texts, arrays]).toEqual([[], []]);
      expect(problems.join()).toMatch(
        /^X\..*: a page measures .*\(\.gz too\); run `nclab measure .*--json > measured\.json` where it lies/,
      );
    }
    expect(sorted(dropped("my features.h5", "net.onnx")).problems.join()).toContain(
      "; run `nclab measure 'my features.h5' --head-weight net.onnx --json > measured.json` where they lie, and drop measured.json here",
    );
    expect(sorted(dropped("net.onnx")).problems.join()).toContain("`nclab measure FEATURES --head-weight net.onnx --json");
  });

  test.each<[string, string[], string[], string[], RegExp]>([
    ["documents and labels", ["a.json", "y.csv", "H.npy"], ["a.json"], ["y.csv", "H.npy"], /^$/],
    [
      "what is a run's own",
      ["r/run.json", "r/metrics.jsonl", "r/final.npz", "r/metrics.csv"],
      ["r/run.json", "r/metrics.jsonl"],
      [],
      /^$/,
    ],
    ["a sweep and its table", ["s/sweep.json", "s/sweep.csv", "s/a/run.json"], ["s/sweep.json", "s/a/run.json"], [], /^$/],
    [
      "arrays above runs",
      ["s/H.npz", "s/a/run.json"],
      ["s/a/run.json"],
      [],
      /^s\/H\.npz: lies in a folder of runs and is left out: drop it alone/,
    ],
    [
      "several, one of them not read here",
      ["s/H.npz", "s/H.h5", "s/a/run.json"],
      ["s/a/run.json"],
      [],
      /^s\/H\.npz, s\/H\.h5: lie in a folder of runs/,
    ],
    ["arrays in another folder", ["s/a/run.json", "t/H.npz"], ["s/a/run.json"], ["t/H.npz"], /^$/],
    ["nothing that is anything", ["x.png"], [], [], /^expected a run folder.*got x\.png$/],
    [
      "one of each that is not read",
      ["H.h5", "s/H.npz", "s/a/run.json"],
      ["s/a/run.json"],
      [],
      /^H\.h5: a page measures.*\ns\/H\.npz: lies in/,
    ],
  ])("%s", (_, paths, texts, arrays, said) => {
    const found = sorted(dropped(...paths));
    expect([names(found.texts), names(found.arrays)]).toEqual([texts, arrays]);
    expect(found.problems.join("\n")).toMatch(said);
  });
});

test("what was wrong with what was dropped stands until something else is dropped, whatever is measured meanwhile", () => {
  const found = (problems: string[], goesOn?: boolean): Change => ({ kind: "found", shown: [], series: [], problems, goesOn });
  const problems = (...changes: Change[]): readonly string[] => changes.reduce(changed, nothingShown).problems;
  expect(problems(found(["bad"]), found([], true), found(["large"], true))).toEqual(["bad", "large"]);
  expect(problems(found(["bad"]), found([], true), found([]))).toEqual([]);
});

describe("what was chosen of a name that comes again", () => {
  const item = (name: string, counts: number[], classNames: string[] | null = null) =>
    ({ name, counts, classNames, lambdaZ: null }) as never;
  const found = (shown: never[], series: { name: string; members: never[] }[] = []): Change =>
    ({ kind: "found", shown, series, problems: [] }) as unknown as Change;
  const states = (...changes: Change[]): RunsState => changes.reduce(changed, nothingShown);
  const picked = (name: string): Change => ({ kind: "picked", name, picked: [0, 2] });

  test("stays where its classes are the same, and goes where they are others", () => {
    const before = [found([item("a", [5, 5, 5]), item("b", [5, 5, 5], ["x", "y", "z"])]), picked("a"), picked("b")];
    // Other counts of the same classes are the same classes.
    expect(states(...before, found([item("a", [9, 5, 5])])).picked).toEqual({ a: [0, 2], b: [0, 2] });
    expect(states(...before, found([item("a", [5, 5])])).picked).toEqual({ b: [0, 2] });
    expect(states(...before, found([item("b", [5, 5, 5], ["x", "w", "z"])])).picked).toEqual({ a: [0, 2] });
    expect(states(...before, found([item("c", [5, 5])])).picked).toEqual({ a: [0, 2], b: [0, 2] });
  });

  test("of a series: the file that is drawn, and the classes of each", () => {
    const series = (...members: never[]) => found([], [{ name: "s", members }]);
    const before = [
      series(item("1", [5, 5, 5]), item("2", [5, 5, 5])),
      { kind: "member", series: "s", file: "1" } as Change,
      picked("1"),
    ];
    expect(states(...before, series(item("1", [5, 5, 5])))).toMatchObject({ members: { s: "1" }, picked: { 1: [0, 2] } });
    const next = states(...before, series(item("3", [5, 5, 5])));
    expect(next.members).toEqual({});
    expect(states(...before, series(item("1", [5, 5]))).picked).toEqual({});
  });
});
