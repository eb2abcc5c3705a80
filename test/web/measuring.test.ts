import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { zipSync } from "fflate";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encodeNpy, encodeNpz, encodeSafetensors } from "../../src/features/index.ts";
import { random } from "../../src/math/random.ts";
import { run } from "../cli/process.ts";
import { doubles, executable } from "./browser.ts";
import { sharedExplorer } from "./shared-explorer.ts";

/** Files of features that are measured in the page, beside `nclab measure` of the same files. */
const torchFile = join(import.meta.dirname, "../fixtures/field/batches.pt");
let dir: string;
const at = (name: string): string => join(dir, name);

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "nclab-measuring-"));
  const r = random(3);
  const [K, d] = [4, 6];
  const y = [30, 30, 8, 8].flatMap((n, k) => new Array<number>(n).fill(k));
  const N = y.length;
  const mu = Float64Array.from({ length: K * d }, () => 2 * r.normal());
  const noisy = (by: number) => ({
    shape: [N, d],
    data: Float32Array.from({ length: N * d }, (_, e) => mu[y[Math.floor(e / d)] * d + (e % d)] + by * r.normal()),
  });
  const features = noisy(0.4);
  const labels = { shape: [N], data: BigInt64Array.from(y, BigInt) };
  const weight = { shape: [K, d], data: mu.map((x) => 0.4 * x) };
  const bias = { shape: [K], data: Float64Array.from({ length: K }, (_, k) => k / 10) };
  writeFileSync(at("all.npz"), encodeNpz({ features, labels, weight, bias }));
  writeFileSync(
    at("head.safetensors"),
    encodeSafetensors({
      "fc.weight": { shape: [K, d], data: Float32Array.from(weight.data) },
      "fc.bias": { shape: [K], data: Float32Array.from(bias.data) },
    }),
  );
  writeFileSync(at("H.npy"), encodeNpy(features));
  writeFileSync(at("labels.csv"), `label\n${y.map((k) => ["cat", "dog", "eel", "fox"][k]).join("\n")}\n`);
  for (const name of ["H.npy", "labels.csv", "head.safetensors"])
    writeFileSync(at(`${name}.gz`), gzipSync(readFileSync(at(name))));
  writeFileSync(at("strange.npz"), encodeNpz({ p: features, t: labels, q: noisy(1) }));
  // Of every sample two tokens, the first of which enters the head.
  const tokens = { shape: [N, 2, d], data: new Float32Array(N * 2 * d) };
  for (let i = 0; i < N; i++)
    for (const half of [0, 1]) tokens.data.set(features.data.subarray(i * d, (i + 1) * d), (2 * i + half) * d);
  writeFileSync(at("tokens.npz"), encodeNpz({ features: tokens, weight, bias }));
  const column = y.map((k, i) => `${i % 3},${k}`).join("\n");
  writeFileSync(at("table.csv"), `fold,kind\n${column}\n`);
  mkdirSync(at("epochs"));
  for (const epoch of [1, 2, 10])
    writeFileSync(at(`epochs/epoch${epoch}.npz`), encodeNpz({ features: noisy(2 / epoch), labels, weight, bias }));
  writeFileSync(at("epochs/epoch7.npz"), "damaged");
  const many = 30_000;
  const wide = { shape: [many, 256], data: new Float32Array(many * 256).fill(1, 0, 256) };
  writeFileSync(
    at("large.safetensors"),
    encodeSafetensors({ features: wide, labels: { shape: [many], data: Int32Array.from({ length: many }, (_, i) => i % 10) } }),
  );
}, 60_000);
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const drop = (page: Page, ...files: string[]): Promise<void> => page.setInputFiles("#panel-runs input[multiple]", files);
const phase = (page: Page, wanted: string): Promise<unknown> =>
  page.waitForFunction((is) => document.documentElement.dataset.measuring === is, wanted);

/** What the button saves. */
async function saved(page: Page): Promise<Record<string, unknown>> {
  const [download] = await Promise.all([page.waitForEvent("download"), page.click("#measuring-save")]);
  return JSON.parse(readFileSync(await download.path(), "utf8"));
}

