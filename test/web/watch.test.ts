import { spawn } from "node:child_process";
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encodeNpz } from "../../src/features/npz.ts";
import { random } from "../../src/math/random.ts";
import { run } from "../cli/process.ts";
import { environment, pythonWith } from "../python/find.ts";
import { doubles, type Explorer, executable, startExplorer } from "./browser.ts";

const torch = executable ? pythonWith("numpy, torch") : undefined;
if (executable && !torch) console.warn("no Python with numpy and torch was found: the watch over a PyTorch training is skipped");

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "nclab-watch-page-"));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** A document of `nclab measure` of classes about corners, most of them rare. */
async function measured(K: number): Promise<Record<string, unknown>> {
  const generator = random(1);
  const labels = Array.from({ length: K }, (_, k) => Array.from({ length: 3 + Math.floor((4 * (K - k)) / K) }, () => k)).flat();
  const n = labels.length;
  const data = Float64Array.from(
    { length: n * K },
    (_, e) => (e % K === labels[Math.floor(e / K)] ? 3 : 0) + 0.1 * generator.normal(),
  );
  const weight = Float64Array.from({ length: K * K }, (_, e) => (e % K === Math.floor(e / K) ? 1 : 0));
  const file = join(dir, `features-${K}.npz`);
  const arrays = {
    features: { shape: [n, K], data },
    labels: { shape: [n], data: BigInt64Array.from(labels, BigInt) },
    weight: { shape: [K, K], data: weight },
  };
  writeFileSync(file, encodeNpz(arrays));
  const { stdout, stderr, code } = await run("measure", file, "--lambda-z", "0.01", "--json");
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
}

