import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { encodeNpy } from "../../src/features/npy.ts";
import type { ClassesOfPrediction } from "../../src/prediction/document.ts";
import { type Advice, type Prediction, verdictOf } from "../../src/prediction/index.ts";
import { remedySetting } from "../../src/words/index.ts";
import { run } from "../cli/process.ts";
import { addressWith, doubles, executable } from "./browser.ts";
import { cells, commands, done, saved } from "./data-page.ts";
import { sharedExplorer } from "./shared-explorer.ts";

type Saved = Prediction & ClassesOfPrediction;

describe.skipIf(!executable)("the page's second tab in a browser", () => {
  const explorer = sharedExplorer();

  it.each([
    ["5x500,5x100", "", "--weight-decay 0.0005 --ends batch-norm-relu"],
    ["5x500,5x100", "&training=penalties", "--lambda-z 0.0036 --lambda-b 0.02"],
    ["exp:10:500:0.02", "&training=penalties&dataLambdaZ=0.003&dataLambdaB=inf", "--lambda-z 0.003"],
    [
      "3x300,2x40,5x7",
      "&training=penalties&dataLambdaZ=0.01&convention=mean",
      "--lambda-z 0.01 --lambda-b 0.02 --convention mean",
    ],
    ["5x500,5x100", "&ends=batch-norm-relu&weightDecay=0.1&branches=2", "--weight-decay 0.1 --ends batch-norm-relu --branches 2"],
    [
      "3x300,2x40",
      "&ends=batch-norm&weightDecay=0.3&decayedBias=free",
      "--weight-decay 0.3 --ends batch-norm --bias-weight-decay 0",
    ],
    [
      "3x300,2x40",
      "&training=penalties&dataPenalties=each&dataLambdaW=0.03&dataLambdaH=0.0004",
      "--lambda-w 0.03 --lambda-h 0.0004 --lambda-b 0.02",
    ],
    ["3x300,2x40", "&training=penalties&dataLambdaZ=0.01&dataLambdaB=0", "--lambda-z 0.01 --lambda-b 0"],
    ["dataset:cifar10-lt:100", "&ends=batch-norm", "--weight-decay 0.0005 --ends batch-norm"],
    [
      "5x500,5x100",
      "&training=penalties&dataNonnegative=1&margin=0.3",
      "--lambda-z 0.0036 --lambda-b 0.02 --nonnegative --margin 0.3",
    ],
    [
      "3x300,2x40",
      "&training=penalties&dataLoss=square&margin=0.5",
      "--lambda-z 0.0036 --lambda-b 0.02 --loss square --margin 0.5",
    ],
    ["3x300,2x40", "&training=penalties&dataLoss=bce&dataLambdaB=inf", "--lambda-z 0.0036 --loss bce"],
    ["3x300,2x40", "&dataLoss=bce&ends=batch-norm&weightDecay=0.1", "--weight-decay 0.1 --ends batch-norm --loss bce"],
  ])("gives the command line's prediction and advice: %s %s", async (counts, query, options) => {
    const { page, faults } = await explorer.open(`#data?counts=${counts}${query}`);
    await done(page, counts);
    const classes = counts.startsWith("exp") ? ["--long-tail", counts] : ["--counts", counts];
    const words = options.split(" ");
    const margin = words.indexOf("--margin");
    const plain = margin < 0 ? words : words.slice(0, margin);
    const wanted = JSON.parse((await run("predict", ...classes, ...plain, "--json")).stdout) as Saved;
    const convention = words.includes("--convention") || words.includes("--ends") ? [] : ["--convention", "paper"];
    const advice = JSON.parse((await run("advise", ...classes, ...words, ...convention, "--json")).stdout) as Advice;

    // What is saved is the command line's own document.
    const document = JSON.parse(await saved(page, '[data-file="nclab-prediction.json"]')) as Saved;
    // Words and whole numbers exactly; the others to rounding, below.
    const plainly = ({ classes, summary, ...p }: Saved): object => ({
      ...p,
      ...{
        seconds: 0,
        Z: 0,
        b: 0,
        singularValues: 0,
        cosines: 0,
        distances: 0,
        clusters: 0,
        objective: 0,
        dual: 0,
        gap: 0,
        relativeGap: 0,
        iterations: 0,
        ufmPlus: 0,
      },
      classes: classes.map(({ class: k, count, name, status }) => ({ class: k, count, name, status })),
      summary: { ...summary, offsets: summary.offsets === null ? null : summary.offsets.length },
    });
    expect(plainly(document)).toEqual(plainly(wanted));
    const flat = (p: Saved): number[] => [
      ...p.Z.flat(),
      ...p.b,
      ...p.singularValues,
      p.objective,
      p.dual,
      ...p.clusters.map((c) => c.margin ?? -1),
      ...Object.values(p.distances).flatMap((d) =>
        d === null ? [-1] : Object.values(d as Record<string, number | null>).map((x) => x ?? -1),
      ),
      ...p.classes.flatMap((c) => [c.pOwn, c.margin]),
    ];
    flat(document).forEach((x, i) => {
      expect(Math.abs(x - flat(wanted)[i])).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(x)));
    });

    const leastOf = (margins: readonly number[]): number => Math.min(...margins);
    if (leastOf(advice.margins) >= advice.margin && advice.summary.own === advice.problem.K) {
      const [weakest] = await doubles(page, "#nothing-needed");
      expect(Math.abs(weakest - leastOf(advice.margins))).toBeLessThanOrEqual(1e-12 * Math.max(1, weakest));
    } else {
      // The page sets no label smoothing, and offers none to take away.
      const remedies = advice.remedies.filter(({ kind }) => kind !== "smoothing");
      const extra = await doubles(page, "#table-remedies tbody tr td:nth-child(5)");
      expect(extra).toEqual(remedies.map((r) => r.extraSamples));
      const works = await cells(page, "remedies", 2);
      expect(works.slice(1)).toEqual(remedies.map((r) => verdictOf(r)));
      const settings = await cells(page, "remedies", 3);
      expect(settings.slice(1)).toEqual(remedies.map((r) => (r.reaches ? remedySetting(r, null) : "–")));
      const least = await doubles(page, "#table-remedies tbody tr td:nth-child(4)");
      const leastWanted = [advice.margins, ...remedies.map((r) => r.resultingMargins)].map(leastOf);
      expect(least).toHaveLength(leastWanted.length);
      least.forEach((x, i) => {
        expect(Math.abs(x - leastWanted[i])).toBeLessThanOrEqual(1e-12);
      });
    }
    // Behind a ReLU it decides nothing.
    expect(await doubles(page, "#data-critical-count")).toEqual(wanted.problem.nonnegative ? [] : [wanted.criticalCount]);
    // The command lines shown run and mean the same.
    const shown = await commands(page);
    const again = JSON.parse((await run(...shown[0].split(" ").slice(1))).stdout) as Prediction;
    expect(again.Z).toEqual(wanted.Z);
    expect((JSON.parse((await run(...shown[1].split(" ").slice(1))).stdout) as Advice).remedies).toEqual(advice.remedies);
    expect(faults).toEqual([]);
    await page.close();
  });

  it("takes files, and says what is wrong with them", async () => {
    const { page, faults } = await explorer.open("#data?counts=5x500,5x100&training=penalties");
    await done(page, "5x500,5x100");
    const choose = (name: string, content: Uint8Array | string): Promise<void> =>
      page.setInputFiles("#panel-data input[type=file]", {
        name,
        mimeType: "application/octet-stream",
        buffer: Buffer.from(content),
      });
    await choose("labels.npy", encodeNpy({ shape: [6], data: Uint8Array.of(0, 1, 0, 2, 0, 0) }));
    await done(page, "4,2x1");
    expect(await page.inputValue("#counts")).toBe("4,2x1");
    for (const [name, content, message] of [
      ["labels.npy", "this is no array", "labels.npy"],
      ["counts.csv", "5\n-2\n", "a positive integer"],
      ["counts.json", "[5, 2", "a JSON array"],
      ["picture.gif", "GIF89a", "a file that ends in .csv, .tsv, .txt, .json, .npy, .npz, .pt, .pth"],
      ["empty.csv", "", "expected counts such as 5x500,5x100"],
    ]) {
      await choose(name, content);
      await page.waitForFunction((wanted) => document.querySelector("#counts-message")?.textContent?.includes(wanted), message);
    }
    expect(await page.inputValue("#counts")).toBe("4,2x1");
    await page.fill("#counts", "5x500,oops");
    await page.waitForFunction(() => document.querySelector("#counts-message")?.textContent?.includes("positive integer"));
    await page.fill("#counts", "200000x3");
    await page.waitForFunction(() =>
      document.querySelector("#panel-data .error")?.textContent?.includes("at most 100000 classes"),
    );
    expect(faults).toEqual([]);
    await page.close();
  });

  it("takes a file that is dropped", async () => {
    const { page, faults } = await explorer.open("#data?counts=5x500,5x100&training=penalties");
    await done(page, "5x500,5x100");
    const data = await page.evaluateHandle(() => {
      const transfer = new DataTransfer();
      transfer.items.add(new File(["cat,30\ndog,30\nfox,4\n"], "counts.csv"));
      return transfer;
    });
    await page.dispatchEvent("#panel-data .drop", "drop", { dataTransfer: data });
    await done(page, "class,count\ncat,30\ndog,30\nfox,4");
    expect(faults).toEqual([]);
    await page.close();
  });

  it("shows the names of classes in every table and file, as the command line does with the same file", async () => {
    const { page, faults } = await explorer.open("#data?counts=5x500,5x100&training=penalties&dataLambdaZ=0.03");
    await done(page, "5x500,5x100");
    const labels = [
      ...Array(30).fill("cat"),
      ...Array(30).fill("dog, small"),
      ...Array(4).fill('"fox"'),
      ...Array(4).fill("yak"),
    ];
    await page.selectOption("#meaning", "labels");
    await page.setInputFiles("#panel-data input[type=file]", {
      name: "y.csv",
      mimeType: "text/csv",
      buffer: Buffer.from(["label", ...labels.map((name) => `"${name.replaceAll('"', '""')}"`)].join("\n")),
    });
    const counts = 'class,count\n"""fox""",4\ncat,30\n"dog, small",30\nyak,4';
    await done(page, counts);
    expect(await page.inputValue("#counts")).toBe(counts);
    const each = ['0 "fox"', "1 cat", "2 dog, small", "3 yak"];
    expect((await cells(page, "classes", 1)).sort()).toEqual(each);
    for (const rival of await cells(page, "classes", 6)) expect(each).toContain(rival);
    expect(await cells(page, "clusters", 1)).toEqual(["1 cat, 2 dog, small", '0 "fox", 3 yak']);
    expect(await cells(page, "blocks", 1)).toEqual([
      "logits of 1 cat, 2 dog, small (n = 30)",
      'logits of 0 "fox", 3 yak (n = 4)',
    ]);
    expect(await cells(page, "data-events", 3)).toContain('0 "fox", 3 yak: one vector');
    expect((await cells(page, "remedies", 3)).join()).toMatch(/[\d.]+ \(0 "fox", 3 yak\)/);
    expect(await page.textContent("#data-merged")).toBe('{0 "fox", 3 yak}');

    const csv = (await saved(page, '[data-file="nclab-classes.csv"]')).split("\n");
    expect(csv.slice(0, 4).map((line) => line.replace(/^((?:[^,"]|"[^"]*")*,"?[^,]*(?:, small)?"?,[^,]*),.*/, "$1"))).toEqual([
      "class,name,count",
      '0,"""fox""",4',
      "1,cat,30",
      '2,"dog, small",30',
    ]);
    // The file that the shown command names, saved as it says.
    const folder = await mkdtemp(join(tmpdir(), "nclab-names-"));
    const file = join(folder, "counts.json");
    await writeFile(file, await saved(page, '[data-file="counts.json"]'));
    const shown = await commands(page);
    const line = (text: string): string[] => text.replace("counts.json", file).split(" ").slice(1);
    expect(shown[0]).toContain("--counts counts.json");
    const wanted = JSON.parse((await run(...line(shown[0]))).stdout) as Saved;
    const document = JSON.parse(await saved(page, '[data-file="nclab-prediction.json"]')) as Saved;
    expect(wanted.classes.map((c) => c.name)).toEqual(['"fox"', "cat", "dog, small", "yak"]);
    expect(document.classes.map((c) => [c.name, c.count, c.status])).toEqual(
      wanted.classes.map((c) => [c.name, c.count, c.status]),
    );
    await rm(folder, { recursive: true });
    // The address keeps them.
    const again = await explorer.open(new URL(await addressWith(page, "counts=")).hash);
    await done(again.page, counts);
    expect(
      (await again.page.$$eval("#table-classes tbody tr:not(.space) th", (all) => all.map((node) => node.textContent))).sort(),
    ).toEqual(each);
    expect([...faults, ...again.faults]).toEqual([]);
    await again.page.close();
    await page.close();
  });

  it("a loss brings its usual margin, unless one was chosen, and says what p is", async () => {
    const { page, faults } = await explorer.open("#data?counts=3x300,2x40&training=penalties");
    await done(page, "3x300,2x40");
    expect(await page.isVisible("#data-loss-note")).toBe(false);
    await page.selectOption("#data-loss", "square");
    await page.waitForSelector("#data-loss-note:not([hidden])");
    expect(await page.inputValue("#margin")).toBe("0.5");
    expect(await addressWith(page, "dataLoss=square")).not.toContain("margin=1");
    expect(await page.textContent("#panel-data .facts")).toContain("rank of Z (at most 5)");
    await page.fill("#margin", "0.3");
    await page.press("#margin", "Enter");
    await page.selectOption("#data-loss", "bce");
    expect(await page.inputValue("#margin")).toBe("0.3");
    await page.waitForFunction(() => document.querySelector("#data-loss-note")?.textContent?.startsWith("Binary cross-entropy"));
    expect((await commands(page))[0]).toContain("--loss bce");
    expect(faults).toEqual([]);
    await page.close();
  });

  it("leaves a problem that takes minutes as soon as another is asked", { timeout: 60_000 }, async () => {
    const { page, faults } = await explorer.open("#data?counts=exp:900:20000:0.01&training=penalties&dataLambdaZ=0.0001");
    await page.waitForTimeout(1500);
    expect(await page.evaluate(() => document.documentElement.dataset.predicted)).toBeUndefined();
    await page.fill("#counts", "5x500,5x100");
    await page.waitForFunction(() => document.documentElement.dataset.predicted?.startsWith("5x500,5x100|"), undefined, {
      timeout: 10_000,
    });
    expect(faults).toEqual([]);
    await page.close();
  });

  it("saves pictures as SVG and PNG, and classes as CSV", async () => {
    const { page, faults } = await explorer.open("#data?counts=5x500,5x100&training=penalties");
    await done(page, "5x500,5x100");
    const save = async (selector: string): Promise<Buffer> => {
      const [download] = await Promise.all([page.waitForEvent("download"), page.click(selector)]);
      return readFile(await download.path());
    };
    expect((await save("#figure-data-z button >> nth=0")).toString()).toMatch(
      /^<svg [^>]*xmlns="http:\/\/www.w3.org\/2000\/svg"/,
    );
    const png = await save("#figure-data-z button >> nth=1");
    expect([...png.subarray(0, 4)]).toEqual([0x89, 0x50, 0x4e, 0x47]);
    expect(png.readUInt32BE(16)).toBeGreaterThan(400);
    const csv = (await save('[data-file="nclab-classes.csv"]')).toString().trim().split("\n");
    expect(csv).toHaveLength(11);
    expect(csv[0]).toMatch(/^class,name,count,becomes,/);
    expect(csv[10]).toMatch(/^9,,100,merged,[\d.]+,\d,-[\d.]+,1,merged: one vector,0,/);
    expect(faults).toEqual([]);
    await page.close();
  });

  it("has room at 375 px", async () => {
    const { page, faults } = await explorer.open("#data?counts=5x500,5x100&training=penalties", { width: 375, dark: true });
    await done(page, "5x500,5x100");
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(375);
    expect(faults).toEqual([]);
    await page.close();
  });
});