/** Equal but for rounding: two versions of V8 differ in the last digit of an exponential or a power. */
function alike(here: unknown, there: unknown, where = "document"): void {
  if (typeof here === "number" && typeof there === "number") {
    expect(Math.abs(here - there), where).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(there)));
  } else if (typeof here === "object" && here !== null && typeof there === "object" && there !== null) {
    expect(Object.keys(here), where).toEqual(Object.keys(there));
    for (const [key, value] of Object.entries(here)) alike(value, (there as Record<string, unknown>)[key], `${where}.${key}`);
  } else expect(here, where).toEqual(there);
}

/** The command line that the page shows, run on the same files. */
async function commanded(page: Page): Promise<Record<string, unknown>> {
  const words = ((await page.textContent("#measuring .command")) ?? "").replaceAll("'", "").split(" ").slice(1);
  const files = ["all.npz", "H.npy", "head.safetensors", "labels.csv", "strange.npz", "tokens.npz", "table.csv", "batches.pt"];
  const placed = words.map((word) =>
    word === "batches.pt" ? torchFile : files.includes(word.replace(/\.gz$/, "")) ? at(word) : word,
  );
  const { stdout, stderr, code } = await run(...placed);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout.replaceAll(`${dir}/`, "").replaceAll(torchFile, "batches.pt"));
}

