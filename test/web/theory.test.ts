import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import type { Prediction } from "../../src/prediction/index.ts";
import { run } from "../cli/process.ts";
import { doubles, executable, settled } from "./browser.ts";
import { sharedExplorer } from "./shared-explorer.ts";

describe.skipIf(!executable)("the page's first tab in a browser", () => {
  const explorer = sharedExplorer();

  it.each([
    ["5,500,5,100,0.0027,0.02,false", "", "5x500,5x100 --lambda-z 0.0027 --lambda-b 0.02"],
    ["5,500,5,100,0.0039,0.02,false", "lambdaZ=0.0039", "5x500,5x100 --lambda-z 0.0039 --lambda-b 0.02"],
    ["3,700,7,60,0.002,Infinity,false", "kA=3&nA=700&kB=7&nB=60&lambdaZ=0.002&lambdaB=inf", "3x700,7x60 --lambda-z 0.002"],
    ["5,500,5,100,0.0027,0.02,true", "nonnegative=1", "5x500,5x100 --lambda-z 0.0027 --lambda-b 0.02 --nonnegative"],
    ["5,500,5,100,0.0027,0,false", "lambdaB=0", "5x500,5x100 --lambda-z 0.0027 --lambda-b 0"],
    ["1,500,4,20,0.003,0.1,false", "kA=1&kB=4&nB=20&lambdaZ=0.003&lambdaB=0.1", "1x500,4x20 --lambda-z 0.003 --lambda-b 0.1"],
    ["5,500,5,100,0.0027,0.02,false", "loss=square", "5x500,5x100 --lambda-z 0.0027 --lambda-b 0.02 --loss square"],
    [
      "5,500,5,100,0.0039,Infinity,false",
      "loss=square&lambdaZ=0.0039&lambdaB=inf",
      "5x500,5x100 --lambda-z 0.0039 --loss square",
    ],
    ["5,500,5,100,0.0039,0.02,false", "loss=bce&lambdaZ=0.0039", "5x500,5x100 --lambda-z 0.0039 --lambda-b 0.02 --loss bce"],
    [
      "5,500,5,100,0.0027,0.02,true",
      "loss=bce&nonnegative=1",
      "5x500,5x100 --lambda-z 0.0027 --lambda-b 0.02 --nonnegative --loss bce",
    ],
  ])("shows the command line's numbers: %s, %s", async (key, query, commandLine) => {
    const { page, faults } = await explorer.open(`#theory?${query}`);
    await settled(page, key, new URLSearchParams(query).get("loss") ?? undefined);
    const { stdout, code } = await run("predict", "--counts", ...commandLine.split(" "), "--json");
    expect(code).toBe(0);
    const p = JSON.parse(stdout) as Prediction;
    const near = (shown: number[], wanted: number[]): void => {
      expect(shown).toHaveLength(wanted.length);
      shown.forEach((x, i) => {
        expect(Math.abs(x - wanted[i])).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(wanted[i])));
      });
    };
    const [A, B] = p.clusters.map((c) => c.classes);
    const blocks = [
      p.Z[A[0]][A[0]],
      ...(A.length > 1 ? [p.Z[A[0]][A[1]]] : []),
      p.Z[A[0]][B[0]],
      p.Z[B[0]][A[0]],
      p.Z[B[0]][B[0]],
      p.Z[B[0]][B[1]],
    ];
    near(await doubles(page, "#table-blocks"), blocks);
    near(
      await doubles(page, "#table-clusters"),
      p.clusters.flatMap((c) => [c.count, ...(c.margin === null ? [] : [c.margin]), p.b[c.classes[0]]]),
    );
    // Behind a ReLU it decides nothing.
    near(await doubles(page, "#critical-count"), p.problem.nonnegative ? [] : [p.criticalCount]);
    near(await doubles(page, "#rank"), [p.rank]);
    near(await doubles(page, "#cosine-ab"), p.cosines[A[0]][B[0]] === null ? [] : [p.cosines[A[0]][B[0]] as number]);
    const gap = Number(await page.getAttribute("#gap", "value"));
    expect(Math.abs(gap - p.gap)).toBeLessThanOrEqual(1e-12);
    expect(await page.textContent(".command")).toContain(commandLine);
    expect(faults).toEqual([]);
    await page.close();
  });

  it.each([
    ["", "5x500,5x100 --lambda-b 0.02", false],
    ["kA=3&kB=7&nA=700&nB=60&lambdaB=inf", "3x700,7x60", false],
    ["nonnegative=1", "5x500,5x100 --lambda-b 0.02", true],
    ["loss=square", "5x500,5x100 --lambda-b 0.02 --loss square", false],
    ["loss=square&lambdaB=inf", "5x500,5x100 --loss square", false],
    ["loss=bce", "5x500,5x100 --lambda-b 0.02 --loss bce", false],
    ["loss=square&nonnegative=1", "5x500,5x100 --lambda-b 0.02 --loss square", true],
    ["kA=3&kB=2&nA=500&nB=100&lambdaB=inf&loss=bce&nonnegative=1", "3x500,2x100 --loss bce", true],
  ])("lists the command line's thresholds: %s", async (query, commandLine, nonnegative) => {
    const { page, faults } = await explorer.open(`#theory?${query}`);
    await page.waitForSelector("#table-events");
    const d = JSON.parse((await run("thresholds", "--counts", ...commandLine.split(" "), "--json")).stdout);
    const events: { lambdaZ: number; rankAfter: number }[] = nonnegative ? d.nonnegative.events : d.events;
    const N = (d.problem.counts as number[]).reduce((a, b) => a + b);
    const wanted = events.flatMap((e) => [e.lambdaZ, (N * e.lambdaZ) ** 2, e.rankAfter]);
    const shown = await doubles(page, "#table-events");
    expect(shown).toHaveLength(wanted.length);
    shown.forEach((x, i) => {
      expect(Math.abs(x / wanted[i] - 1) || 0).toBeLessThanOrEqual(1e-12);
    });
    // Where they are not proved, the page says so too.
    const unproved = nonnegative && d.nonnegative.sharedGap > 1e-10;
    expect(await page.getByText("not proved: the events are those of classes that each own").count()).toBe(unproved ? 1 : 0);
    expect(unproved).toBe(query.includes("lambdaB=inf&loss=bce&nonnegative"));
    expect(faults).toEqual([]);
    await page.close();
  });

  it("another loss: no phases, said in a sentence; what p is; the diagram comes back with cross-entropy", async () => {
    const { page, faults } = await explorer.open("#theory?lambdaZ=0.0031");
    await page.waitForSelector("#figure-phases .marker");
    expect(await page.isVisible("#loss-note")).toBe(false);
    expect(await page.textContent("#verdict")).toMatch(/^Phase \(a\)/);
    await page.selectOption("#loss", "square");
    await settled(page, "5,500,5,100,0.0031,0.02,false", "square");
    await page.waitForSelector("#figure-phases.said");
    expect(await page.textContent("#figure-phases .picture")).toMatch(
      /^The phases \(a\) to \(d\) are those of cross-entropy's closed form/,
    );
    expect(await page.isVisible("#figure-phases figcaption")).toBe(false);
    expect(await page.textContent("#loss-note")).toMatch(/predictions p are the logits themselves/);
    expect(await page.textContent("#figure-margins svg")).toContain("(logit)");
    // Of K directions, not of K - 1: what the bias takes is the one that is missing.
    expect(await page.textContent("#verdict")).toBe("No two classes merge, but the predictions span 9 dimensions only, of 10.");
    expect(await page.textContent(".theory .facts")).toContain("rank of Z (at most 10)");
    // The address follows a moment after the picture.
    await page.waitForFunction(() => location.hash.includes("loss=square"));
    await page.reload();
    expect(await page.inputValue("#loss")).toBe("square");
    await page.selectOption("#loss", "cross-entropy");
    await page.waitForSelector("#figure-phases .marker");
    expect(await page.isVisible("#figure-phases figcaption")).toBe(true);
    await page.waitForFunction(() => !location.hash.includes("loss"));
    expect(faults).toEqual([]);
    await page.close();
  });

  it("merges the minority when the point is dragged across the threshold", async () => {
    const { page, faults } = await explorer.open();
    await settled(page, "5,500,5,100,0.0027,0.02,false");
    await page.waitForSelector("#figure-phases .marker");
    expect(await minorityState(page)).toBe("different vectors");
    const box = (await (await page.$("#figure-phases .marker path"))?.boundingBox()) as {
      x: number;
      y: number;
      width: number;
      height: number;
    };
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    await page.mouse.move(x, y);
    await page.mouse.down();
    for (let i = 1; i <= 10; i++) await page.mouse.move(x + 1.8 * i, y);
    await page.mouse.up();
    await page.waitForFunction(() => document.querySelector("#verdict")?.textContent?.startsWith("Phase (b)"));
    // sqrt(100)/3000: from here on the minority is one vector.
    expect(Number(await page.inputValue("#lambdaZ"))).toBeGreaterThan(Math.sqrt(100) / 3000);
    expect(await minorityState(page)).toBe("merged: one vector");
    const [own, other] = await page.$$eval("#table-blocks tbody tr:last-child td:last-child data", (all) =>
      all.map((node) => Number((node as HTMLDataElement).value)),
    );
    expect(Math.abs(own - other)).toBeLessThan(1e-12);
    expect(faults).toEqual([]);
    await page.close();
  });

  it("a box takes the penalty off the bias, and gives it back", async () => {
    const { page, faults } = await explorer.open("");
    await settled(page, "5,500,5,100,0.0027,0.02,false");
    await page.check("#lambdaB-zero");
    await settled(page, "5,500,5,100,0.0027,0,false");
    expect(await page.inputValue("#lambdaB")).toBe("0");
    await page.check("#lambdaB-infinity");
    await settled(page, "5,500,5,100,0.0027,Infinity,false");
    expect(await page.isChecked("#lambdaB-zero")).toBe(false);
    await page.uncheck("#lambdaB-infinity");
    await settled(page, "5,500,5,100,0.0027,0.02,false");
    expect(faults).toEqual([]);
    await page.close();
  });

  it("says which class the bias predicts by itself at every lambda_Z", async () => {
    const { page } = await explorer.open("#theory?kA=1&kB=1&nB=300&lambdaB=0&nonnegative=1");
    await page.waitForFunction(() => document.documentElement.dataset.thresholds?.includes("1,500,1,300"));
    expect(await page.textContent(".answer")).toContain("the predictions of class 0 are 0: the bias predicts them by itself");
    await page.close();
  });

  it("moves the point by keys", async () => {
    const { page } = await explorer.open("#theory?lambdaZ=0.00332");
    await page.waitForSelector("#figure-phases .marker");
    await page.focus("#figure-phases .picture");
    await page.keyboard.press("ArrowRight");
    await page.waitForFunction(() => document.querySelector("#verdict")?.textContent?.startsWith("Phase (b)"));
    expect(Number(await page.inputValue("#lambdaZ"))).toBeCloseTo(0.00332 * 1.02, 5);
    await page.close();
  });

  it("moves the point where a finger taps, and with a finger that holds it", async () => {
    const { page, faults } = await explorer.open("", { width: 375, touch: true });
    const marker = await page.waitForSelector("#figure-phases .marker path");
    await marker.scrollIntoViewIfNeeded();
    // In the page, and in the picture: the words above may take another line meanwhile.
    const place = (): Promise<{ page: [number, number]; picture: [number, number] }> =>
      page.evaluate(() => {
        const cross = (document.querySelector("#figure-phases .marker path") as Element).getBoundingClientRect();
        const svg = (document.querySelector("#figure-phases svg") as Element).getBoundingClientRect();
        const [x, y] = [cross.x + cross.width / 2, cross.y + cross.height / 2];
        return { page: [x, y], picture: [x - svg.x, y - svg.y] };
      });
    const moved = (from: [number, number], to: [number, number], dx: number, dy: number): void => {
      expect(Math.abs(to[0] - from[0] - dx)).toBeLessThan(1);
      expect(Math.abs(to[1] - from[1] - dy)).toBeLessThan(1);
    };
    const start = await place();
    await page.touchscreen.tap(start.page[0] + 50, start.page[1] - 60);
    await page.waitForFunction(() => Number((document.querySelector("#lambdaZ") as HTMLInputElement).value) > 0.0027);
    await page.waitForTimeout(500);
    const tapped = await place();
    moved(start.picture, tapped.picture, 50, -60);

    const session = await page.context().newCDPSession(page);
    const touch = (type: "touchStart" | "touchMove" | "touchEnd", at: [number, number][]): Promise<unknown> =>
      session.send("Input.dispatchTouchEvent", { type, touchPoints: at.map(([x, y]) => ({ x, y })) });
    await touch("touchStart", [tapped.page]);
    await touch("touchMove", [[tapped.page[0] - 20, tapped.page[1] + 10]]);
    await page.waitForTimeout(500);
    // What matters is where the finger is over the picture now.
    const between = await place();
    await touch("touchMove", [[between.page[0] - 30, between.page[1] + 15]]);
    await page.waitForTimeout(500);
    await touch("touchEnd", []);
    const held = await place();
    moved(between.picture, held.picture, -30, 15);
    expect(faults).toEqual([]);
    await page.close();
  });

  it("is the same page after a reload of its address", async () => {
    const { page, faults } = await explorer.open();
    await page.waitForSelector("#figure-phases .marker");
    await page.fill("#kA", "7");
    await page.fill("#nB", "61");
    await page.fill("#lambdaZ", "0.00123456789");
    await page.fill("#lambdaB", "inf");
    await page.check("#nonnegative");
    await settled(page, "7,500,5,61,0.00123456789,Infinity,true");
    const shown = (): Promise<string> =>
      page.$eval(
        ".answer",
        (node) => `${node.querySelector("#verdict")?.textContent} ${[...node.querySelectorAll("table")].map((t) => t.outerHTML)}`,
      );
    const before = await shown();
    await page.waitForFunction(() => location.hash.includes("lambdaZ=0.00123456789") && location.hash.includes("nonnegative=1"));
    const address = page.url();
    await page.reload();
    await settled(page, "7,500,5,61,0.00123456789,Infinity,true");
    expect(page.url()).toBe(address);
    expect(await shown()).toBe(before);
    expect(await page.inputValue("#lambdaZ")).toBe("0.00123456789");
    expect(faults).toEqual([]);
    await page.close();
  });

  it.each([
    ["lambdaZ=1e300", "5,500,5,100,0.0027,0.02,false"],
    ["lambdaZ=1e100&kA=1&kB=1", "1,500,1,100,1e+100,0.02,false"],
    ["lambdaZ=1e-12&nA=1e12&lambdaB=1e-9", "5,1000000000000,5,100,1e-12,1e-9,false"],
    ["lambdaB=0&nonnegative=1&kA=1", "1,500,5,100,0.0027,0,true"],
    ["lambdaZ=1e100&lambdaB=inf&nonnegative=1", "5,500,5,100,1e+100,Infinity,true"],
    ["nA=1&nB=1e12&lambdaZ=1e-5", "5,1,5,1000000000000,0.00001,0.02,false"],
    ["loss=square&lambdaZ=1e100&kA=1&kB=1", "1,500,1,100,1e+100,0.02,false"],
    ["loss=bce&lambdaB=0&nonnegative=1&kA=1", "1,500,5,100,0.0027,0,true"],
    ["loss=square&nA=1&nB=1e12&lambdaZ=1e-5", "5,1,5,1000000000000,0.00001,0.02,false"],
  ])("draws no NaN at the ends of what is allowed, and says what is beyond: %s", async (query, key) => {
    const { page, faults } = await explorer.open(`#theory?${query}`);
    const [kA, nA, kB, nB, lambdaZ, lambdaB, nonnegative] = key.split(",");
    const loss = new URLSearchParams(query).get("loss") ?? "cross-entropy";
    await page.waitForFunction(
      (wanted) => document.documentElement.dataset.shown === wanted,
      [kA, nA, kB, nB, Number(lambdaZ), lambdaB === "Infinity" ? lambdaB : Number(lambdaB), nonnegative, loss].join(),
    );
    await page.waitForTimeout(1500);
    expect(
      await page.evaluate(() => document.body.outerHTML.match(/.{40}(NaN|undefined|\[object).{20}/)?.[0] ?? null),
    ).toBeNull();
    const said = await page.textContent(".problems");
    if (query === "lambdaZ=1e300")
      expect(said).toContain('lambdaZ: a positive number, from 1e-300 to 1e+100, is expected here, got "1e300"');
    else expect(said).toBe("");
    expect(faults).toEqual([]);
    await page.close();
  });

  it("says what is wrong with a field or an address, and keeps the last answer", async () => {
    const { page, faults } = await explorer.open("#theory?nothing=1&lambdaZ=abc");
    expect(await page.textContent(".problems")).toContain('there is no setting "nothing"');
    expect(await page.textContent(".problems")).toContain("lambdaZ: expected a number");
    await settled(page, "5,500,5,100,0.0027,0.02,false");
    const before = await page.textContent("#table-blocks");
    for (const [field, text, message] of [
      ["kA", "2.5", "a whole number"],
      ["nB", "0", "a whole number"],
      ["lambdaZ", "-1", "a positive number"],
      ["lambdaZ", "much", "a number is expected"],
      ["lambdaZ", "0,0031", "a number is expected here, with a point before decimals"],
      ["nA", "1 000", "nothing between thousands"],
      ["lambdaB", "-1", "0, a positive number"],
    ]) {
      await page.fill(`#${field}`, text);
      expect(await page.textContent(`#${field}-message`)).toContain(message);
    }
    expect(await page.textContent("#table-blocks")).toBe(before);
    await page.goto(`${explorer.url}#theory?kA=1000000`);
    await page.waitForFunction(() =>
      document.querySelector(".problems")?.textContent?.includes("kA: a whole number from 1 to 500"),
    );
    await page.goto(`${explorer.url}#theory?kA=400&kB=400`);
    await page.waitForFunction(() => document.querySelector(".answer .error")?.textContent?.includes("at most 500 classes"));
    // What the address could not say goes when it is written anew.
    await page.goto(`${explorer.url}#theory?kA=none`);
    await page.waitForFunction(() => document.querySelector(".problems")?.textContent?.includes("kA: expected a number"));
    await page.fill("#kA", "6");
    expect(await page.textContent(".problems")).toBe("");
    expect(faults).toEqual([]);
    await page.close();
  });

  it("shows no picture, and no button for one, before the first answer", async () => {
    const { page, faults } = await explorer.open("#theory?kA=400&kB=400");
    await page.waitForFunction(() => document.querySelector(".answer .error")?.textContent?.includes("tab Your data takes"));
    expect(await page.isVisible("#figure-phases")).toBe(false);
    await page.fill("#kB", "5");
    await page.waitForSelector("#figure-z svg");
    await page.waitForSelector("#figure-phases .marker");
    expect(await page.isVisible("#figure-phases button")).toBe(true);
    expect(faults).toEqual([]);
    await page.close();
  });

  it("words and axes go by the counts where B is the majority, and the diagram moves n_B", async () => {
    const { page, faults } = await explorer.open("#theory?kA=3&nA=50&kB=7&nB=200");
    await page.waitForSelector("#figure-phases .marker");
    await page.waitForSelector("#figure-angles svg");
    const label = (id: string): Promise<string | null> => page.textContent(`label[for=${id}]`);
    expect([await label("kA"), await label("kB")]).toEqual(["kA, minority classes", "kB, majority classes"]);
    expect(await page.getAttribute("#kB-slider", "aria-label")).toBe("k B, majority classes, slider");
    expect(await page.textContent("#figure-phases svg")).toContain("nB / nA, log scale");
    expect(await page.getAttribute("#figure-phases .picture", "aria-label")).toContain("up and down: n_B / n_A");
    expect(await page.textContent("#figure-angles svg")).toContain("within B (majority)");
    expect(await page.textContent("#figure-angles svg")).toContain("nB, samples in each majority class");
    expect(await page.isVisible("#theory-note")).toBe(false);
    await page.focus("#figure-phases .picture");
    await page.keyboard.press("ArrowUp");
    expect(Number(await page.inputValue("#nB"))).toBe(204);
    expect(await page.inputValue("#nA")).toBe("50");
    // The letters change places with the counts.
    await page.fill("#nA", "500");
    expect([await label("kA"), await label("kB")]).toEqual(["kA, majority classes", "kB, minority classes"]);
    await page.waitForFunction(() => document.querySelector("#figure-phases svg")?.textContent?.includes("nA / nB, log scale"));
    await page.fill("#nB", "500");
    expect([await label("kA"), await label("kB")]).toEqual(["kA, classes", "kB, classes"]);
    expect(faults).toEqual([]);
    await page.close();
  });

  it("breaks a command line at its spaces", async () => {
    const { page, faults } = await explorer.open("#theory?lambdaB=inf&nonnegative=1&loss=bce", { width: 375 });
    await page.waitForSelector("#figure-z svg");
    const broken = await page.$$eval(".theory .command .whole", (words) =>
      words.filter((word) => word.getClientRects().length !== 1).map((word) => word.textContent),
    );
    expect(broken).toEqual([]);
    expect(await page.textContent(".theory .command")).toBe(
      "nclab predict --counts 5x500,5x100 --lambda-z 0.0027 --nonnegative --loss bce --json",
    );
    expect(faults).toEqual([]);
    await page.close();
  });

  it.each([
    ["two classes", "kA=1&kB=1", "No two classes share one mean prediction"],
    ["500 classes", "kA=250&kB=250&lambdaZ=0.00003", "Phase (a)"],
    ["an imbalance of 10^8", "kA=2&kB=2&nA=100000000&nB=1&lambdaZ=0.0000001&lambdaB=inf", "Phase (b)"],
    ["A smaller than B", "nA=50&nB=100", "Phase (a)"],
    ["balanced classes", "nA=100&nB=100", "No two classes share one mean prediction"],
    ["a tiny lambda_Z", "lambdaZ=1e-100", "Phase (a)"],
    ["a large lambda_Z", "lambdaZ=1e100", "Phase (d)"],
    ["a proof that does not close", "nonnegative=1&lambdaB=0.001", "No two classes share one mean prediction"],
  ])("shows %s", async (_, query, wanted) => {
    const { page, faults } = await explorer.open(`#theory?${query}`);
    await page.waitForSelector("#table-events");
    await page.waitForSelector("#figure-angles :is(svg, .note)");
    expect(await page.textContent("#verdict")).toContain(wanted);
    const text = (await page.textContent("#panel-theory")) ?? "";
    expect(text).not.toMatch(/NaN|undefined|Infinity|Invalid/);
    if (query.includes("0.001")) expect(text).toContain("Not proved to the accuracy asked for");
    expect(faults).toEqual([]);
    await page.close();
  });

  it("has a strict policy, in the header and in the page", async () => {
    const response = await fetch(explorer.url);
    const header = response.headers.get("content-security-policy") ?? "";
    const html = await response.text();
    const meta = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1].replaceAll("&#39;", "'") ?? "";
    for (const policy of [header, meta]) {
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval';");
      expect(policy).not.toContain("unsafe-inline");
      expect(policy).not.toContain("'unsafe-eval'");
      expect(policy).not.toMatch(/https?:/);
    }
    // And it holds: an inline script is not run.
    const { page, faults } = await explorer.open();
    await page.evaluate(() => {
      const script = document.createElement("script");
      script.textContent = "document.title = 'run'";
      document.body.append(script);
    });
    expect(await page.title()).not.toBe("run");
    expect(faults.join()).toContain("Content Security Policy");
    await page.close();
  });

  it.each([
    [375, false],
    [375, true],
    [768, false],
  ])("has room at %i px (dark: %s)", async (width, dark) => {
    const { page, faults } = await explorer.open("", { width, dark });
    await page.waitForSelector("#figure-angles svg");
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    expect(faults).toEqual([]);
    await page.close();
  });

  const minorityState = (page: Page): Promise<string | null> =>
    page.textContent("#table-clusters tbody tr:last-child td:nth-child(3)");
});
