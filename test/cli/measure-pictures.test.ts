import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { measure } from "../../src/cli/measure.ts";
import type { MeasurementDocument } from "../../src/documents/index.ts";
import { encodeNpz } from "../../src/features/index.ts";
import { svg } from "../../src/headless/index.ts";
import { clouds } from "../measure/plain.ts";
import { runCommand } from "./run.ts";

/** Pictures of the features of one file, and of parts of one measurement. */
const folder = mkdtempSync(join(tmpdir(), "nclab-pictures-"));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string): string => join(folder, name);

const { features, labels, d, K, head } = clouds([1200, 800, 300, 20], 5, 0.5, 11);
const arrays = {
  features: { shape: [labels.length, d], data: features },
  labels: { shape: [labels.length], data: Int32Array.from(labels) },
};
writeFileSync(at("all.npz"), encodeNpz(arrays));
writeFileSync(
  at("head.npz"),
  encodeNpz({ ...arrays, weight: { shape: [K, d], data: head.W }, bias: { shape: [K], data: head.b } }),
);
writeFileSync(
  at("same.npz"),
  encodeNpz({
    features: { shape: [6, 2], data: new Float64Array(12).fill(2) },
    labels: { shape: [6], data: Int32Array.of(0, 1, 0, 1, 0, 1) },
  }),
);

const json = async (...args: string[]): Promise<MeasurementDocument> =>
  JSON.parse((await runCommand(measure, ...args, "--json")).out);

test("--plot of one file draws its features; the document has what is drawn", async () => {
  const document = await json(at("all.npz"), "--plot", at("means.svg"));
  const text = readFileSync(at("means.svg"), "utf8");
  expect(text).toBe(svg(document as never));
  expect(text).toMatch(/direction 1 \(\d+ %\)[\s\S]*direction 3 \(\d+ %\)/);
  expect(text.replace(/<[^>]*>/g, " ")).toMatch(/Dots: 2000 of 2320 samples, at most 880 of a\s+class/);
  expect(document.view?.umap).toBeNull();
  expect((await json(at("all.npz"))).view).toBeNull();
  for (const ending of ["pdf", "png"])
    await runCommand(measure, at("all.npz"), "--plot", at(`x.${ending}`), "--width", "9", "--font", "serif");
  expect(readFileSync(at("x.pdf"), "latin1")).toMatch(/^%PDF/);
});

test("--picture umap and predictions", async () => {
  const document = await json(at("head.npz"), "--picture", "umap", "--plot", at("umap.svg"), "--seed", "2");
  expect(readFileSync(at("umap.svg"), "utf8")).toBe(svg(document as never, { name: "umap" }));
  expect(document.view?.seed).toBe(2);
  const predictions = await json(at("head.npz"), "--picture", "predictions", "--plot", at("z.svg"));
  expect(predictions.view).toBeNull();
  expect(readFileSync(at("z.svg"), "utf8")).toBe(svg(predictions as never, { name: "predictions" }));
});

test("equal class means are said", async () => {
  await runCommand(measure, at("same.npz"), "--plot", at("same.svg"));
  expect(readFileSync(at("same.svg"), "utf8")).toContain("All class means are equal");
});

test("what cannot be drawn is refused with the way out", async () => {
  for (const [args, message] of [
    [
      [at("all.npz"), "--picture", "mean", "--json"],
      /^--picture: expected means, umap, predictions, got "mean" \(did you mean means\?\)/,
    ],
    [[at("all.npz"), "--picture", "means"], /^--picture: expected --plot FILE or --json beside it/],
    [
      [at("all.npz"), "--picture", "predictions", "--plot", at("n.svg")],
      /^--picture predictions: expected a head \(--head-weight FILE\)/,
    ],
    [
      [at("same.npz"), "--picture", "umap", "--plot", at("n.svg")],
      /^--picture umap: expected at least 5 samples that are not all the same/,
    ],
    [[at("all.npz"), at("head.npz"), "--picture", "means", "--plot", at("n.svg")], /^--picture: expected one file, got 2/],
    [
      [at("all.npz"), "--shard", "1/2", "--save", at("n.npz"), "--plot", at("n.svg")],
      /^--plot: expected --picture beside --save/,
    ],
  ] as [string[], RegExp][])
    await expect(runCommand(measure, ...args)).rejects.toThrow(message);
});