describe.skipIf(!executable)("files that are measured in the page", () => {
  const explorer = sharedExplorer();

  it.each([
    ["all.npz", ["all.npz"]],
    ["features, labels as text and a head", ["H.npy", "labels.csv", "head.safetensors"]],
    ["batches of PyTorch", ["batches.pt"]],
    ["the same packed by gzip", ["H.npy.gz", "labels.csv.gz", "head.safetensors.gz"]],
  ])("%s: every number of the command line", async (_, names) => {
    const { page, faults } = await explorer.open("#runs");
    await drop(page, ...names.map((name) => (name === "batches.pt" ? torchFile : at(name))));
    await phase(page, "measured");
    const [here, there] = [await saved(page), await commanded(page)];
    alike(here, there);
    await page.waitForSelector("#figure-view-0-means svg");
    expect(await doubles(page, "#table-runs")).toContain((here.nc1 as { paper: number }).paper);
    expect(faults).toEqual([]);
    await page.close();
  });

  it("compared at stated lambdas, at the effective ones, under weight decay: the captions say at which", async () => {
    const { page, faults } = await explorer.open("#runs", { width: 375 });
    await drop(page, at("all.npz"));
    await phase(page, "measured");
    expect(await page.textContent("#figure-runs-z")).toContain("Nothing is predicted where nothing says which lambdas");
    for (const [how, words] of [
      ["lambdas", "the lambdas that were stated"],
      ["weight-decay", "the lambdas that were stated"],
      ["effective", "a diagnostic"],
    ]) {
      await page.selectOption("#measuring-compare", how);
      await phase(page, "waiting");
      if (how === "lambdas") {
        await page.fill("#measuring-lambdaZ", "0.01");
        await page.press("#measuring-lambdaZ", "Tab");
      }
      await page.click("#measuring-start");
      await phase(page, "measured");
      await page.waitForFunction((text) => document.querySelector("#figure-runs-z")?.textContent?.includes(text), words);
      alike(await saved(page), await commanded(page));
    }
    expect(await page.textContent("#table-runs")).toContain("effective: a diagnostic");
    await page.fill("#measuring-weightDecay", "no");
    await page.press("#measuring-weightDecay", "Tab");
    expect(await page.textContent("#measuring .message:not(:empty)")).toContain("a number is expected here");
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(375);
    expect(faults).toEqual([]);
    await page.close();
  }, 120_000);

  it("says what is lacking; labels and a head may follow, arrays may be picked", async () => {
    const { page, faults } = await explorer.open("#runs");
    await drop(page, at("H.npy"));
    await page.waitForSelector("#measuring-lacks");
    expect(await page.textContent("#measuring-lacks")).toContain("H.npy has no labels: drop a file of them too");
    expect(await page.isDisabled("#measuring-start")).toBe(true);
    await drop(page, at("labels.csv"));
    await phase(page, "measured");
    expect(await page.textContent("#measuring")).toContain("Without the last layer");
    expect((await saved(page)).Z).toBeNull();
    // A head for what is measured already.
    await drop(page, at("head.safetensors"));
    await page.waitForFunction(() => document.querySelector("#measuring .command")?.textContent?.includes("head.safetensors"));
    await phase(page, "measured");
    alike(await saved(page), await commanded(page));
    await drop(page, at("strange.npz"));
    await page.waitForFunction(() =>
      document.querySelector("#measuring-lacks")?.textContent?.includes("No array of strange.npz"),
    );
    await page.selectOption("#measuring-features", "p");
    await page.waitForFunction(() => document.querySelector("#measuring-lacks")?.textContent?.includes("has no labels"));
    await page.focus("#measuring-labels");
    await page.selectOption("#measuring-labels", "t");
    // The focus stays where it was.
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("measuring-labels");
    await page.click("#measuring-start");
    await phase(page, "measured");
    alike(await saved(page), await commanded(page));
    expect(faults).toEqual([]);
    await page.close();
  }, 60_000);

  it("what cannot be measured names the page's fields, which then do it: a part of an array, a column of a table", async () => {
    const { page, faults } = await explorer.open("#runs");
    await drop(page, at("tokens.npz"), at("table.csv"));
    await phase(page, "waiting");
    const said = (): Promise<string | null> => page.textContent("#measuring > .error");
    expect(await said()).toContain('a token ([:,0] as "part of the array of features" takes the first)');
    await page.fill("#measuring-features-part", "first");
    await page.press("#measuring-features-part", "Tab");
    expect(await page.textContent("#measuring .message:not(:empty)")).toContain("an index is expected here");
    await page.fill("#measuring-features-part", "[:,0]");
    await page.press("#measuring-features-part", "Tab");
    await page.click("#measuring-start");
    await phase(page, "waiting");
    expect(await said()).toContain('; fold as "array or column of labels" takes a column');
    await page.fill("#measuring-labels", "kind");
    await page.press("#measuring-labels", "Tab");
    await page.click("#measuring-start");
    await phase(page, "measured");
    const here = await saved(page);
    alike(here, await commanded(page));
    expect(here).toMatchObject({ K: 4, d: 6 });
    // What is saved has the command line's options, what is shown the fields.
    expect(await page.textContent("#panel-runs")).not.toMatch(/--keys \w+=NAME/);
    expect(faults).toEqual([]);
    await page.close();
  });

  it("files of a training are a series; the classes that are drawn can be picked", async () => {
    const { page, faults } = await explorer.open("#runs", { dark: true });
    await page.setInputFiles("#panel-runs input[webkitdirectory]", at("epochs"));
    await phase(page, "measured");
    expect(await page.textContent("#measuring-status")).toMatch(/Measured 3 files.*1 file could not be used: .*epoch7\.npz/);
    await page.waitForSelector("#figure-series-0-measures svg");
    const { stdout } = await run("measure", at("epochs"), "--json");
    const { measurements } = JSON.parse(stdout) as { measurements: { nc1: { paper: number } }[] };
    const shown = await doubles(page, "#table-series-0");
    for (const { nc1 } of measurements) expect(shown.some((x) => Math.abs(x - nc1.paper) <= 1e-12 * nc1.paper)).toBe(true);
    const legend = (): Promise<(string | null)[]> =>
      page.$$eval("#figure-series-0-0-means .legend text", (all) => all.map((one) => one.textContent));
    expect(await legend()).toHaveLength(4);
    await page.uncheck("#series-0-0-class-1");
    await page.waitForFunction(() => document.querySelectorAll("#figure-series-0-0-means .legend text").length === 3);
    expect((await legend()).join()).not.toContain("1 (n = 30)");
    await page.selectOption("#series-0-member", "epochs/epoch1.npz");
    await page.waitForFunction(() => document.querySelector("#figure-series-0-0-means")?.textContent?.includes("epoch1.npz"));
    expect(faults).toEqual([]);
    await page.close();
  }, 60_000);

  it.each([
    ["cut.json", '{"a":1', "cut.json: expected JSON"],
    ["other.json", '{"schema":"nclab.unknown/1"}', "other.json: schema: expected nclab.measurement/1"],
  ])("says what is wrong with a file beside one that is measured: %s", async (name, text, message) => {
    const { page, faults } = await explorer.open("#runs");
    await page.setInputFiles("#panel-runs input[multiple]", [
      { name: "all.npz", mimeType: "application/octet-stream", buffer: readFileSync(at("all.npz")) },
      { name, mimeType: "application/json", buffer: Buffer.from(text) },
    ]);
    await page.waitForFunction(() => document.querySelector("#table-runs")?.textContent?.includes("all.npz"));
    expect(await page.textContent("#panel-runs")).toContain(message);
    expect(faults).toEqual([]);
    await page.close();
  });

  it("names the file that holds what cannot be measured, and the arrays that are not read", async () => {
    const { page, faults } = await explorer.open("#runs");
    const give = (name: string, buffer: Uint8Array): Promise<void> =>
      page.setInputFiles("#panel-runs input[multiple]", {
        name,
        mimeType: "application/octet-stream",
        buffer: Buffer.from(buffer),
      });
    const said = async (words: string): Promise<void> => {
      await page.waitForFunction((text) => document.querySelector("#measuring")?.textContent?.includes(text), words);
    };
    const holes = { shape: [4, 2], data: Float64Array.of(1, 2, 3, 4, 5, Number.NaN, 7, 8) };
    const labels = { shape: [4], data: BigInt64Array.of(0n, 0n, 1n, 1n) };
    await give("holes.npz", encodeNpz({ features: holes, labels }));
    await said("holes.npz: features[2][1]: expected a finite number");
    // Nothing is shown, and that is what is said.
    expect(await page.textContent("#runs-status")).toBe("Nothing is shown yet.");
    await page.click("#runs-clear");
    // Bytes that are no numbers.
    const bytes = Buffer.from(encodeNpy(holes));
    bytes.write("|V8", bytes.indexOf("<f8"));
    await give("bytes.npz", zipSync({ "features.npy": bytes, "labels.npy": encodeNpy(labels) }));
    await said("features, which is not read (");
    expect(faults).toEqual([]);
    await page.close();
  });

  it("can be stopped, and leaves the page alive meanwhile", async () => {
    const { page, faults } = await explorer.open("#runs");
    await drop(page, at("large.safetensors"));
    await phase(page, "measuring");
    await page.waitForFunction(() => (document.querySelector("#measuring progress") as HTMLProgressElement).value > 0);
    await page.click("#measuring-stop");
    await phase(page, "waiting");
    expect(await page.textContent("#measuring-status")).toBe("Ready to be measured.");
    await page.click("#runs-clear");
    expect(await page.isHidden("#measuring")).toBe(true);
    expect(faults).toEqual([]);
    await page.close();
  }, 60_000);

  it("what a page does not read is named, with what does; a damaged file says so", async () => {
    const { page, faults } = await explorer.open("#runs");
    const named = (name: string, content: string) => ({
      name,
      mimeType: "application/octet-stream",
      buffer: Buffer.from(content),
    });
    await page.setInputFiles("#panel-runs input[multiple]", named("x.h5", "\x89HDF\r\n\x1a\n"));
    await page.waitForFunction(() => document.querySelector("#panel-runs .error")?.textContent?.includes("x.h5"));
    expect(await page.textContent("#panel-runs [role=alert] .error")).toMatch(
      /a page measures \.npy.*; run `nclab measure x\.h5 --json > measured\.json` where it lies, and drop measured\.json here/,
    );
    await page.setInputFiles("#panel-runs input[multiple]", named("x.npz", "PK\x03\x04 and then nothing"));
    await page.waitForFunction(() =>
      document.querySelector("#measuring .field .error")?.textContent?.includes("x.npz: expected a whole zip"),
    );
    expect(await page.textContent("#measuring-lacks")).toContain("No features are known");
    expect(faults).toEqual([]);
    await page.close();
  });
});
