// The pictures of docs/explorer.md: every tab, light, dark and narrow. Needs `npm run build` and a Chromium.
//
//     node bench/web/screenshots.mjs RUNS_FOLDER [TAB ...]       (a folder of run folders, for the fourth tab; default all tabs)
//
// The runs in docs/explorer.md: three of nclab train --counts 5x200,5x50 --lambda-b 0.02 --dataset glyphs --epochs 60 --batch 64 --evaluate-every 4, at
// --lambda-z 0.003, 0.0045 and 0.007.
import { spawn } from "node:child_process";
import { chromium } from "playwright-core";

const [runs, ...chosen] = process.argv.slice(2);
if (!runs) throw new Error("expected a folder of run folders, got none");
const server = spawn(process.execPath, ["dist/cli/main.js", "explore", "--port", "0"]);
const url = await new Promise((resolve) => server.stdout.once("data", (text) => resolve(String(text).trim())));
const browser = await chromium.launch({
  executablePath: process.env.NCLAB_CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
});

const tabs = {
  theory: { hash: "#theory?lambdaZ=0.0031", ready: (page) => page.waitForSelector("#figure-angles svg") },
  data: {
    hash: "#data?weightDecay=0.02",
    ready: (page) => page.waitForSelector("#panel-data .data[data-solving=done]", { timeout: 120_000 }),
    height: 1290,
  },
  train: {
    hash: "#train?nA=200&nB=50&lambdaZ=0.004",
    async ready(page) {
      await page.click("#train-start");
      await page.waitForFunction(() => document.querySelector("#train-status").textContent.startsWith("Done"), undefined, {
        timeout: 1_800_000,
      });
    },
  },
  runs: {
    hash: "#runs",
    async ready(page) {
      await page.setInputFiles("#panel-runs input[webkitdirectory]", runs);
      await page.waitForSelector("#figure-runs-separation svg");
    },
  },
};
try {
  for (const [name, { hash, ready, height = 940 }] of Object.entries(tabs)) {
    if (chosen.length > 0 && !chosen.includes(name)) continue;
    const page = await browser.newPage({ viewport: { width: 1200, height: 940 } });
    await page.goto(url + hash);
    await ready(page);
    // One page in all three forms: a training is not run three times.
    for (const [form, scheme, width] of [
      ["light", "light", 1200],
      ["dark", "dark", 1200],
      ["narrow", "dark", 375],
    ]) {
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize({ width, height: width < 600 ? 1500 : height });
      await page.waitForTimeout(700);
      await page.screenshot({ path: `docs/pictures/explorer-${name}-${form}.png` });
    }
    await page.close();
  }
} finally {
  await browser.close();
  server.kill();
}
