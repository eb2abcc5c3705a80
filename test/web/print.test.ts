import { describe, expect, it } from "vitest";
import { executable } from "./browser.ts";
import { sharedExplorer } from "./shared-explorer.ts";

/** A4 less its margins, in CSS pixels. */
const paper = Math.round(((210 - 24) / 25.4) * 96);

describe.skipIf(!executable)("the page on paper", () => {
  const explorer = sharedExplorer();

  it.each([
    ["theory", "#theory?why=1", "#figure-angles svg"],
    ["data", "#data?counts=5x500,3x100", "#panel-data figure svg"],
    ["train", "#train", "#train-start"],
    ["runs", "#runs", "#panel-runs input[type=file]"],
  ])("%s: dark on white, within the paper, without what only a hand can use", async (tab, hash, ready) => {
    const { page, faults } = await explorer.open(hash, { dark: true, width: paper });
    await page.waitForSelector(ready, { state: "attached" });
    await page.waitForTimeout(500);
    await page.emulateMedia({ media: "print", colorScheme: "dark" });
    const seen = await page.evaluate((name) => {
      const panel = document.querySelector(`#panel-${name}`) as HTMLElement;
      const hidden = (selector: string): boolean =>
        [...document.querySelectorAll(selector)].every((node) => (node as HTMLElement).offsetParent === null);
      const style = getComputedStyle(document.body);
      return {
        colors: [style.backgroundColor, style.color],
        width: document.documentElement.scrollWidth,
        hidden: ["button", "input[type=range]", "input[type=file]"].filter((selector) => !hidden(selector)),
        text: panel.innerText.length,
        wide: [...panel.querySelectorAll("svg, table, figure")].filter(
          (node) => node.getBoundingClientRect().right > innerWidth + 1,
        ).length,
      };
    }, tab);
    expect(seen.colors).toEqual(["rgb(255, 255, 255)", "rgb(0, 0, 0)"]);
    expect(seen.width).toBeLessThanOrEqual(paper);
    expect(seen.hidden).toEqual([]);
    expect(seen.wide).toBe(0);
    expect(seen.text).toBeGreaterThan(20);
    const pdf = await page.pdf({ preferCSSPageSize: true });
    expect(pdf.subarray(0, 5).toString()).toBe("%PDF-");
    const pages = pdf.toString("latin1").match(/\/Type\s*\/Page\b/g)?.length ?? 0;
    expect(pages).toBeGreaterThanOrEqual(1);
    expect(pages).toBeLessThanOrEqual(8);
    expect(faults).toEqual([]);
    await page.close();
  });

  it("a line of code with a number a class is cut on paper, and says so; on the screen it is whole", async () => {
    const { page, faults } = await explorer.open("#data?counts=exp:300:400:0.05&ends=batch-norm", { width: paper });
    await page.waitForSelector("#advice .command-line.long .command", { timeout: 60_000 });
    const said = (): Promise<string> =>
      page.$eval("#advice .command-line.long", (node) => getComputedStyle(node, "::after").content);
    expect(await said()).toBe("none");
    const whole = await page.textContent("#advice .command-line.long .command");
    await page.emulateMedia({ media: "print" });
    expect(await said()).toContain("the page has all of it");
    const lines = await page.$eval(
      "#advice .command-line.long .command",
      (node) => node.clientHeight / Number.parseFloat(getComputedStyle(node).fontSize),
    );
    expect(lines).toBeLessThan(6);
    expect(whole?.length).toBeGreaterThan(1000);
    expect(faults).toEqual([]);
    await page.close();
  });

  it("the list of classes has its heads on every page, its first rows, and how many are left", async () => {
    const { page, faults } = await explorer.open("#data?counts=exp:300:400:0.05&ends=batch-norm", { width: paper });
    await page.waitForSelector("#table-classes tbody th");
    const before = await page.$$eval("#table-classes tbody tr", (all) => all.length);
    await page.emulateMedia({ media: "print" });
    await page.waitForFunction(() => document.querySelectorAll("#table-classes tbody tr").length === 201);
    const seen = await page.evaluate(() => {
      const scroll = document.querySelector("#table-classes") as HTMLElement;
      const head = scroll.querySelector("thead") as HTMLElement;
      return {
        heads: [...head.querySelectorAll("th")].map((th) => getComputedStyle(th, "::before").content.replaceAll('"', "")),
        repeated: getComputedStyle(head).display,
        breaks: getComputedStyle(scroll.querySelector("table") as HTMLElement).breakInside,
        cut: scroll.scrollHeight - scroll.clientHeight,
        last: scroll.querySelector("tbody tr:last-child")?.textContent,
      };
    });
    expect(seen).toEqual({
      heads: ["class", "samples", "becomes", "margin in logits", "p_own", "strongest rival"],
      repeated: "table-header-group",
      breaks: "auto",
      cut: 0,
      last: expect.stringMatching(/^and 100 more in this order, which the saved CSV has/),
    });
    await page.emulateMedia({ media: "screen" });
    await page.emulateMedia({ media: null });
    const pdf = (await page.pdf({ preferCSSPageSize: true })).toString("latin1");
    expect(pdf.match(/\/Type\s*\/Page\b/g)?.length).toBeLessThanOrEqual(12);
    await page.waitForFunction((rows) => document.querySelectorAll("#table-classes tbody tr").length === rows, before);
    expect(faults).toEqual([]);
    await page.close();
  });
});
