import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { defaults } from "../../web/state.ts";
import { axesFor } from "../../web/theory/phase-data.ts";
import { run } from "../cli/process.ts";
import { doubles, executable, settled } from "./browser.ts";
import { sharedExplorer } from "./shared-explorer.ts";

/** What the formulas of a line hold, in order. */
const put = (page: Page, line: string): Promise<number[]> =>
  page.$$eval(`#why-${line} [data-value]`, (all) => all.map((node) => Number(node.getAttribute("data-value"))));

const near = (shown: number[], wanted: number[]): void => {
  expect(shown).toHaveLength(wanted.length);
  shown.forEach((x, i) => {
    expect(Math.abs(x - wanted[i])).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(wanted[i])));
  });
};

describe.skipIf(!executable)("borders, bounds and the proof in a browser", () => {
  const explorer = sharedExplorer();

  it.each([
    ["", "5x500,5x100 --lambda-z 0.0027 --lambda-b 0.02"],
    ["&lambdaZ=0.0039&lambdaB=inf", "5x500,5x100 --lambda-z 0.0039"],
    ["&nonnegative=1&loss=bce", "5x500,5x100 --lambda-z 0.0027 --lambda-b 0.02 --nonnegative --loss bce"],
    ["&loss=square&kA=1&kB=4&nB=20", "1x500,4x20 --lambda-z 0.0027 --lambda-b 0.02 --loss square"],
    ["&nonnegative=1&lambdaB=0.001", "5x500,5x100 --lambda-z 0.0027 --lambda-b 0.001 --nonnegative"],
  ])("the proof has the command line's values put in: %s", async (query, commandLine) => {
    const { page, faults } = await explorer.open(`#theory?why=1${query}`);
    await page.waitForSelector("#why-gap [data-value]");
    const { stdout } = await run("predict", "--counts", ...commandLine.split(" "), "--json");
    const p = JSON.parse(stdout);
    const objective = await put(page, "objective");
    near([objective.at(-1) as number, (await put(page, "bound")).at(-1) as number], [p.objective, p.dual]);
    near([objective[1]], [p.problem.lambdaZ]);
    // loss + lambda_Z norm + bias is the objective.
    const [loss, lambda, norm, ...rest] = objective;
    near([loss + lambda * norm + (rest.length > 1 ? rest[0] : 0)], [p.objective]);
    expect(Math.abs((await put(page, "gap"))[0] - p.gap)).toBeLessThanOrEqual(1e-12);
    const head = (await page.textContent("#why-head")) ?? "";
    expect(head.includes("not proved to the accuracy asked for")).toBe(!p.certified);
    expect(await page.locator("#why li").count()).toBeLessThanOrEqual(6);
    expect(await page.textContent("#why")).not.toMatch(/NaN|undefined|Infinity/);
    expect(faults).toEqual([]);
    await page.close();
  });

  it("opens and closes by its summary, and the address keeps it", async () => {
    const { page, faults } = await explorer.open("#theory");
    await settled(page, "5,500,5,100,0.0027,0.02,false");
    expect(await page.isVisible("#why-gap")).toBe(false);
    await page.click("#why summary");
    await page.waitForSelector("#why-gap math");
    await page.waitForFunction(() => location.hash.includes("why=1"));
    // It follows the dials.
    const before = await put(page, "force");
    await page.fill("#lambdaZ", "0.0035");
    await page.waitForFunction(
      (was) => Number(document.querySelector("#why-force [data-value]")?.getAttribute("data-value")) !== was,
      before[0],
    );
    expect((await put(page, "law"))[0]).toBeCloseTo((3000 * 0.0035) ** 2, 9);
    await page.click("#why summary");
    await page.waitForFunction(() => !location.hash.includes("why=1"));
    expect(faults).toEqual([]);
    await page.close();
  });

  it.each([
    ["", "5x500,5x100", "1,5"],
    ["&nA=2000&kA=7&kB=3&EH=2.5", "7x2000,3x100", "1,2.5"],
  ])("bounded norms show the command line's numbers: %s", async (query, counts, bounds) => {
    const { page, faults } = await explorer.open(`#theory?model=layer-peeled&why=1${query}`);
    await page.waitForSelector("#table-ratio");
    await page.waitForSelector("#figure-phases .marker");
    await page.waitForSelector("#figure-singular-values svg");
    const p = JSON.parse((await run("predict", "--counts", counts, "--layer-peeled", bounds, "--json")).stdout);
    const t = JSON.parse((await run("thresholds", "--counts", counts, "--layer-peeled", bounds, "--json")).stdout);
    near(await doubles(page, "#multiplier"), [p.multiplier]);
    near(await doubles(page, "#rank"), [p.rank]);
    const [A, B] = p.clusters.map((c: { classes: number[] }) => c.classes);
    near(await doubles(page, "#table-blocks"), [
      p.Z[A[0]][A[0]],
      p.Z[A[1]][A[0]],
      p.Z[A[0]][B[0]],
      p.Z[B[0]][A[0]],
      p.Z[B[0]][B[0]],
      p.Z[B[1]][B[0]],
    ]);
    near((await doubles(page, "#table-ratio")).slice(0, 1), [t.layerPeeled.ratio]);
    near([(await put(page, "objective"))[0], (await put(page, "bound")).at(-1) as number], [p.objective, p.dual]);
    expect(await page.textContent(".command")).toContain(`--layer-peeled ${bounds}`);
    for (const hidden of ["#lambdaZ", "#lambdaB", "#loss", "#nonnegative"]) expect(await page.isVisible(hidden)).toBe(false);
    expect(faults).toEqual([]);
    await page.close();
  });

  it("moves the bounds by the diagram's keys, refuses what is no bound, and comes back to penalties", async () => {
    const { page, faults } = await explorer.open("#theory?model=layer-peeled");
    await page.waitForSelector("#figure-phases .marker");
    await page.focus("#figure-phases .picture");
    await page.keyboard.press("ArrowRight");
    await page.waitForFunction(() => (document.querySelector("#EH") as HTMLInputElement).value === "5.1");
    await page.fill("#EW", "0");
    expect(await page.textContent("#EW-message")).toContain("a positive number");
    await page.fill("#EW", "1000000000");
    await page.waitForFunction(() => document.querySelector(".answer .error")?.textContent?.includes("layerPeeled: expected"));
    await page.fill("#EW", "1");
    await page.selectOption("#model", "penalties");
    await settled(page, "5,500,5,100,0.0027,0.02,false");
    expect(await page.isVisible("#EW")).toBe(false);
    expect(await page.isVisible(".answer .error")).toBe(false);
    expect(faults).toEqual([]);
    await page.close();
  });

  it.each([
    ["", { nonnegative: false, lambdaB: 0.02 }, "--lambda-b 0.02"],
    ["nonnegative=1", { nonnegative: true, lambdaB: 0.02 }, "--lambda-b 0.02 --nonnegative"],
    ["lambdaB=inf", { nonnegative: false, lambdaB: Number.POSITIVE_INFINITY }, ""],
  ])("the diagram's regions are those of nclab phase: %s", async (query, part, options) => {
    const { page, faults } = await explorer.open(`#theory?${query}`);
    await page.waitForSelector("#figure-phases .marker");
    const { x, ratio } = axesFor({ ...defaults, ...part });
    const inside = ([low, high]: [number, number]): string => `${low * 1.01}:${high / 1.01}:23`;
    const { stdout } = await run(
      ...["phase", "--x", `lambda-z:${inside(x)}`, "--y", `ratio:${inside(ratio)}`, "--n-b", "100"],
      ...options.split(" ").filter(Boolean),
      "--json",
    );
    const grid = JSON.parse(stdout) as { x: { values: number[] }; y: { values: number[] }; phases: string[] };
    const share = (v: number, [low, high]: [number, number]): number => Math.log(v / low) / Math.log(high / low);
    const wanted = grid.phases.flatMap((row, i) =>
      [...row].map((letter, j) => ({ u: share(grid.x.values[j], x), v: share(grid.y.values[i], ratio), letter })),
    );
    const found = await page.evaluate((points) => {
      const picture = document.querySelector("#figure-phases svg") as SVGSVGElement;
      const frame = picture.querySelector('[data-part="frame"]') as SVGRectElement;
      const of = (name: string): number => Number(frame.getAttribute(name));
      const areas = [...picture.querySelectorAll('[data-part="area"] path')] as SVGPathElement[];
      const colors = new Map(
        [...picture.querySelectorAll(".legend > text")].map((text) => [
          text.previousElementSibling?.querySelector("rect")?.getAttribute("fill") ?? "",
          text.textContent?.[0],
        ]),
      );
      return points.map(({ u, v }) => {
        const at = picture.createSVGPoint();
        at.x = of("x") + u * of("width");
        at.y = of("y") + (1 - v) * of("height");
        return areas
          .filter((a) => a.isPointInFill(at))
          .map((a) => colors.get(a.parentElement?.getAttribute("fill") ?? a.getAttribute("fill") ?? ""));
      });
    }, wanted);
    const letters = new Set<string>();
    wanted.forEach(({ u, v, letter }, i) => {
      expect(found[i], `${u} ${v}`).toEqual([letter]);
      letters.add(letter);
    });
    expect([...letters].sort().join("")).toBe(part.nonnegative ? "acd" : "abcd");
    expect(faults).toEqual([]);
    await page.close();
  });

  it.each([
    [1280, "", 2],
    [1920, "", 3],
    [1280, "loss=square", 2],
    [1920, "model=layer-peeled", 3],
  ])("leaves no room empty at %i px: %s", async (width, query, columns) => {
    const { page } = await explorer.open(`#theory?${query}`, { width });
    await page.waitForSelector("#figure-singular-values svg");
    await page.waitForSelector("#figure-angles svg");
    await page.waitForSelector("#figure-margins svg");
    await page.waitForTimeout(300);
    const places = await page.evaluate(() =>
      [...document.querySelectorAll(".stacks figure, .stacks .scroll")].map((node) => {
        const { left, top, width, height } = node.getBoundingClientRect();
        return {
          left: Math.round(left),
          top,
          width,
          height,
          picture: node.querySelector(".picture svg")?.getBoundingClientRect().width,
        };
      }),
    );
    expect(new Set(places.map((p) => p.left)).size).toBe(columns);
    // Every picture fills its column, and no column ends before three fifths of the longest.
    for (const p of places) if (p.picture !== undefined) expect(p.picture / p.width).toBeGreaterThan(0.95);
    const bottom = [...new Set(places.map((p) => p.left))].map((left) =>
      Math.max(...places.filter((p) => p.left === left).map((p) => p.top + p.height)),
    );
    const top = Math.min(...places.map((p) => p.top));
    expect((Math.min(...bottom) - top) / (Math.max(...bottom) - top)).toBeGreaterThan(0.6);
    await page.close();
  });
});
