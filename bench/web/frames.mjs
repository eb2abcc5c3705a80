// Frames that the page has free while it trains, measured in Chromium: intervals between two calls of requestAnimationFrame, at rest first, then while a network trains in the page's worker and every epoch is
// drawn. Needs `npm run build` and a Chromium; writes nothing.
//
//     node bench/web/frames.mjs [SECONDS] [HASH]        (default 20 s, "#train?nA=200&nB=50&lambdaZ=0.004&epochs=1000")
import { spawn } from "node:child_process";
import { cpus, loadavg } from "node:os";
import { chromium } from "playwright-core";

const seconds = Number(process.argv[2] ?? 20);
const hash = process.argv[3] ?? "#train?nA=200&nB=50&lambdaZ=0.004&epochs=1000";
const server = spawn(process.execPath, ["dist/cli/main.js", "explore", "--port", "0"]);
const url = await new Promise((resolve) => server.stdout.once("data", (text) => resolve(String(text).trim())));
const browser = await chromium.launch({
  executablePath: process.env.NCLAB_CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
});

/** In the page: intervals between frames over so many milliseconds, and the tasks that held the page for more than 50 ms. */
function intervals(length) {
  return new Promise((resolve) => {
    const found = [];
    const tasks = [];
    const observer = new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration)));
    observer.observe({ entryTypes: ["longtask"] });
    const began = performance.now();
    let before = began;
    const frame = (now) => {
      found.push(now - before);
      before = now;
      if (now - began < length) requestAnimationFrame(frame);
      else {
        observer.disconnect();
        resolve({ found: found.slice(1), tasks });
      }
    };
    requestAnimationFrame(frame);
  });
}

const quantile = (values, q) => [...values].sort((x, y) => x - y)[Math.floor(q * (values.length - 1))].toFixed(1);
function say(name, { found, tasks }) {
  const late = found.filter((x) => x > 1.5 * (1000 / 60)).length;
  const total = found.reduce((sum, x) => sum + x, 0);
  console.log(
    `${name}: ${((1000 * found.length) / total).toFixed(1)} frames a second; interval ${quantile(found, 0.5)} ms (median), ${quantile(found, 0.99)} (99 %), ${quantile(found, 1)} (longest); ${late} of ${found.length} late; ${tasks.length} tasks above 50 ms`,
  );
}

try {
  console.log(`Chromium ${browser.version()}, ${cpus().length} cores, load before ${loadavg()[0].toFixed(1)}, ${seconds} s each`);
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await page.goto(url + hash);
  await page.waitForSelector("#train-start");
  await page.waitForTimeout(1500);
  say("at rest", await page.evaluate(intervals, 1000 * seconds));
  await page.click("#train-start");
  const epoch = () =>
    page.evaluate(() => Number(/Epoch (\d+)/.exec(document.querySelector("#train-status").textContent)?.[1] ?? 0));
  await page.waitForFunction(() => document.querySelector("#train-status").textContent.startsWith("Epoch"), null, {
    timeout: 300_000,
  });
  const first = await epoch();
  const training = await page.evaluate(intervals, 1000 * seconds);
  say("while it trains", training);
  console.log(`${(await epoch()) - first} epochs were drawn meanwhile`);
} finally {
  await browser.close();
  server.kill();
}
