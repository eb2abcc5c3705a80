import { expect, test } from "vitest";
import { pdf, pictures, png, svg } from "../../src/headless/index.ts";
import { advise, fromJson, InputError, measure, path, predict, thresholds, toJson } from "../../src/index.ts";
import { groupsOf } from "../../src/pictures/features.ts";
import { alongEvents, picture } from "../../src/pictures/index.ts";
import { svgText } from "../../src/plots/index.ts";
import { problem } from "../../src/problem/index.ts";
import { headlessDocument } from "../../src/report/index.ts";

const counts = [50, 50, 10, 10];
const prediction = predict({ counts: { cat: 50, dog: 50, bee: 10, ant: 10 }, lambdaZ: 0.02, lambdaB: 0.1 });
const along = path({ counts, lambdaZ: { from: 0.005, to: 0.05, points: 5 } });
const events = thresholds({ counts, lambdaB: 0.1 });
const labels = [0, 0, 1, 1];
const data = {
  features: [
    [1, 0],
    [0.9, 0.1],
    [0, 1],
    [0.1, 0.9],
  ],
  labels,
};
const headWeight = [
  [1, -1],
  [-1, 1],
];

test("the names of a document's pictures, the usual one first", () => {
  expect(pictures(prediction)).toEqual(["predictions", "cosines", "margins", "classes", "statuses"]);
  // Every class is alone: nothing to tell apart within a group.
  expect(pictures(predict({ counts: [5, 4, 3], lambdaZ: 0.1 }))).toEqual(["predictions", "cosines", "classes", "statuses"]);
  expect(pictures(predict({ counts: [5, 4, 4], layerPeeled: { EW: 1, EH: 1 } }))).toEqual([
    "predictions",
    "cosines",
    "margins",
    "classes",
    "statuses",
  ]);
  expect(pictures(along)).toEqual(["singular-values", "margins", "norms"]);
  expect(pictures(events)).toEqual(["singular-values", "singular-values-nonnegative"]);
  expect(pictures(measure({ ...data, headWeight }))).toEqual(["predictions"]);
  expect(pictures(measure({ ...data, view: true }))).toEqual(["means"]);
  expect(pictures(measure({ ...data, headWeight, view: true }))).toEqual(["means", "predictions"]);
});

test("a view of the features, also from a file: what it shows is what the document has", () => {
  const seen = measure({ ...data, classNames: ["cat", "dog"], view: { seed: 4 } });
  const text = svg(seen);
  expect(svg(fromJson(toJson(seen)) as never)).toBe(text);
  for (const words of ["direction 1 (100 %)", "cat (n = 2)", "Bars: 2 standard", "all 4 samples"]) expect(text).toContain(words);
  expect(() => svg(seen, { name: "umap" })).toThrow(/^picture: expected one of means, got "umap"/);
  for (const [view, message] of [
    [{ seeds: 1 }, /^view: .*"seeds" \(did you mean seed\?\)/],
    [{ points: 0 }, /^view.points: expected a whole number from 1 to 10000, got 0/],
    ["means", /^view: expected an object with settings, got "means"/],
  ] as [object, RegExp][])
    expect(() => measure({ ...data, view } as never)).toThrow(message);
});

test("of more than 150 classes the means are dots, and one sample of each stands beside them", () => {
  const classes = Array.from({ length: 480 }, (_, i) => i % 160);
  const text = (features: number[][]): string =>
    svg(measure({ features, labels: classes, view: true }))
      .replace(/<[^>]*>/g, " ")
      .replace(/\s+/g, " ");
  const plane = text(classes.map((k, i) => [Math.cos(k), Math.sin(k), i % 7]));
  expect(plane).toContain(
    "Dots: class means. Ellipses about 0: 2 standard deviations within an average class, over all samples.",
  );
  expect(plane).toContain("Small pale dots: 160 of 480 samples, at most 1 of a class.");
  const line = text(classes.map((k, i) => [Math.cos(k) + 0.1 * (i % 7)]));
  expect(line).toContain("Dots: class means. Height: the classes, those of most samples on top.");
});

