import { JSDOM } from "jsdom";
import { describe, expect, it } from "vitest";
import { format } from "../../src/number-text.ts";
import { heatMaps } from "../../src/plots/heatmaps.ts";
import { svgText } from "../../src/plots/svg.ts";
import { demoReport, demoTable } from "../../src/report/demo-report.ts";
import { headlessDocument } from "../../src/report/document.ts";
import { htmlReport, type Report } from "../../src/report/html.ts";
import { percent, rows } from "../../src/terminal/format.ts";
import { largestOf, meanOf, separationOf } from "../../src/words/separation.ts";
import { heatMapData } from "../plots/samples.ts";
import { demoData } from "./samples.ts";

const hostile = `<script>alert(1)</script><img src=x onerror="alert(2)"> & "quoted" 'single' </title></pre></td>\u0000`;
const plain: Report = { title: "t", lead: "l", sections: [], settings: {}, versions: {} };
const parse = (html: string): Document => new JSDOM(html).window.document;

/** What a page could fetch or run, whatever the policy says. */
function expectSelfContained(html: string): void {
  expect(html).not.toMatch(/https?:|\bsrc=|\bhref=|@import|url\(/);
  const page = parse(html);
  expect(
    page.querySelectorAll("script, link, img, iframe, object, embed, form, base, [onclick], [onerror], [onload]"),
  ).toHaveLength(0);
}

describe("htmlReport", () => {
  it("escapes every text it is given", () => {
    const svg = svgText(
      heatMaps({ ...heatMapData, classNames: Array(10).fill(hostile) }, { document: headlessDocument(), title: hostile }),
    );
    const page = parse(
      htmlReport({
        title: hostile,
        lead: [hostile],
        sections: [
          {
            heading: hostile,
            text: hostile,
            tables: [{ caption: hostile, columns: [hostile], rows: [[hostile]], notes: [hostile] }],
            figures: [{ svg, caption: hostile }],
            data: { [hostile]: hostile },
          },
        ],
        settings: { [hostile]: hostile },
        versions: { [hostile]: hostile },
      }),
    );
    expect(page.querySelectorAll("script, img, [onerror]")).toHaveLength(0);
    const shown = hostile.replace("\u0000", "\ufffd");
    for (const place of ["title", "h1", "h2", ".lead", "caption", "th", "td", ".note", "figcaption"])
      expect(page.querySelector(place)!.textContent, place).toBe(shown);
    expect(JSON.parse(page.querySelector("pre")!.textContent!)).toEqual({ [hostile]: hostile });
    expect(page.querySelectorAll("main > section")).toHaveLength(2);
  });

  it("forbids everything but its own styles, and asks for nothing", () => {
    const html = demoReport(demoData, headlessDocument());
    expectSelfContained(html);
    const policy = parse(html).querySelector('meta[http-equiv="Content-Security-Policy"]')!.getAttribute("content")!;
    expect(policy.split("; ")).toEqual([
      "default-src 'none'",
      "style-src 'unsafe-inline'",
      "base-uri 'none'",
      "form-action 'none'",
    ]);
  });

  it("takes only pictures for pictures", () => {
    const figures = [{ svg: "<p>no</p>", caption: "" }];
    expect(() => htmlReport({ ...plain, sections: [{ heading: "h", figures }] })).toThrow(
      "a figure must be the text of an <svg>",
    );
  });

  it("keeps settings as given, infinity as inf", () => {
    const page = parse(
      htmlReport({
        ...plain,
        settings: { lambdaB: Number.POSITIVE_INFINITY, seed: 1234567890, x: 0.1 + 0.2, none: null, on: true },
      }),
    );
    const cells = [...page.querySelectorAll("td")].map((cell) => cell.textContent);
    expect(cells).toEqual(["lambdaB", "inf", "seed", "1234567890", "x", "0.30000000000000004", "none", "–", "on", "true"]);
    const data = parse(htmlReport({ ...plain, sections: [{ heading: "h", data: { b: Number.POSITIVE_INFINITY } }] }));
    expect(data.querySelector("pre")!.textContent).toBe('{"b":"inf"}');
  });
});

describe("the report of the demo", () => {
  const page = parse(demoReport(demoData, headlessDocument()));

  it("has a table row, and a pair of matrices, for each lambda", () => {
    expect(page.querySelector("tbody")!.querySelectorAll("tr")).toHaveLength(6);
    expect(page.querySelectorAll(".wide .matrix")).toHaveLength(12);
    expect(page.querySelectorAll(".narrow .matrix")).toHaveLength(12);
    for (const svg of page.querySelectorAll("svg")) expect(svg.getAttribute("aria-label")).toBeTruthy();
    for (const figure of page.querySelectorAll("figure")) expect(figure.querySelector("figcaption")!.textContent).toBeTruthy();
  });

  it("names the predicted structure and gives means over groups", () => {
    const { rows: body } = demoTable(demoData);
    expect(body.map((row) => row[1])).toEqual([
      "all separated",
      "all separated",
      "minority merged",
      "minority merged",
      "minority merged",
      "complete collapse",
    ]);
    expect(body[0].slice(2)).toEqual([
      "1.91",
      expect.any(String),
      "4.0 %",
      "0.5 %",
      "0.012",
      "98.0 %",
      "90.0 %",
      "88.0 %",
      "60.0 %",
    ]);
    expect(body[5][4]).toBe("–");
  });

  it("warns that ReLU features can die, and says whether they did", () => {
    expect(page.body.textContent).toContain("ReLU features can die under this regularization");
    expect(page.body.textContent).toContain("It happened here");
    const healthy = { ...demoData, relu: demoData.relu.slice(0, 1) };
    expect(parse(demoReport(healthy, headlessDocument())).body.textContent).toContain("It did not happen");
    const none = parse(demoReport({ ...demoData, relu: [] }, headlessDocument()));
    expect(none.body.textContent).not.toContain("Networks that end in a ReLU");
  });

  it("carries all numbers in full precision", () => {
    const data = JSON.parse(page.querySelector("pre")!.textContent!) as { points: unknown };
    expect(data.points).toEqual(JSON.parse(JSON.stringify(demoData.points)));
  });
});

describe("numbers", () => {
  it("are printed in one way", () => {
    const given = [1, -0, 0.123456, 1234567, 12345.678, 1e-7, -2.5e-9, 0.0027, Number.POSITIVE_INFINITY, null, undefined];
    expect(given.map((v) => format(v))).toEqual("1 0 0.1235 1234567 12350 1e-7 -2.5e-9 0.0027 inf – –".split(" "));
    expect([0, 1, 0.8125, null].map(percent)).toEqual(["0.0 %", "100.0 %", "81.3 %", "–"]);
  });

  it("a missing one brings its note, and a row of wrong length is refused", () => {
    expect(rows({ caption: "c", columns: ["a"], rows: [[null]] }).notes).toHaveLength(1);
    expect(rows({ caption: "c", columns: ["a"], rows: [[1]] }).notes).toHaveLength(0);
    expect(() => rows({ caption: "c", columns: ["a", "b"], rows: [[1]] })).toThrow("row 0: expected 2 cells, got 1");
  });

  it("separation is the largest distance between two columns of the group", () => {
    const Z = [
      [1, 0, 0],
      [0, 4, 0],
    ];
    expect(separationOf(Z, [0, 1, 2])).toBeCloseTo(Math.sqrt(17), 14);
    expect(separationOf(Z, [0, 2])).toBe(1);
    expect(separationOf(Z, [1])).toBeNull();
    expect(separationOf([[1, null]], [0, 1])).toBeNull();
    expect(largestOf([[1, -3, null]])).toBe(3);
    expect(largestOf([[null]])).toBeNull();
    expect(meanOf([1, null, 3], [0, 1, 2])).toBe(2);
    expect(meanOf([null], [0])).toBeNull();
  });
});
