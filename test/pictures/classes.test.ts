import { expect, test } from "vitest";
import { advise } from "../../src/index.ts";
import { classesBeforeAndAfter, classesByRank, statusColor, statusShares } from "../../src/pictures/index.ts";
import { classStatuses } from "../../src/prediction/index.ts";
import { headlessDocument } from "../../src/report/document.ts";
import { axisOf, keysOf, panelsOf } from "../plots/reading.ts";

const document = headlessDocument();
/** Of many, medium and few samples, and not in their order. */
const counts = [12, 500, 60, 500, 60, 12, 500];
const advice = advise({ counts, lambdaZ: 0.004, lambdaB: 0.05 });
const remedy = advice.remedies.find(({ kind }) => kind === "weight-per-class") as (typeof advice.remedies)[number];

test("how many classes have which status: all, many, medium and few, each part as long as its share and in its status's color", () => {
  const picture = statusShares(advice, { document, width: 412 });
  const groups = [
    { label: "all classes", has: () => true },
    { label: "many (> 100 samples)", has: (n: number) => n > 100 },
    { label: "medium (20-100)", has: (n: number) => n >= 20 && n <= 100 },
    { label: "few (< 20)", has: (n: number) => n < 20 },
  ];
  const wanted = groups.flatMap(({ label, has }) => {
    const some = advice.classes.filter(({ count }) => has(count));
    return classStatuses.flatMap((status) => {
      const n = some.filter((c) => c.status === status).length;
      return n === 0 ? [] : [{ title: `${label}: ${n} ${status}`, color: statusColor(status), width: (400 * n) / some.length }];
    });
  });
  expect(new Set(advice.classes.map(({ status }) => status)).size).toBeGreaterThan(1);
  const shown = [...picture.querySelectorAll("rect.share")].map((rect) => ({
    title: rect.textContent,
    color: rect.getAttribute("fill"),
    width: Number(rect.getAttribute("width")),
  }));
  expect(shown.map(({ title, color }) => ({ title, color }))).toEqual(wanted.map(({ title, color }) => ({ title, color })));
  for (const [i, { width }] of shown.entries()) expect(width).toBeCloseTo(wanted[i].width, 2);
});

test("statuses of one group are one bar, and a class that does not occur is in none", () => {
  const some = advice.classes.filter(({ count }) => count === 500);
  const absent = { ...some[0], class: 9, count: 0, pOwn: null, margin: null, status: null };
  const picture = statusShares({ classes: [...some, absent] }, { document });
  expect(picture.getAttribute("aria-label")).toBe("many (> 100 samples): 3 own");
});

test("margins before and after, each class at its rank by samples, in the color of its key; the asked margin is a line", () => {
  const options = { asked: advice.margin, remedy: "weights", document, width: 640 };
  const picture = classesBeforeAndAfter(advice.classes, remedy.classes, options);
  expect(remedy.reaches).toBe(true);
  const colors = new Map(keysOf(picture).flatMap(({ label, line }) => (line ? [[label, line.color]] : [])));
  expect([...colors.keys()]).toEqual(["weights", "as it is"]);
  const [panel] = panelsOf(picture);
  const [x, y] = [axisOf(panel, "x"), axisOf(panel, "y")];
  const order = [...counts.keys()].sort((k, l) => counts[l] - counts[k] || k - l);
  const groups = [...panel.querySelectorAll('[data-part="rule"]')];
  const read = groups.flatMap((group) =>
    [...group.querySelectorAll("line")].map((line) => ({
      strong: group.getAttribute("stroke-width") === "3",
      color: line.getAttribute("stroke") ?? group.getAttribute("stroke") ?? "",
      from: x.value(Number(line.getAttribute("x1"))),
      to: x.value(Number(line.getAttribute("x2"))),
      value: y.value(Number(line.getAttribute("y1") ?? 0)),
    })),
  );
  const largest = Math.max(...[...advice.margins, ...remedy.resultingMargins].map(Math.abs));
  for (const [name, margins] of [
    ["as it is", advice.margins],
    ["weights", remedy.resultingMargins],
  ] as const) {
    const strokes = read.filter(({ strong, color }) => strong && color === colors.get(name));
    order.forEach((k, rank) => {
      const over = strokes.find(({ from, to }) => from < rank + 1 && rank + 1 < to);
      expect(over, `${name}, class ${k}`).toBeDefined();
      expect(Math.abs((over?.value ?? Number.NaN) - margins[k])).toBeLessThan(0.01 * Math.max(1, largest));
    });
  }
});

test("a color a status", () => {
  expect(new Set(classStatuses.map(statusColor)).size).toBe(4);
});

test("the axis of ranks is a log scale for more than 20 classes, and what is asked for", () => {
  const long = (K: number) => ({
    classes: Array.from({ length: K }, (_, k) => ({
      class: k,
      count: 500 - k,
      pOwn: 0.9,
      margin: 1 + k / K,
      status: "own" as const,
    })),
  });
  const isLog = (picture: SVGSVGElement): boolean => picture.textContent?.includes("by number of samples, log scale") ?? false;
  expect([20, 21].map((K) => isLog(classesByRank(long(K), { document })))).toEqual([false, true]);
  expect(isLog(classesByRank(long(5), { document, xScale: "log" }))).toBe(true);
  expect(isLog(classesByRank(long(50), { document, xScale: "linear" }))).toBe(false);
  const both = { asked: 1, remedy: "weights", document };
  expect([20, 21].map((K) => isLog(classesBeforeAndAfter(long(K).classes, long(K).classes, both)))).toEqual([false, true]);
});
