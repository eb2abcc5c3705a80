import { JSDOM } from "jsdom";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { latestTable } from "../../web/prediction/latest-table.ts";

beforeAll(() => {
  vi.stubGlobal("document", new JSDOM().window.document);
});
afterAll(() => {
  vi.unstubAllGlobals();
});

const latest = [
  { class: 2, count: 5, pOwn: 0.4, rival: 0, margin: -0.25, status: "outvoted" as const },
  { class: 1, count: 20, pOwn: null, rival: null, margin: null, status: null },
];
const cells = (made: HTMLElement | null): (string | null)[][] =>
  [...(made?.querySelectorAll("tbody tr") ?? [])].map((row) => [...row.children].map((cell) => cell.textContent));

test("the weakest classes in the order given, each beside its own predicted end", () => {
  const classes = [
    { class: 1, status: "own", margin: 3 },
    { class: 2, status: "merged", margin: 0 },
  ] as never;
  const named = latestTable("t", { name: "run", classNames: ["cat", "dog", "owl"], latest }, { classes });
  expect(named?.querySelector("caption")?.textContent).toContain("The weakest classes of run");
  expect(cells(named)).toEqual([
    ["2 owl", "5", "outvoted", "−0.25", "0 cat", "merged", "0"],
    ["1 dog", "20", "–", "–", "–", "own", "3"],
  ]);
});

test("without names classes go by their numbers; of what is not predicted nothing is said; of no class there is no table", () => {
  const rows = cells(latestTable("t", { name: "run", classNames: null, latest }, null));
  expect(rows.map((row) => [row[0], ...row.slice(4)])).toEqual([
    ["2", "0"],
    ["1", "–"],
  ]);
  expect(latestTable("t", { name: "run", classNames: null, latest: [] }, null)).toBeNull();
});
