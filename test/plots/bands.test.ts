import { expect, it } from "vitest";
import { bands, curves } from "../../src/plots/index.ts";
import { headlessDocument } from "../../src/report/document.ts";
import { axisOf, keysOf } from "./reading.ts";
import { bandData } from "./samples.ts";

const document = headlessDocument();
const panelOf = (svg: SVGSVGElement): Element => svg.lastElementChild?.firstElementChild as Element;

it("parts of a whole stand above each other, in the colors of the legend, read back from the picture", () => {
  const svg = bands(bandData, { document });
  const panel = panelOf(svg);
  const y = axisOf(panel, "y");
  const colors = keysOf(svg).flatMap(({ square }) => square ?? []);
  expect(colors).toHaveLength(4);
  colors.forEach((color, i) => {
    const rect = [...panel.querySelectorAll("rect")].find(
      (node) => (node.getAttribute("fill") ?? node.parentElement?.getAttribute("fill")) === color,
    );
    const [top, height] = ["y", "height"].map((name) => Number(rect?.getAttribute(name)));
    expect(y.value(top) - y.value(top + height)).toBeCloseTo(bandData.end?.[i] as number, 1);
  });
  expect(panel.querySelectorAll('[data-part="area"] path')).toHaveLength(4);
  expect(svg.getAttribute("aria-label")).toBe(
    "classes against epoch: at the last 1 own, 3 outvoted, 3 faded, 3 merged; predicted 5 own, 0 outvoted, 5 faded, 0 merged",
  );
});

it("one moment alone is a picture, and so is a whole without a prediction", () => {
  for (const data of [
    { ...bandData, points: bandData.points.slice(0, 1) },
    { ...bandData, end: null },
  ])
    expect(bands(data, { document }).outerHTML).not.toMatch(/NaN|Infinity/);
});

it("curves show where each is predicted to end: a line across at that value, in the color of the curve", () => {
  const runs = [
    { label: "a", points: [0, 1, 2].map((epoch) => ({ epoch, value: epoch })), level: 5 },
    { label: "b", points: [{ epoch: 2, value: 1 }], level: null },
  ];
  const svg = curves({ yLabel: "margin", yScale: "linear", runs }, { document });
  const panel = panelOf(svg);
  const [key] = keysOf(svg);
  const across = [...panel.querySelectorAll("line")].filter(
    (node) => (node.getAttribute("stroke") ?? node.parentElement?.getAttribute("stroke")) === key.line?.color,
  );
  expect(across).toHaveLength(1);
  expect(axisOf(panel, "y").value(Number(across[0].getAttribute("y1")))).toBeCloseTo(5, 1);
  expect(keysOf(svg).map(({ label }) => label)).toEqual(["a", "b", "thin, across: predicted"]);
  // A run of one point is a dot.
  expect(panel.querySelectorAll('[data-part="dot"] circle')).toHaveLength(1);
  // What a log axis cannot show is left out.
  const log = curves({ yLabel: "NC1", yScale: "log", runs: [{ ...runs[0], level: -1 }] }, { document });
  expect(log.outerHTML).not.toMatch(/NaN|Infinity/);
});