test("classes too many for a color each: many, medium and few, or thirds of the range, or none where all counts are equal", () => {
  const of = (counts: number[]) => groupsOf(counts)?.map(({ label, classes }) => [label, classes.length]) ?? null;
  const K = (n: number, times: number): number[] => new Array<number>(times).fill(n);
  expect(of([500, 50, 5])).toBeNull();
  expect(of([...K(500, 5), ...K(50, 6), ...K(5, 7)])).toEqual([
    ["many (> 100 samples)", 5],
    ["medium (20-100)", 6],
    ["few (< 20)", 7],
  ]);
  expect(of([...K(8000, 5), ...K(1000, 6), ...K(125, 7), 0])).toEqual([
    ["n = 8000", 5],
    ["n = 1000", 6],
    ["n = 125", 7],
  ]);
  expect(of([...K(8000, 5), ...K(7000, 6), ...K(125, 7)])?.[0]).toEqual(["n from 7000 to 8000", 11]);
  expect(of(K(50, 20))).toBeNull();
  expect(of([...K(8000, 80_000), ...K(1000, 70_000), ...K(125, 50_000)])?.map(([, n]) => n)).toEqual([80_000, 70_000, 50_000]);
});

test("documents without pictures say so", () => {
  const without = [
    measure(data),
    advise({ counts, lambdaZ: 0.05, change: "offset" }),
    predict({
      counts: [3, 2],
      targets: [
        [1, 0.2],
        [0, 0.8],
      ],
      lambdaZ: 0.05,
    }),
    thresholds({ counts, layerPeeled: { EW: 1, EH: 1 } }),
    // The penalty on the bias goes with a decay that was not given.
    thresholds({ counts, ends: "batch-norm" }),
    { schema: "nclab.limits/1" },
  ];
  for (const document of without) {
    expect(pictures(document)).toEqual([]);
    expect(() => svg(document)).toThrow(InputError);
  }
  expect(() => svg(undefined as never)).toThrow(/^picture: expected a document of/);
});

test("thresholds without a picture say why, and what has one", () => {
  expect(() => svg(thresholds({ counts, layerPeeled: { EW: 1, EH: 1 } }))).toThrow(
    /^picture: expected thresholds of counts: the Layer-Peeled Model has one threshold/,
  );
  expect(() => svg(thresholds({ counts, ends: "batch-norm" }))).toThrow(
    /^picture: expected thresholds with a weight decay beside the ends \(weightDecay\).*biasWeightDecay 0 or "inf"/,
  );
  for (const more of [{ weightDecay: 0.1 }, { biasWeightDecay: 0 }, { biasWeightDecay: "inf" }] as const)
    expect(pictures(thresholds({ counts, ends: "batch-norm", ...more }))).toHaveLength(2);
  expect(() => svg(measure(data))).toThrow(/^picture: expected a measurement with a head \(headWeight\)/);
});

test("margins are said to be of what the loss predicts", () => {
  const axis = (settings: object): string | undefined =>
    /p_own − p_other \(\w+\)/.exec(svg(predict({ counts, ...settings } as never), { name: "margins" }))?.[0];
  expect(axis({ lambdaZ: 0.02 })).toBe("p_own − p_other (probability)");
  expect(axis({ lambdaZ: 0.02, loss: "square" })).toBe("p_own − p_other (logit)");
  expect(axis({ lambdaZ: 0.005, loss: "bce" })).toBe("p_own − p_other (sigmoid)");
  expect(axis({ layerPeeled: { EW: 1, EH: 1 } })).toBe("p_own − p_other (probability)");
});

test("each is a picture, and another one", () => {
  const drawn = [prediction, along, events].flatMap((document) => pictures(document).map((name) => svg(document, { name })));
  for (const text of drawn) expect(text).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" [\s\S]*<\/svg>$/);
  expect(new Set(drawn).size).toBe(10);
});

test("a document from a file has the same pictures", () => {
  for (const document of [prediction, along, events]) expect(svg(fromJson(toJson(document)) as never)).toBe(svg(document));
});

test("heat maps show every number: a cell of the predicted Z is its logit", () => {
  const element = picture(prediction, {}, { document: headlessDocument() });
  const tips = [...element.querySelectorAll("title")].map((title) => title.textContent);
  for (const [i, k] of [
    [0, 1],
    [3, 2],
  ])
    expect(tips).toContain(`logit ${i}, class ${k}: ${prediction.Z?.[i][k]}`);
});

