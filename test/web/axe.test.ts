import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encodeNpz } from "../../src/features/npz.ts";
import { random } from "../../src/math/random.ts";
import { run } from "../cli/process.ts";
import { installed, violations } from "./axe.ts";
import { type Explorer, executable, startExplorer } from "./browser.ts";

/** Every tab with what it can hold, light and dark, wide and narrow, and before the first answer has come. */
const looks = [
  { width: 1280, dark: false },
  { width: 1280, dark: true },
  { width: 375, dark: false },
  { width: 375, dark: true },
] as const;
const named = looks.map((look) => [`${look.width} px, ${look.dark ? "dark" : "light"}`, look] as const);

describe.skipIf(!executable || !installed)("axe-core finds nothing", () => {
  let explorer: Explorer;
  let watched: Explorer;
  let dir: string;
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), "nclab-axe-"));
    await writeDocuments(dir);
    explorer = await startExplorer();
    watched = await startExplorer({ command: ["watch", join(dir, "watched"), "--scalars", "none", "--interval", "0.2"] });
  }, 180_000);
  afterAll(async () => {
    await explorer?.close();
    await watched?.close();
    if (dir) rmSync(dir, { recursive: true, force: true });
  });

  const clean = async (page: Page): Promise<void> => {
    expect(await violations(page)).toEqual([]);
    await page.close();
  };

  it.each(named)("Theory, %s", async (_, look) => {
    for (const hash of ["#theory", "#theory?loss=square&nonnegative=1&why=1", "#theory?kA=1&kB=1"]) {
      const { page } = await explorer.open(hash, look);
      await page.waitForSelector("#table-events");
      await page.waitForSelector("#figure-angles :is(svg, .note)");
      expect(await violations(page)).toEqual([]);
      await page.close();
    }
  });

  it.each(named)("Theory under bounded norms, with its proof, %s", async (_, look) => {
    const { page } = await explorer.open("#theory?model=layer-peeled&why=1", look);
    await page.waitForSelector("#figure-phases svg");
    await page.waitForSelector("#figure-singular-values svg");
    await clean(page);
  });

  it.each(named)("Your data, %s", async (_, look) => {
    const { page } = await explorer.open("#data?counts=5x500,3x100,2x20&ends=batch-norm&weightDecay=0.1", look);
    await page.waitForSelector("#table-remedies");
    await page.waitForSelector("#figure-data-singular-values :is(svg, .note)");
    await clean(page);
  });

  it("Train, before and after a training", { timeout: 200_000 }, async () => {
    const { page } = await explorer.open("#train?nA=40&nB=10&lambdaZ=0.01&epochs=2&batch=32&backend=wasm");
    await page.waitForSelector("#train-start");
    expect(await violations(page)).toEqual([]);
    await page.click("#train-start");
    await page.evaluate(() => {
      location.hash = location.hash.replace("nA=40", "nA=50");
    });
    await page.waitForSelector("#train-this");
    await page.waitForFunction(() => document.querySelector("#train-status")?.textContent?.includes("Done"), undefined, {
      timeout: 150_000,
    });
    for (const { width, dark } of looks) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme: dark ? "dark" : "light" });
      expect(await violations(page)).toEqual([]);
    }
    await page.close();
  });

  it.each(named)("Runs, empty and with documents of every kind, %s", async (_, look) => {
    const { page } = await explorer.open("#runs", look);
    await page.waitForSelector("#panel-runs input[type=file]");
    expect(await violations(page)).toEqual([]);
    await page.setInputFiles("#panel-runs input[webkitdirectory]", join(dir, "documents"));
    await page.waitForSelector("#figure-runs-z svg");
    await page.waitForTimeout(500);
    await clean(page);
  });

  it.each(named)("Runs, with files that lack something and files that are measured, %s", async (_, look) => {
    const { page } = await explorer.open("#runs", look);
    const drop = (...files: string[]) => page.setInputFiles("#panel-runs input[multiple]", files);
    await page.waitForSelector("#panel-runs input[type=file]");
    await drop(join(dir, "bare.npz"));
    await page.waitForSelector("#measuring-lacks");
    expect(await violations(page)).toEqual([]);
    await page.click("#runs-clear");
    await drop(join(dir, "files", "epoch1.npz"));
    await page.waitForSelector("#figure-view-0-means svg");
    for (const how of ["lambdas", "weight-decay", "effective"]) {
      await page.selectOption("#measuring-compare", how);
      await page.click("#measuring-start");
      await page.waitForFunction(() => document.documentElement.dataset.measuring === "measured");
    }
    await drop(join(dir, "files", "epoch1.npz"), join(dir, "files", "epoch2.npz"));
    await page.waitForSelector("#figure-series-0-0-means svg");
    await clean(page);
  });

  it.each(named)("Watch, %s", async (_, look) => {
    const { page } = await watched.open("#watch", look);
    await page.waitForSelector("#figure-watch-nc1 svg");
    await clean(page);
  });

  it.each(["theory", "data", "train", "runs"])("%s while its answers are on their way, dark, 375 px", async (tab) => {
    const { page } = await explorer.open("#runs", { width: 375, dark: true });
    // The solver is asked for and never comes.
    await page.route("**/worker-*.js", () => undefined);
    await page.goto("about:blank");
    await page.goto(`${explorer.url}#${tab}`);
    await page.waitForSelector(`#panel-${tab} :is(.answer, .note):visible`);
    await clean(page);
  });

  it("errors of fields and addresses", async () => {
    const { page } = await explorer.open("#theory?nothing=1&lambdaZ=abc&kA=400&kB=400");
    await page.waitForSelector(".problems .error");
    await page.fill("#lambdaZ", "-1");
    await clean(page);
  });
});

