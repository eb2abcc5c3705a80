import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";

/** axe-core in a page of the browser: every rule, those of good practice too. Read as text, so that nothing here needs its types. */
const file = join(import.meta.dirname, "../../node_modules/axe-core/axe.min.js");
export const installed: boolean = existsSync(file);
const source = installed ? readFileSync(file, "utf8") : "";

interface Results {
  violations: { id: string; help: string; nodes: { html: string; failureSummary?: string }[] }[];
}

/** What axe finds wrong with the page as it stands, a line each. The page's policy stays as it is: the debugger runs what scripts may not. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(source);
  const { violations: found } = (await page.evaluate("axe.run(document, { resultTypes: ['violations'] })")) as unknown as Results;
  return found.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, failureSummary = "" }) => `${id}: ${help}: ${html.slice(0, 160)} ${failureSummary.replace(/\s+/g, " ")}`),
  );
}
