// How soon "Your data" answers for real data sets: from the choice of a data set until its first sentence and pictures stand in the document, and until the exact answer does.
// Chromium; needs `npm run build`. Each is asked several times, the least and the median are printed. Writes nothing.
//
//     node bench/web/first-answer.mjs [times]
import { spawn } from "node:child_process";
import { chromium } from "playwright-core";

const times = Number(process.argv[2] ?? 5);
const server = spawn(process.execPath, ["dist/cli/main.js", "explore", "--port", "0"]);
const url = await new Promise((resolve) => server.stdout.once("data", (text) => resolve(String(text).trim())));
const browser = await chromium.launch({
  executablePath: process.env.NCLAB_CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
});

/** In the page: types a data set and waits for its answers. */
function ask(counts) {
  const tab = document.querySelector("#panel-data .data");
  const field = document.querySelector("#counts");
  const began = performance.now();
  field.value = counts;
  field.dispatchEvent(new Event("input"));
  return new Promise((resolve) => {
    let first = null;
    const look = () => {
      const shown = tab.dataset.key.startsWith(`${counts}|`) && document.querySelector("#proof")?.checkVisibility();
      if (!shown) return;
      document.body.getBoundingClientRect();
      first ??= performance.now() - began;
      if (tab.dataset.solving !== "done") return;
      observer.disconnect();
      resolve([first, performance.now() - began]);
    };
    const observer = new MutationObserver(look);
    observer.observe(tab, { attributes: true });
  });
}

const of = (values, q) => (values.sort((x, y) => x - y)[Math.floor(q * (values.length - 1))] / 1000).toFixed(2);
try {
  console.log(`Chromium ${browser.version()}, asked ${times} times; seconds, least (median)`);
  for (const ends of ["batch-norm-relu", "batch-norm"])
    for (const name of ["imagenet-lt", "lvis-v1", "places-lt"]) {
      const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
      await page.goto(`${url}#data?counts=5x500,5x100&ends=${ends}`);
      await page.waitForSelector('#panel-data .data[data-advising="done"]');
      const found = { first: [], exact: [] };
      for (let i = 0; i < times; i++) {
        const [first, exact] = await page.evaluate(ask, `dataset:${name}`);
        found.first.push(first);
        found.exact.push(exact);
        await page.evaluate(ask, "5x500,5x100");
        await page.waitForSelector('#panel-data .data[data-advising="done"]');
      }
      console.log(
        `${name}, ${ends}: first ${of(found.first, 0)} (${of(found.first, 0.5)}), exact ${of(found.exact, 0)} (${of(found.exact, 0.5)})`,
      );
      await page.close();
    }
} finally {
  await browser.close();
  server.kill();
}
