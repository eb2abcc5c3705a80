import { afterAll, beforeAll } from "vitest";
import { type Explorer, startExplorer } from "./browser.ts";

/** The page and the browser of a block of tests: started before the first of them, ended after the last. */
export function sharedExplorer(...how: Parameters<typeof startExplorer>): Pick<Explorer, "url" | "open"> {
  let explorer: Explorer | undefined;
  const started = (): Explorer => {
    if (!explorer) throw new Error("the page is there within tests only");
    return explorer;
  };
  beforeAll(async () => {
    explorer = await startExplorer(...how);
  }, 60_000);
  afterAll(() => explorer?.close());
  return {
    get url() {
      return started().url;
    },
    open: (...page) => started().open(...page),
  };
}