describe.skipIf(!executable)("the page of nclab watch in a browser", () => {
  let watched: Explorer;
  let place: string;
  beforeAll(async () => {
    place = join(dir, "trainings");
    watched = await startExplorer({ command: ["watch", place, "--scalars", "none", "--interval", "0.2"] });
  }, 60_000);
  afterAll(() => watched?.close());

  it("waits for the folder, draws what comes, and goes on", async () => {
    const { page, faults } = await watched.open("#watch", { width: 375 });
    await page.waitForFunction(() => document.querySelector("#watch-status")?.textContent?.startsWith("Waiting for "));
    const m = await measured(4);
    mkdirSync(join(place, "first"), { recursive: true });
    const lines = join(place, "first", "measurements.jsonl");
    const nc1 = (epoch: number): number => 1 / (epoch + 3);
    const line = (epoch: number): string =>
      `${JSON.stringify({ epoch, ...m, nc1: { ...(m.nc1 as object), paper: nc1(epoch) } })}\n`;
    appendFileSync(lines, line(1));
    await page.waitForSelector("#figure-watch-margins svg");
    expect(await doubles(page, "#table-watch")).toContain(nc1(1));
    appendFileSync(lines, line(2) + line(3).slice(0, 40));
    await page.waitForFunction(
      (x) => [...document.querySelectorAll("#table-watch data")].some((n) => Number(n.getAttribute("value")) === x),
      nc1(2),
    );
    appendFileSync(lines, line(3).slice(40));
    await page.waitForFunction(
      (x) => [...document.querySelectorAll("#table-watch data")].some((n) => Number(n.getAttribute("value")) === x),
      nc1(3),
    );
    expect(await page.textContent("#watch-status")).toContain("1 training, 3 measured moments");
    // The prediction beside, as the command line gives it.
    await page.waitForFunction(() => document.querySelector("#figure-watch-margins")?.textContent?.includes("predicted"));
    const asked = ["predict", "--counts", (m.counts as number[]).join(), "--lambda-z", "0.01", "--json"];
    const predicted = JSON.parse((await run(...asked)).stdout).classes as { class: number; margin: number }[];
    const shown = await doubles(page, "#table-watch-classes");
    for (const { margin } of predicted) expect(shown.some((x) => Math.abs(x - margin) < 1e-9)).toBe(true);
    expect(await page.getAttribute("#figure-watch-status-bands svg", "aria-label")).toMatch(
      /at the last \d+ own.*predicted \d+ own/,
    );
    expect(await page.$$eval("#panel-watch figure svg", (all) => all.length)).toBe(4);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(375);
    expect(faults).toEqual([]);
    await page.close();
  }, 120_000);

  it("shows many classes and thousands of epochs beside, says what is damaged, and takes the choice", async () => {
    const m = { ...(await measured(120)), Z: null };
    mkdirSync(join(place, "many"), { recursive: true });
    const text = Array.from({ length: 2000 }, (_, epoch) => `${JSON.stringify({ epoch, ...m })}\n`).join("");
    writeFileSync(join(place, "many", "measurements.jsonl"), `${text}{"epoch": "<b>"}\n`);
    const { page, faults } = await watched.open("#watch", { dark: true });
    await page.waitForFunction(() => document.querySelector("#watch-status")?.textContent?.includes("2 trainings, 2003"), null, {
      timeout: 60_000,
    });
    expect(await page.textContent("#watch-wrong")).toContain(
      'measurements.jsonl:2001: epoch: expected a whole number, got "<b>"',
    );
    await page.selectOption("#watch-choice", "many");
    await page.waitForFunction(() => document.querySelector("#figure-watch-margins")?.textContent?.includes("logits, many"));
    // Groups of classes, and not a line for each of 120.
    expect(await page.$$eval("#figure-watch-margins .legend text", (all) => all.length)).toBeLessThanOrEqual(11);
    await page.selectOption("#watch-choice", "first");
    await page.waitForFunction(() => document.querySelector("#figure-watch-margins")?.textContent?.includes("logits, first"));
    // Every control has a name, and no id comes twice.
    const ids = await page.$$eval("[id]", (all) => all.map((node) => node.id));
    expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([]);
    const session = await page.context().newCDPSession(page);
    const { nodes } = (await session.send("Accessibility.getFullAXTree")) as {
      nodes: { ignored: boolean; role?: { value: string }; name?: { value: string } }[];
    };
    const controls = nodes.filter(
      ({ ignored, role }) => !ignored && ["button", "combobox", "tab", "img"].includes(role?.value ?? ""),
    );
    expect(controls.filter(({ name }) => !name?.value)).toEqual([]);
    expect(faults).toEqual([]);
    await page.close();
  }, 120_000);

  it.skipIf(!torch)(
    "draws a PyTorch training of 30 epochs while it goes on",
    async () => {
      const { page, faults } = await watched.open("#watch");
      const folder = join(place, "torch");
      const training = spawn(torch as string, [join(import.meta.dirname, "trained.py"), folder, "30"], { env: environment });
      let err = "";
      training.stderr.on("data", (text) => {
        err += text;
      });
      const ended = new Promise<number | null>((resolve) => training.once("exit", resolve));
      const epoch = (): Promise<number> =>
        page.$$eval("#table-watch tbody tr", (rows) => {
          const row = rows.find((row) => row.querySelector("th")?.textContent === "torch");
          return Number(row?.querySelectorAll("td")[3]?.textContent ?? -1);
        });
      const seen = new Set<number>();
      let code: number | null | undefined;
      ended.then((with_) => {
        code = with_;
      });
      for (let i = 0; i < 1200 && !seen.has(30); i++) {
        const at = await epoch();
        if (at > 0) seen.add(at);
        if (code !== undefined && code !== 0) break;
        await page.waitForTimeout(100);
      }
      expect(await ended, err).toBe(0);
      // It was drawn on the way, and not at the end alone.
      expect(seen.size).toBeGreaterThan(2);
      expect(Math.max(...seen)).toBe(30);
      const documents = readFileSync(join(folder, "measurements.jsonl"), "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line));
      expect(documents.map((m) => m.epoch)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
      const shown = await doubles(page, "#table-watch");
      const last = documents[29];
      for (const x of [last.nc1.paper, last.comparison.Zerror.frobenius, last.accuracyOverall]) expect(shown).toContain(x);
      await page.selectOption("#watch-choice", "torch");
      await page.waitForFunction(() => document.querySelector("#figure-watch-margins")?.textContent?.includes("logits, torch"));
      expect(await page.textContent("#figure-watch-margins")).toContain("predicted");
      expect(await page.textContent("#watch-status")).toContain("3 trainings");
      expect(faults).toEqual([]);
      await page.close();
    },
    240_000,
  );
});

describe.skipIf(!executable)("the page without nclab watch", () => {
  it("has no tab for it, and says so where one is asked for", async () => {
    const explorer = await startExplorer();
    const { page, faults } = await explorer.open();
    await page.waitForSelector("#panel-theory .answer");
    expect(await page.isHidden("#tab-watch")).toBe(true);
    await page.evaluate(() => {
      location.hash = "#watch";
    });
    await page.waitForFunction(() => document.querySelector("#watch-status")?.textContent === "Nothing is watched here.");
    expect(await page.textContent("#panel-watch")).toContain("nclab watch DIR");
    expect(faults.filter((text) => !text.includes("404"))).toEqual([]);
    await explorer.close();
  }, 60_000);
});
