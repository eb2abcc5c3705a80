import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";

/** A real browser on the served page, for tests. Where there is no Chromium the tests that need it are skipped and say so. */
const places = [process.env.NCLAB_CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
export const executable: string | undefined = places.find((place) => place !== undefined && existsSync(place));
if (!executable)
  console.warn(
    "no Chromium was found (apt-get install chromium, or NCLAB_CHROMIUM=path): tests of the page in a browser are skipped",
  );

export const args: string[] = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export interface Explorer {
  url: string;
  /** A fresh page at `hash`, shown; everything it should not do is in `faults`. */
  open(hash?: string, options?: { width?: number; dark?: boolean; touch?: boolean }): Promise<{ page: Page; faults: string[] }>;
  close(): Promise<void>;
}

/** Instead of `--disable-gpu`: WebGPU on Chromium's own software driver. */
const softwareGpu = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader", "--enable-features=Vulkan"];

/** Starts `nclab explore`, or another command that serves the page, and a browser, with WebGPU if asked. */
export async function startExplorer({
  gpu = false,
  command = ["explore"],
}: {
  gpu?: boolean;
  command?: readonly string[];
} = {}): Promise<Explorer> {
  const server = spawn(process.execPath, [join(import.meta.dirname, "../../dist/cli/main.js"), ...command, "--port", "0"]);
  const url = (await firstLine(server)).replace(/#.*$/, "");
  const withGpu = [...args.filter((arg) => arg !== "--disable-gpu"), ...softwareGpu];
  const browser: Browser = await chromium.launch({ executablePath: executable, args: gpu ? withGpu : args });
  return {
    url,
    async open(hash = "", { width = 1280, dark = false, touch = false } = {}) {
      const page = await browser.newPage({
        viewport: { width, height: 900 },
        colorScheme: dark ? "dark" : "light",
        acceptDownloads: true,
        hasTouch: touch,
      });
      const faults: string[] = [];
      page.on("console", (message) => {
        if (message.type() === "error" || message.type() === "warning") faults.push(`${message.type()}: ${message.text()}`);
      });
      page.on("pageerror", (error) => faults.push(`thrown: ${error.message}`));
      page.on("request", (request) => {
        const at = request.url();
        if (!at.startsWith(url) && !at.startsWith("data:") && !at.startsWith(`blob:${url}`)) faults.push(`request: ${at}`);
      });
      await page.goto(url + hash);
      return { page, faults };
    },
    async close() {
      await browser.close();
      server.kill();
    },
  };
}

function firstLine(server: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    server.stdout?.once("data", (text) => resolve(String(text).trim()));
    server.once("exit", (code) => reject(new Error(`nclab explore ended with code ${code}`)));
  });
}

/** Waits until tab 1 shows the answer and the thresholds at the parameters of its dials, under a loss. */
export async function settled(page: Page, key: string, loss = "cross-entropy"): Promise<void> {
  await page.waitForFunction(
    (wanted) =>
      [document.documentElement.dataset.shown, document.documentElement.dataset.thresholds].every((at) => at === wanted),
    `${key},${loss}`,
  );
}

/** Waits until the address, which follows the page at a distance, holds a setting; gives it. */
export async function addressWith(page: Page, setting: string): Promise<string> {
  await page.waitForFunction((wanted) => location.hash.includes(wanted), setting);
  return page.url();
}

/** The doubles behind the numbers of an element. */
export function doubles(page: Page, selector: string): Promise<number[]> {
  return page.$$eval(`${selector} data`, (all) => all.map((node) => Number(node.getAttribute("value"))));
}