test("bars of margins are those of the document, by name", () => {
  const text = svg(prediction, { name: "margins" });
  expect(text).toContain("classes 0 cat, 1 dog  (n = 50)");
  expect(text).toContain(String(Number((prediction.clusters[0].margin as number).toPrecision(3))));
});

test("the measured Z stands below the predicted one where it was compared", () => {
  expect(svg(measure({ ...data, headWeight }))).not.toContain("predicted Z*");
  const compared = svg(measure({ ...data, headWeight, lambdaZ: 0.05 }));
  expect(compared.indexOf("predicted Z*")).toBeGreaterThan(0);
  expect(compared.indexOf("measured Z")).toBeGreaterThan(compared.indexOf("predicted Z*"));
});

test("along the thresholds of a weight decay: the curves of the problem with these decays", () => {
  const settings = { counts, ends: "batch-norm", weightDecay: 0.1, biasWeightDecay: 0.03, normWeightDecay: 0.2 } as const;
  const decayed = thresholds(settings);
  // By the other route: the problem itself, as the command draws it.
  const direct = svgText(alongEvents(problem(settings), decayed.events, { document: headlessDocument(), font: "sans" }));
  expect(svg(decayed)).toBe(direct);
});

test("width in centimetres, font, title; what makes no sense is refused", async () => {
  expect(svg(prediction, { width: 12 })).toContain('width="454"');
  expect(svg(prediction, { font: "serif" })).toContain("'DejaVu Serif'");
  expect(svg(prediction, { title: "mine" })).toContain(">mine</text>");
  for (const [settings, message] of [
    [{ width: 500 }, /^width: expected a number of centimetres from 8 to 120, got 500/],
    [{ width: "12" }, /^width: .*got "12"/],
    [{ font: "Times" }, /^font: expected sans or serif, got "Times"/],
    [
      { name: "margin" },
      /^picture: expected one of predictions, cosines, margins, classes, statuses \(did you mean margins\?\), got "margin"/,
    ],
    [{ widht: 12 }, /^picture: .*"widht" \(did you mean width\?\)/],
  ] as [object, RegExp][]) {
    expect(() => svg(prediction, settings)).toThrow(message);
    expect(() => png(prediction, settings)).toThrow(message);
    await expect(pdf(prediction, settings)).rejects.toThrow(message);
  }
});

test("bytes of a PNG, twice as many pixels, and of a PDF with its font inside", async () => {
  const bytes = png(prediction, { width: 10 });
  expect([...bytes.subarray(1, 4)].map((b) => String.fromCharCode(b)).join("")).toBe("PNG");
  // The width stands behind the name of the first chunk.
  expect(new DataView(bytes.buffer, bytes.byteOffset).getUint32(16)).toBe(2 * 378);
  expect(png(prediction, { width: 10, font: "serif" })).not.toEqual(bytes);
  const page = new TextDecoder("latin1").decode(await pdf(prediction, { font: "serif" }));
  expect(page).toMatch(/^%PDF-[\s\S]*DejaVuSerif/);
});

test("every class of a prediction by its rank, and how many have which status, also of more classes than Z is written out for", () => {
  const rare = predict({ counts: "5x500,5x100", weightDecay: 0.2, ends: "batch-norm-relu" });
  const words = svg(rare, { name: "classes" }).replace(/<[^>]*>/g, "|");
  for (const text of ["|own|", "|merged|", "|many (&gt; 100 samples)|", "|medium (20-100)|", "p_own (probability)"])
    expect(words.replaceAll("|p|", "p_").replace("p_own||", "p_own")).toContain(text);
  expect(svg(rare, { name: "statuses" })).toMatch(/all classes: 5 own, 5 (merged|faded|outvoted)/);
  const many = predict({ counts: "1500x50,1500x5", lambdaZ: 1e-5 });
  expect(many.Z).toBeNull();
  expect(pictures(many)).toEqual(["predictions", "margins", "classes", "statuses"]);
  // Averages of blocks: a picture of a hundred cells a side.
  expect(svg(many).length).toBeLessThan(1e6);
  expect(svg(many)).toContain("30 × 30 entries");
});
