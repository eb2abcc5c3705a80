import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";

/** The page's second tab, as its tests drive it. */

/** Waits until all that was asked of the tab is answered: `counts` as they stand in the address. */
export function done(page: Page, counts: string, timeout = 60_000): Promise<unknown> {
  return page.waitForFunction(
    (wanted) => {
      const { key, solving, advising, drawing } = document.querySelector<HTMLElement>("#panel-data .data")?.dataset ?? {};
      const norms = key?.includes('"layerPeeled"');
      return key?.startsWith(`${wanted}|`) && solving === "done" && (advising === "done" || norms) && drawing !== "working";
    },
    counts,
    { timeout },
  );
}

/** What a button saves, as text. */
export async function saved(page: Page, selector: string): Promise<string> {
  const [download] = await Promise.all([page.waitForEvent("download"), page.click(selector)]);
  return readFile(await download.path(), "utf8");
}

/** The command lines that the tab shows. */
export const commands = (page: Page): Promise<string[]> =>
  page.$$eval("#panel-data .answer > .command-line .command", (all) => all.map((node) => node.textContent ?? ""));

/** Cells of a column of a table. */
export const cells = (page: Page, id: string, column: number): Promise<string[]> =>
  page.$$eval(`#table-${id} tbody tr:not(.space) > :nth-child(${column})`, (all) => all.map((node) => node.textContent ?? ""));

/** The color of a picture at a place, in its own pixels, as the browser paints it: `#rrggbb`. */
export function colorsAt(page: Page, selector: string, places: readonly (readonly [number, number])[]): Promise<string[]> {
  return page.evaluate(
    async ([wanted, at]) => {
      const svg = document.querySelector(wanted) as SVGSVGElement;
      const copy = svg.cloneNode(true) as SVGSVGElement;
      copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
      copy.setAttribute("color", "#000000");
      const url = URL.createObjectURL(new Blob([copy.outerHTML], { type: "image/svg+xml" }));
      const image = new Image();
      image.src = url;
      await image.decode();
      const canvas = document.createElement("canvas");
      canvas.width = Number(svg.getAttribute("width"));
      canvas.height = Number(svg.getAttribute("height"));
      const context = canvas.getContext("2d", { willReadFrequently: true }) as CanvasRenderingContext2D;
      context.fillStyle = "#ffffff";
      context.fillRect(0, 0, canvas.width, canvas.height);
      context.drawImage(image, 0, 0, canvas.width, canvas.height);
      URL.revokeObjectURL(url);
      return at.map(([x, y]) => {
        const [r, g, b] = context.getImageData(Math.round(x), Math.round(y), 1, 1).data;
        return `#${[r, g, b].map((v) => v.toString(16).padStart(2, "0")).join("")}`;
      });
    },
    [selector, places] as const,
  );
}
