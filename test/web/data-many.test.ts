import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { seriesStyle } from "../../src/plots/index.ts";
import type { ClassesOfPrediction, Prediction } from "../../src/prediction/index.ts";
import { parseCountTable } from "../../src/problem/index.ts";
import { run } from "../cli/process.ts";
import { addressWith, doubles, executable } from "./browser.ts";
import { cells, colorsAt, done, saved } from "./data-page.ts";
import { sharedExplorer } from "./shared-explorer.ts";

const [own, , , merged] = [0, 1, 2, 3].map((i) => seriesStyle(i).color);
const data = "#panel-data .data";

/** 1,203 classes with names. */
const lvis = parseCountTable("dataset:lvis-v1", "lvis").counts;
const namedLvis = ["class,count", ...lvis.map((n, k) => `thing ${k},${n}`)].join("\n");

describe.skipIf(!executable)("many classes on the page's second tab", () => {
  const explorer = sharedExplorer();

  const verdict = (page: Page): Promise<string | null> => page.textContent("#data-verdict");
  const visible = (page: Page, selector: string): Promise<boolean> => page.isVisible(selector);

  it("ImageNet-LT: first an answer proved to 1e-4, which is the command's, and stopping leaves it; then the exact one", async () => {
    const { page, faults } = await explorer.open("#data?ends=batch-norm");
    await page.waitForSelector(`${data}[data-solving=working] #proof`);
    expect(await page.textContent("#proof")).toMatch(
      /^A first answer, proved to be within .*e-5 of the optimum, with nearly equal counts taken together \(\d+ groups\)\./,
    );
    await page.waitForSelector("#task-solving >> text=Stop");
    await page.click("#task-solving button");
    await page.waitForSelector(`${data}[data-solving=stopped]`);
    expect(await page.textContent("#task-solving .said")).toBe("Stopped.");
    const first = JSON.parse(await saved(page, '[data-file="nclab-prediction.json"]')) as Prediction & ClassesOfPrediction;
    const options = ["--counts", "dataset:imagenet-lt", "--weight-decay", "5e-4", "--ends", "batch-norm", "--json"];
    const rough = JSON.parse((await run("predict", ...options, "--tolerance", "1e-4")).stdout) as typeof first;
    expect(first.bins).toBe(rough.bins);
    expect(first.clusters.map(({ classes, count, merged: one }) => [classes, count, one])).toEqual(
      rough.clusters.map(({ classes, count, merged: one }) => [classes, count, one]),
    );
    expect(first.classes.map(({ status, rival }) => [status, rival])).toEqual(
      rough.classes.map(({ status, rival }) => [status, rival]),
    );
    // Engines differ in the last bits of exponentials.
    const flat = (p: typeof first): number[] => [
      p.objective,
      p.dual,
      ...p.singularValues,
      ...p.classes.map((c) => c.margin),
      ...p.Z[0],
    ];
    const roughly = flat(rough);
    flat(first).forEach((x, i) => {
      expect(Math.abs(x - roughly[i])).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(x)));
    });
    // Once more, to its end.
    await page.click("#task-solving button");
    await done(page, "dataset:imagenet-lt", 100_000);
    const exact = JSON.parse((await run("predict", ...options)).stdout) as typeof first;
    const shown = JSON.parse(await saved(page, '[data-file="nclab-prediction.json"]')) as typeof first;
    expect(shown.bins).toBeNull();
    shown.classes.forEach(({ margin, pOwn, status }, k) => {
      expect(Math.abs(margin - exact.classes[k].margin)).toBeLessThanOrEqual(1e-12 * margin);
      expect(Math.abs(pOwn - exact.classes[k].pOwn)).toBeLessThanOrEqual(1e-12);
      expect(status).toBe(exact.classes[k].status);
    });
    expect(await page.textContent("#proof")).toMatch(/^Proved optimal/);
    expect(await verdict(page)).toMatch(/^No class is lost .* all 1000 are their own/);
    expect(await page.textContent("#figure-data-z")).toContain("10 × 10 entries");
    // Of so many different counts there are no groups to list: nor a heading above them.
    expect(await visible(page, `${data} h2:text-is("Structure")`)).toBe(false);
    expect(faults).toEqual([]);
    await page.close();
  });

  it("2000 different counts, with a ReLU and without: a first answer, proved to its tolerance and said to be early, and stopping leaves it", async () => {
    const counts = Array.from({ length: 2000 }, (_, k) => `c${k},${2000 - k}`).join("\n");
    const { page, faults } = await explorer.open("#data?counts=5x500,5x100");
    await done(page, "5x500,5x100");
    const early = async (): Promise<void> => {
      await page.waitForSelector(`${data}[data-solving=working] #proof`, { timeout: 60_000 });
      const said = (await page.textContent("#proof")) ?? "";
      expect(said).toMatch(/^A first answer, proved to be within .* of the optimum, with nearly equal counts taken together/);
      expect(Number(/within (\S+) of/.exec(said)?.[1])).toBeLessThanOrEqual(1e-4);
      await page.click("#task-solving button");
      await page.waitForSelector(`${data}[data-solving=stopped] #proof`);
      expect(await page.textContent("#proof")).toMatch(/^A first answer, proved/);
      expect(await verdict(page)).toContain("2000");
      expect(await page.isVisible("#table-classes")).toBe(true);
    };
    await page.$eval(
      "#counts",
      (node, value) => {
        (node as HTMLTextAreaElement).value = value;
        node.dispatchEvent(new Event("input"));
      },
      counts,
    );
    await page.waitForSelector(`${data}[data-key^="c0,2000"]`, { timeout: 60_000 });
    await early();
    await page.selectOption("#ends", "batch-norm");
    await page.waitForSelector(`${data}[data-key*="batch-norm\\""]`);
    await early();
    expect(faults).toEqual([]);
    await page.close();
  });

  it("nothing of the data set before stays, from the moment at which another is asked about; advice says how far it is, and stops", async () => {
    const { page, faults } = await explorer.open("#data?counts=5x500,5x100&weightDecay=0.2");
    await done(page, "5x500,5x100");
    expect(await visible(page, "#table-remedies")).toBe(true);
    expect(await visible(page, `${data} h2:text-is("Structure")`)).toBe(true);
    const parts = [
      "#table-remedies",
      "#figure-data-ranks",
      "#table-classes",
      "#proof",
      "#table-clusters",
      "#figure-data-remedy-margins",
    ];
    const stays = await page.evaluate((all) => {
      const text = document.querySelector("#counts") as HTMLTextAreaElement;
      text.value = "dataset:imagenet-lt";
      text.dispatchEvent(new Event("input"));
      return all.filter((part) => (document.querySelector(part) as HTMLElement | null)?.checkVisibility());
    }, parts);
    expect(stays).toEqual([]);
    expect(await verdict(page)).not.toContain("of 10 classes");
    // Weight decay 0.2 on a long tail: advice takes its time.
    await page.waitForSelector(`${data}[data-advising=working]`, { timeout: 60_000 });
    await page.waitForFunction(() =>
      /looking for what helps: /.test(document.querySelector("#task-advising .said")?.textContent ?? ""),
    );
    await page.click("#task-advising button");
    await page.waitForSelector(`${data}[data-advising=stopped]`);
    expect(await page.textContent("#task-advising")).toContain("Stopped: what helps was not found out.");
    expect(faults).toEqual([]);
    await page.close();
  });

  it.each(["pasted", "dropped", "typed"])("LVIS, 1203 classes, %s", async (way) => {
    const { page, faults } = await explorer.open("#data?counts=5x500,5x100");
    await done(page, "5x500,5x100");
    const counts = way === "typed" ? "dataset:lvis-v1" : namedLvis;
    if (way === "dropped") {
      const transfer = await page.evaluateHandle((text) => {
        const made = new DataTransfer();
        made.items.add(new File([text], "lvis.csv"));
        return made;
      }, namedLvis);
      await page.dispatchEvent("#panel-data .drop", "drop", { dataTransfer: transfer });
    } else if (way === "pasted") {
      await page.focus("#counts");
      await page.evaluate((text) => {
        (document.querySelector("#counts") as HTMLTextAreaElement).select();
        document.execCommand("insertText", false, text);
      }, namedLvis);
    } else {
      await page.fill("#counts", "");
      await page.type("#counts", counts);
    }
    await done(page, counts, 100_000);
    expect(await page.textContent("#counts-read")).toBe("1203 classes, 360952 samples: 1977 to 1 each");
    expect(await verdict(page)).toMatch(/^No class is lost .* all 1203 are their own/);
    expect(await page.textContent("#figure-data-z")).toContain("13 × 13 entries");
    // The list: only what is in sight is made, and all of it can be reached.
    expect(await page.getAttribute("#table-classes table", "aria-rowcount")).toBe("1204");
    const first = await cells(page, "classes", 1);
    expect(first.length).toBeLessThan(60);
    const margins = (await doubles(page, "#table-classes tbody tr:not(.space) td:nth-child(4)")).slice();
    expect(margins).toEqual([...margins].sort((x, y) => x - y));
    await page.click("#table-classes thead th:nth-child(1) button");
    await page.$eval("#table-classes", (node) => {
      node.scrollTop = node.scrollHeight;
    });
    await page.waitForFunction(() => document.querySelector('#table-classes [aria-rowindex="1204"]'));
    const last = (await cells(page, "classes", 1)).at(-1);
    expect(last).toBe(way === "typed" ? "1202" : "1202 thing 1202");
    await page.fill("#class-search", way === "typed" ? "77" : "thing 77");
    const wanted =
      way === "typed" ? ["77"] : [77, ...Array.from({ length: 10 }, (_, i) => 770 + i)].map((k) => `${k} thing ${k}`);
    await page.waitForFunction(
      (n) => document.querySelectorAll("#table-classes tbody tr:not(.space)").length === n,
      wanted.length,
    );
    expect(await cells(page, "classes", 1)).toEqual(wanted);
    expect(await page.textContent("#class-found")).toBe(`${wanted.length} of 1203 classes`);
    await page.selectOption("#class-status", "merged");
    expect(await page.textContent("#class-found")).toBe("0 of 1203 classes");
    expect(faults).toEqual([]);
    await page.close();
  });

  it("pictures, at chosen pixels: a class is its status's color at its margin, and bars are shares", async () => {
    const { page, faults } = await explorer.open("#data?counts=300x200,100x10&ends=batch-norm&weightDecay=0.03");
    await done(page, "300x200,100x10");
    expect(await verdict(page)).toMatch(/^100 of 400 classes are lost at the end of training, 100 merged/);
    // Of many classes the axis is a log scale until somebody chooses.
    expect(await page.inputValue("#rank-scale")).toBe("log");
    const axis = (log: boolean): Promise<unknown> =>
      page.waitForFunction(
        (wanted) =>
          document.querySelector("#figure-data-ranks svg")?.textContent?.includes("by number of samples, log scale") === wanted,
        log,
      );
    await axis(true);
    const widths = (): Promise<number[]> =>
      page.$$eval('#figure-data-ranks [data-part="rule"][stroke-width="3"] line', (all) =>
        all.slice(0, 2).map((node) => Number(node.getAttribute("x2")) - Number(node.getAttribute("x1"))),
      );
    const logged = await widths();
    expect(logged[0] / logged[1]).toBeGreaterThan(15);
    await page.selectOption("#rank-scale", "linear");
    await axis(false);
    await addressWith(page, "rankScale=linear");
    // The strokes as the panel's own axes place them: margins of the three hundred on the left, of the hundred on the right.
    const strokes = await page.$$eval('#figure-data-ranks [data-part="rule"][stroke-width="3"] line', (all) =>
      all.slice(0, 2).map((node) => {
        const matrix = (node as SVGLineElement).getCTM() as DOMMatrix;
        const root = (node as SVGLineElement).ownerSVGElement?.getCTM() as DOMMatrix;
        const at = (name: string): number => Number(node.getAttribute(name));
        const { x, y } = new DOMPoint((at("x1") + at("x2")) / 2, at("y1")).matrixTransform(root.inverse().multiply(matrix));
        return { x, y, width: at("x2") - at("x1") };
      }),
    );
    expect(strokes[0].width / strokes[1].width).toBeCloseTo(3, 1);
    expect(strokes[0].y).toBeLessThan(strokes[1].y);
    expect(
      await colorsAt(
        page,
        "#figure-data-ranks svg",
        strokes.map(({ x, y }) => [x, y] as const),
      ),
    ).toEqual([own, merged]);
    // All classes: three quarters own.
    const bar = await page.$eval("#figure-data-statuses rect.share", (node) => {
      const box = node.getBoundingClientRect();
      const all = (node as SVGRectElement).ownerSVGElement?.getBoundingClientRect() as DOMRect;
      return { x: box.x - all.x, y: box.y - all.y + 3, width: box.width };
    });
    const at = (share: number): readonly [number, number] => [bar.x + (share * bar.width) / 0.75, bar.y];
    expect(await colorsAt(page, "#figure-data-statuses svg", [at(0.1), at(0.73), at(0.77), at(0.98)])).toEqual([
      own,
      own,
      merged,
      merged,
    ]);
    // A row of the list has each number under its own head.
    const [weakest] = (JSON.parse(await saved(page, '[data-file="nclab-prediction.json"]')) as ClassesOfPrediction).classes.slice(
      300,
    );
    const heads = await page.$$eval("#table-classes thead th", (all) => all.map((node) => node.textContent));
    expect(heads).toEqual(["class", "samples", "becomes", "margin in logits", "p_own", "strongest rival"]);
    const row = await page.$$eval("#table-classes tbody tr:nth-child(2) > *", (all) =>
      all.map((node) => node.querySelector("data")?.getAttribute("value") ?? node.textContent),
    );
    expect(row).toEqual(["300", "10", "merged", String(weakest.margin), String(weakest.pOwn), String(weakest.rival)]);
    expect(faults).toEqual([]);
    await page.close();
  });

  it("what helps: cards that are whole at 375 px, the lines for PyTorch with all numbers, all classes before and after", async () => {
    const { page, faults } = await explorer.open("#data?counts=exp:20:400:0.02&training=penalties&dataLambdaZ=0.002", {
      width: 375,
    });
    await done(page, "exp:20:400:0.02");
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(375);
    const cut = await page.$$eval(
      "#table-remedies :is(th, td)",
      (all) =>
        all.filter((node) => {
          const { left, right, width } = node.getBoundingClientRect();
          return width > 0 && (left < 0 || right > 375 || node.scrollWidth > Math.ceil(width) + 1);
        }).length,
    );
    expect(cut).toBe(0);
    // The words of a table's head stand in each card.
    expect(
      await page.$eval(
        "#table-remedies tbody tr:nth-child(3) td:nth-child(4)",
        (node) => getComputedStyle(node, "::before").content,
      ),
    ).toContain("smallest margin in logits");
    const options = [
      "--long-tail",
      "exp:20:400:0.02",
      "--lambda-z",
      "0.002",
      "--lambda-b",
      "0.02",
      "--convention",
      "paper",
      "--json",
    ];
    const { remedies, classes } = JSON.parse((await run("advise", ...options)).stdout) as {
      remedies: {
        kind: string;
        reaches: boolean;
        torch: { weights: number[] } | null;
        classes: { margin: number; status: string }[];
      }[];
      classes: { status: string }[];
    };
    const weight = remedies.find(({ kind }) => kind === "weight");
    expect(weight?.reaches).toBe(true);
    await page.selectOption("#remedy", "weight");
    const line = await page.textContent("#advice .code .command");
    const numbers =
      /^loss = nn\.CrossEntropyLoss\(weight=torch\.tensor\(\[(.*)\]\)\)$/
        .exec(line ?? "")?.[1]
        .split(", ")
        .map(Number) ?? [];
    expect(numbers).toEqual(weight?.torch?.weights.map((w) => Number(w.toPrecision(6))));
    const said = await page.getAttribute("#figure-data-remedy-margins svg", "aria-label");
    expect(said).toContain("of 20 classes, the one of most samples first: loss weight, a power of the counts, as it is");
    const lost = (all: { status: string }[]): number => all.filter(({ status }) => status !== "own").length;
    expect(lost(classes)).toBeGreaterThan(0);
    expect(lost(weight?.classes ?? [{ status: "" }])).toBe(0);
    expect(await page.textContent("#figure-data-remedy-statuses")).toContain("all classes: 20");
    expect(page.url()).not.toContain("remedy=auto");
    expect(faults).toEqual([]);
    await page.close();
  });

  it("how it is trained: bounds on norms as the command answers them, what is not covered with the reason, and what to look for", async () => {
    const { page, faults } = await explorer.open("#data?counts=5x500,5x100&training=norms&boundW=0.5&boundH=2");
    await done(page, "5x500,5x100");
    const wanted = JSON.parse((await run("predict", "--counts", "5x500,5x100", "--layer-peeled", "0.5,2", "--json")).stdout);
    const shown = JSON.parse(await saved(page, '[data-file="nclab-prediction.json"]'));
    expect(Math.abs(shown.multiplier / wanted.multiplier - 1)).toBeLessThan(1e-12);
    expect(shown.classes.map(({ status }: { status: string }) => status)).toEqual(
      wanted.classes.map(({ status }: { status: string }) => status),
    );
    expect(await page.textContent("#remedies")).toContain("not for bounds on norms");
    await page.click("#training-unknown");
    await done(page, "5x500,5x100");
    expect(await visible(page, "#training-guide")).toBe(true);
    // AdamW, by its clue.
    await page.click("#training-guide li:has-text('AdamW') button");
    await page.waitForFunction(() =>
      document.querySelector("#panel-data .error")?.textContent?.includes("decoupled from the gradient"),
    );
    expect(await verdict(page)).toBe("No answer for this.");
    expect(await visible(page, "#table-classes")).toBe(false);
    await page.selectOption("#optimizer", "sgd");
    await done(page, "5x500,5x100");
    await page.selectOption("#ends", "layer-norm");
    await page.waitForFunction(() =>
      document.querySelector("#panel-data .error")?.textContent?.includes("nclab predict --ends layer-norm --width d"),
    );
    // Explicit penalties begin where the weight decay is: the same problem, the same answer.
    await page.selectOption("#ends", "batch-norm-relu");
    await done(page, "5x500,5x100");
    const [before] = await doubles(page, "#table-classes tbody tr:not(.space) td:nth-child(4)");
    await page.click("#training-penalties");
    await page.waitForSelector(`${data}[data-key*=lambdaZ]`);
    await done(page, "5x500,5x100");
    const [after] = await doubles(page, "#table-classes tbody tr:not(.space) td:nth-child(4)");
    expect(Math.abs(after / before - 1)).toBeLessThan(0.01);
    expect(faults).toEqual([]);
    await page.close();
  });

  it("a long tail under lambdas that mean complete collapse says so, and by how much", async () => {
    const { page, faults } = await explorer.open("#data?counts=dataset:cifar100-lt:100&training=penalties&dataLambdaZ=0.01");
    await done(page, "dataset:cifar100-lt:100");
    expect(await verdict(page)).toMatch(/^Every class is lost .*complete collapse/);
    expect(await page.textContent(".the-answer")).toMatch(/λZ = 0\.01 is [\d.e+]+ times what a weight decay of 0\.0005 is/);
    await page.click(".the-answer .note button");
    await page.waitForFunction(() => document.querySelector("#data-verdict")?.textContent?.startsWith("No class is lost"));
    expect(faults).toEqual([]);
    await page.close();
  });
});
