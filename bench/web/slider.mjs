// Time from a slider's move to the new picture, measured in Chromium: from the input event until the new heat map, tables and marker stand in the
// document and are laid out, and until the browser has been given the frame. Needs `npm run build` and a Chromium; writes nothing.
//
//     node bench/web/slider.mjs [moves] [WORD]       (cases whose name has the word; default all)
import { spawn } from "node:child_process";
import { chromium } from "playwright-core";

const moves = Number(process.argv[2] ?? 200);
const word = process.argv[3] ?? "";
const server = spawn(process.execPath, ["dist/cli/main.js", "explore", "--port", "0"]);
const url = await new Promise((resolve) => server.stdout.once("data", (text) => resolve(String(text).trim())));
const browser = await chromium.launch({
  executablePath: process.env.NCLAB_CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
});

/** 20 different counts, each of five classes. */
const twenty = Array.from({ length: 20 }, (_, j) => `5x${500 - 24 * j}`).join(",");
const cases = [
  { name: "two clusters, lambda_Z", hash: "#theory", slider: "#lambdaZ-slider", key: "shown" },
  { name: "two clusters, n_A", hash: "#theory", slider: "#nA-slider", key: "shown" },
  { name: "two clusters, nonnegative, lambda_Z", hash: "#theory?nonnegative=1", slider: "#lambdaZ-slider", key: "shown" },
  { name: "two clusters, proof open, lambda_Z", hash: "#theory?why=1", slider: "#lambdaZ-slider", key: "shown" },
  { name: "two clusters, bounded norms, E_H", hash: "#theory?model=layer-peeled", slider: "#EH-slider", key: "shown" },
  {
    name: "20 distinct counts (100 classes), lambda_Z",
    hash: `#data?counts=${twenty}&training=penalties&dataLambdaZ=0.0005`,
    slider: "#data-lambda-z-slider",
    key: "predicted",
  },
  {
    name: "20 lone counts (long tail), lambda_Z",
    hash: "#data?counts=exp:20:1000:0.02&training=penalties&dataLambdaZ=0.001",
    slider: "#data-lambda-z-slider",
    key: "predicted",
  },
];

/** In the page: one move after another, each waited for. */
async function measure({ slider, key, moves }) {
  const input = document.querySelector(slider);
  const root = document.documentElement;
  const start = Number(input.value);
  const times = { picture: [], frame: [] };
  for (let i = 0; i < moves; i++) {
    const before = root.dataset[key];
    const changed = new Promise((resolve) => {
      const observer = new MutationObserver(() => {
        if (root.dataset[key] === before) return;
        observer.disconnect();
        document.body.getBoundingClientRect();
        resolve(performance.now());
      });
      observer.observe(root, { attributes: true });
    });
    const began = performance.now();
    // Small steps to and fro around the start, as a hand makes them.
    input.value = String(start + 1 + (i % 40 < 20 ? i % 20 : 20 - (i % 20)));
    input.dispatchEvent(new Event("input"));
    if (root.dataset[key] === before) times.picture.push((await changed) - began);
    await new Promise((resolve) =>
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = resolve;
        port2.postMessage(null);
      }),
    );
    times.frame.push(performance.now() - began);
  }
  return times;
}

const quantile = (values, q) => values.sort((x, y) => x - y)[Math.floor(q * (values.length - 1))].toFixed(1);
try {
  console.log(`Chromium ${browser.version()}, ${moves} moves; milliseconds, median (90 %)`);
  for (const { name, hash, slider, key } of cases.filter((one) => one.name.includes(word))) {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    await page.goto(url + hash);
    await page.waitForFunction((k) => document.documentElement.dataset[k], key);
    await page.waitForTimeout(2000);
    await page.evaluate(measure, { slider, key, moves: 20 });
    const { picture, frame } = await page.evaluate(measure, { slider, key, moves });
    console.log(
      `${name}: picture ${quantile(picture, 0.5)} (${quantile(picture, 0.9)}), frame ${quantile(frame, 0.5)} (${quantile(frame, 0.9)})`,
    );
    await page.close();
  }
} finally {
  await browser.close();
  server.kill();
}