test("parts give the picture of the whole", async () => {
  const whole = await json(at("all.npz"), "--picture", "umap", "--seed", "3");
  const parts = [1, 2, 3].map((i) => at(`part${i}.npz`));
  for (const [i, part] of parts.entries())
    await runCommand(measure, at("all.npz"), "--shard", `${i + 1}/3`, "--save", part, "--picture", "means", "--seed", "3");
  const merged = await json("merge", ...parts, "--picture", "umap", "--plot", at("merged.svg"), "--report", at("merged.html"));
  expect(merged.view?.sample).toEqual(whole.view?.sample);
  expect(merged.view?.umap).toEqual(whole.view?.umap);
  merged.view?.covariances.flat(2).forEach((x, i) => {
    expect(x).toBeCloseTo(whole.view?.covariances.flat(2)[i] as number, 12);
  });
  expect(readFileSync(at("merged.html"), "utf8")).toContain("The features");
  await expect(json("merge", ...parts, "--picture", "means", "--seed", "4")).rejects.toThrow(
    /^--seed: expected 3, with which the parts/,
  );
  await expect(json("merge", ...parts, "--bootstrap", "10")).rejects.toThrow(/^--bootstrap: expected no parts to merge/);
  await runCommand(measure, at("all.npz"), "--shard", "1/1", "--save", at("bare.npz"));
  await expect(json("merge", at("bare.npz"), "--picture", "means")).rejects.toThrow(/saved with --picture means beside --save/);
  await runCommand(measure, "merge", at("bare.npz"), "--report", at("bare.html"));
  expect(readFileSync(at("bare.html"), "utf8")).not.toContain("The features");
});

/** The report of so many classes in groups of equal means, without pictures of the features; and the document. */
async function reported(K: number): Promise<{ page: string; data: Record<string, unknown>; document: MeasurementDocument }> {
  const many = clouds(
    Array.from({ length: K }, (_, k) => 2 + (k % 3)),
    6,
    0.3,
    2,
  );
  const file = at(`many-${K}.npz`);
  writeFileSync(
    file,
    encodeNpz({
      features: { shape: [many.labels.length, 6], data: many.features },
      labels: { shape: [many.labels.length], data: Int32Array.from(many.labels) },
      weight: { shape: [K, 6], data: many.head.W },
      bias: { shape: [K], data: many.head.b },
    }),
  );
  const [part, html] = [at(`part-${K}.npz`), at(`many-${K}.html`)];
  await runCommand(measure, file, "--shard", "1/1", "--save", part);
  const document = await json("merge", part, "--report", html);
  const page = readFileSync(html, "utf8");
  const data = JSON.parse((/<pre>([\s\S]*?)<\/pre>/.exec(page)?.[1] ?? "").replaceAll("&quot;", '"').replaceAll("&#39;", "'"));
  return { page, data, document };
}

test("the report of more than 200 classes is without Z, and says so; its pictures show averages", async () => {
  const some = await reported(200);
  expect(some.data.Z).toEqual(some.document.Z);
  expect(some.page).not.toContain("Left out here");
  const many = await reported(201);
  expect(many.data).toEqual(JSON.parse(JSON.stringify({ ...many.document, view: undefined, Z: undefined })));
  expect(many.page).toContain("Left out here: Z (201 x 201 numbers). nclab measure --json has all.");
  expect(many.page).toContain("A cell is the mean over 3 × 3 entries.");
  expect(many.page.length).toBeLessThan(some.page.length);
  expect(Math.max(...[...many.page.matchAll(/<td>([\d, .()-]*)<\/td>/g)].map(([, text]) => text.length))).toBeLessThan(60);
});

test("the report of more than 2000 classes is without K x K numbers, its table the first 1000", async () => {
  const { page, data } = await reported(2001);
  expect(page).toContain("The Gram matrix of so many class means is not drawn.");
  expect(page).toContain("The first 1000 of 2001");
  expect(page).toContain("Left out here: the report on every class (classes).");
  expect([data.Z, data.classes]).toEqual([null, undefined]);
  expect(page.length).toBeLessThan(1_000_000);
}, 60_000);

test("predictions of more classes than Z is written for are refused before anything is measured", async () => {
  const K = 2001;
  const data = Float64Array.from({ length: 2 * K }, (_, i) => Math.sin(i));
  const row = { shape: [K, 2], data };
  const all = { features: row, labels: { shape: [K], data: Int32Array.from({ length: K }, (_, i) => i) }, weight: row };
  writeFileSync(at("many.npz"), encodeNpz(all));
  const { err } = await runCommand(measure, at("many.npz"), "--picture", "predictions", "--plot", at("m.svg")).then(
    () => ({ err: "" }),
    (error: Error) => ({ err: error.message }),
  );
  expect(err).toMatch(/^--picture predictions: classes: expected at most 2000 \(above that Z is left out.*got 2001/);
  expect(existsSync(at("m.svg"))).toBe(false);
});

test("UMAP's picture says which classes are too small to lie anywhere by themselves", async () => {
  const small = clouds([60, 4, 3], 3, 0.5, 4);
  const data = {
    features: { shape: [67, 3], data: small.features },
    labels: { shape: [67], data: Int32Array.from(small.labels) },
  };
  writeFileSync(at("small.npz"), encodeNpz(data));
  await json(at("small.npz"), "--picture", "umap", "--plot", at("small.svg"));
  await json(at("all.npz"), "--picture", "umap", "--plot", at("enough.svg"));
  const said = (name: string): string =>
    readFileSync(at(name), "utf8")
      .replace(/<[^>]*>/g, " ")
      .replace(/\s+/g, " ");
  expect(said("small.svg")).toContain("2 classes have no more samples here than neighbours and are pulled into others");
  expect(said("enough.svg")).not.toContain("pulled into");
});