/** A run, a prediction, measurements of one and of several files, and a folder that is watched. */
async function writeDocuments(dir: string): Promise<void> {
  const documents = join(dir, "documents");
  mkdirSync(documents, { recursive: true });
  const words =
    "--counts 5x12,5x4 --lambda-z 0.03 --dataset glyphs --epochs 2 --batch 16 --evaluate-every 1 --backend wasm --json";
  expect((await run("train", ...words.split(" "), "--out", join(documents, "run"))).code).toBe(0);
  const generator = random(1);
  const normal = (n: number): Float64Array => Float64Array.from({ length: n }, () => generator.normal());
  const labels = BigInt64Array.from({ length: 60 }, (_, i) => BigInt(i % 3));
  const weight = { shape: [3, 5], data: normal(15) };
  const files = join(dir, "files");
  mkdirSync(files);
  for (const epoch of [1, 2])
    writeFileSync(
      join(files, `epoch${epoch}.npz`),
      encodeNpz({ features: { shape: [60, 5], data: normal(300) }, labels: { shape: [60], data: labels }, weight }),
    );
  const one = join(files, "epoch1.npz");
  writeFileSync(join(dir, "bare.npz"), encodeNpz({ features: { shape: [60, 5], data: normal(300) } }));
  const texts = {
    several: await run("measure", files, "--json"),
    seen: await run("measure", one, "--lambda-z", "0.01", "--picture", "umap", "--json"),
    prediction: await run("predict", "--counts", "3x30,2x4", "--lambda-z", "0.01", "--json"),
  };
  for (const [name, { stdout, stderr, code }] of Object.entries(texts)) {
    expect(code, stderr).toBe(0);
    writeFileSync(join(documents, `${name}.json`), stdout);
  }
  mkdirSync(join(dir, "watched", "first"), { recursive: true });
  for (const epoch of [1, 2])
    appendFileSync(
      join(dir, "watched", "first", "measurements.jsonl"),
      `${JSON.stringify({ epoch, ...JSON.parse(texts.seen.stdout), view: undefined })}\n`,
    );
}
