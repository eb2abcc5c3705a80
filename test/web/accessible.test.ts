import { describe, expect, it } from "vitest";
import { executable } from "./browser.ts";
import { sharedExplorer } from "./shared-explorer.ts";

describe.skipIf(!executable)("the page for keyboards and screen readers", () => {
  const explorer = sharedExplorer();

  it.each(["theory", "data", "train", "runs"])("names every control and picture of tab %s, once", async (tab) => {
    const { page } = await explorer.open(`#${tab}`);
    await page.waitForSelector(`#panel-${tab} .answer`);
    await page.waitForTimeout(1500);
    // The browser's own computation of roles and names, as a screen reader gets it.
    const session = await page.context().newCDPSession(page);
    const { nodes } = (await session.send("Accessibility.getFullAXTree")) as {
      nodes: { ignored: boolean; role?: { value: string }; name?: { value: string } }[];
    };
    const controls = nodes.filter(
      ({ ignored, role }) =>
        !ignored &&
        ["button", "textbox", "slider", "checkbox", "combobox", "tab", "tabpanel", "img", "application", "progressbar"].includes(
          role?.value ?? "",
        ),
    );
    expect(controls.length).toBeGreaterThan(6);
    expect(controls.filter(({ name }) => !name?.value).map(({ role }) => role?.value)).toEqual([]);
    const ids = await page.$$eval("[id]", (all) => all.map((node) => node.id));
    expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([]);
    await page.close();
  });

  it("is gone through by the keyboard: tabs by arrows, a slider by arrows", async () => {
    const { page } = await explorer.open();
    await page.waitForSelector("#table-events");
    await page.focus("#tab-theory");
    await page.keyboard.press("ArrowRight");
    expect(await page.getAttribute("#tab-data", "aria-selected")).toBe("true");
    await page.keyboard.press("ArrowLeft");
    expect(await page.getAttribute("#tab-theory", "aria-selected")).toBe("true");
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("model");
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("kA");
    await page.keyboard.press("Tab");
    await page.keyboard.press("ArrowRight");
    expect(await page.inputValue("#kA")).toBe("6");
    await page.waitForFunction(() => document.documentElement.dataset.shown?.startsWith("6,"));
    // Back through the history to where the visitor came from.
    await page.goBack();
    expect(await page.getAttribute("#tab-data", "aria-selected")).toBe("true");
    await page.close();
  });

  it.each([false, true])("has text of a contrast of 4.5 and more (dark: %s)", async (dark) => {
    const { page } = await explorer.open("#data?counts=5x500,5x100&training=penalties", { dark });
    await page.waitForSelector("#table-remedies");
    const pairs = await page.evaluate(() => {
      const style = getComputedStyle(document.documentElement);
      const color = (name: string): number[] => {
        const hex = style.getPropertyValue(name).trim().slice(1);
        const six = hex.length === 3 ? [...hex].map((digit) => digit + digit).join("") : hex;
        return (six.match(/../g) ?? []).map((x) => Number.parseInt(x, 16));
      };
      return [
        ["--text", "--page"],
        ["--soft", "--page"],
        ["--bad", "--page"],
        ["--text", "--box"],
        ["--on-accent", "--accent"],
      ].map((pair) => pair.map(color));
    });
    const luminance = (rgb: number[]): number =>
      rgb
        .map((x) => (x / 255 <= 0.04045 ? x / 255 / 12.92 : ((x / 255 + 0.055) / 1.055) ** 2.4))
        .reduce((sum, x, i) => sum + x * [0.2126, 0.7152, 0.0722][i], 0);
    for (const [front, back] of pairs) {
      expect([...front, ...back].filter((x) => x >= 0 && x <= 255)).toHaveLength(6);
      const [high, low] = [luminance(front), luminance(back)].sort((x, y) => y - x);
      expect((high + 0.05) / (low + 0.05)).toBeGreaterThanOrEqual(4.5);
    }
    await page.close();
  });
});
