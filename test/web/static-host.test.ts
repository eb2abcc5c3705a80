import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { args, executable } from "./browser.ts";

/** The page as any host would serve it: from a folder below the root, with no header of ours. */
describe.skipIf(!executable)("the page on a plain static host", () => {
  let dir: string;
  let server: Server;
  let browser: Browser;
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), "nclab-host-"));
    cpSync(join(import.meta.dirname, "../../dist/web"), join(dir, "some/folder"), { recursive: true });
    const types: Record<string, string> = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css" };
    server = createServer((request, response) => {
      const path = (request.url ?? "").split("?")[0];
      response.writeHead(200, { "content-type": types[extname(path)] ?? "text/html" });
      response.end(readFileSync(join(dir, path.endsWith("/") ? `${path}index.html` : path)));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    browser = await chromium.launch({ executablePath: executable, args });
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    server?.close();
    if (dir) rmSync(dir, { recursive: true });
  });

  it("solves, and trains on one thread", { timeout: 200_000 }, async () => {
    const page = await browser.newPage();
    const faults: string[] = [];
    page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
    page.on("pageerror", (error) => faults.push(error.message));
    await page.goto(
      `http://127.0.0.1:${(server.address() as AddressInfo).port}/some/folder/#train?nA=40&nB=10&lambdaZ=0.01&epochs=2&batch=32`,
    );
    await page.click("#train-start");
    await page.waitForFunction(() => document.querySelector("#train-status")?.textContent?.includes("one thread"));
    await page.waitForFunction(
      () => document.querySelector("#train-status")?.textContent?.includes("Done: 2 epochs"),
      undefined,
      { timeout: 150_000 },
    );
    await page.click("#tab-theory");
    await page.waitForSelector("#table-events");
    expect(faults).toEqual([]);
  });
});
