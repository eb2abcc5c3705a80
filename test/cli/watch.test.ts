import { type ChildProcess, spawn } from "node:child_process";
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { beginning, newLines } from "../../src/cli/watch/tail.ts";
import { encodeNpz } from "../../src/features/npz.ts";
import { fromJson } from "../../src/json.ts";
import { random } from "../../src/math/random.ts";
import { applied, type Change, type WatchState } from "../../src/watch/index.ts";
import { main, run } from "./process.ts";

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "nclab-watch-"));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const patience = 60_000;
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

/** Features of three classes about corners that differ with `seed`, and a head. */
function features(seed: number): Uint8Array {
  const generator = random(seed);
  const label = (i: number): number => (i < 30 ? i % 2 : 2);
  const data = Float64Array.from(
    { length: 36 * 4 },
    (_, e) => (e % 4 === label(Math.floor(e / 4)) ? 3 : 0) + 0.1 * generator.normal(),
  );
  return encodeNpz({
    features: { shape: [36, 4], data },
    labels: { shape: [36], data: BigInt64Array.from({ length: 36 }, (_, i) => BigInt(label(i))) },
    weight: { shape: [3, 4], data: Float64Array.from({ length: 12 }, (_, e) => (e % 4 === Math.floor(e / 4) ? 1 : 0)) },
  });
}

interface Watched {
  url: string;
  child: ChildProcess;
  err(): string;
  /** Waits until the state is so, which a page would show. */
  until(is: (state: WatchState) => boolean): Promise<WatchState>;
  ended: Promise<number | null>;
}

async function watch(...args: string[]): Promise<Watched> {
  const child = spawn(process.execPath, [main, "watch", "--port", "0", "--interval", "0.1", ...args], { cwd: dir });
  children.push(child);
  let err = "";
  child.stderr.on("data", (text) => {
    err += text;
  });
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.once("data", (text) => resolve(String(text).trim()));
    child.once("exit", (code) => reject(new Error(`ended with ${code}: ${err}`)));
  });
  const events = new URL("/watch/events", url);
  let state: WatchState | null = null;
  const waiting = new Set<() => void>();
  const asked = request(events, (response) => {
    let text = "";
    response.setEncoding("utf8").on("data", (chunk) => {
      text += chunk;
      const whole = text.split("\n\n");
      text = whole.pop() as string;
      for (const message of whole) {
        const [, kind, data] = /^event: (\w+)\ndata: (.*)$/.exec(message) ?? [];
        if (kind === "state") state = fromJson(data, ["name"]) as WatchState;
        else if (kind === "change") state = applied(state as WatchState, fromJson(data, ["name"]) as Change);
        for (const look of waiting) look();
      }
    });
    response.on("error", () => {});
  });
  asked.on("error", () => {}).end();
  const until = (is: (state: WatchState) => boolean): Promise<WatchState> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`never so: ${JSON.stringify(state)?.slice(0, 2000)} ${err}`)), patience);
      const look = (): void => {
        if (!state || !is(state)) return;
        clearTimeout(timer);
        waiting.delete(look);
        resolve(state);
      };
      waiting.add(look);
      look();
    });
  return { url, child, err: () => err, until, ended };
}

const lines = (file: string): Record<string, unknown>[] =>
  readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));

describe("lines that are appended to", () => {
  const file = (): string => join(dir, "grows.jsonl");
  const texts = (found: Awaited<ReturnType<typeof newLines>>): string[] | undefined => found?.lines.map(({ text }) => text);

  it("come once, whole, and anew where the file is another", async () => {
    expect(await newLines(file(), beginning)).toBeNull();
    writeFileSync(file(), "a\nb\nhal");
    const first = await newLines(file(), beginning);
    expect([texts(first), first?.anew]).toEqual([["a", "b"], false]);
    const tail = first?.tail ?? beginning;
    expect(texts(await newLines(file(), tail))).toEqual([]);
    appendFileSync(file(), "f\n\nc\n");
    const second = await newLines(file(), tail);
    expect(second?.lines).toEqual([
      { text: "half", number: 3 },
      { text: "c", number: 5 },
    ]);
    // Written over in place, longer than before: no other size or number of the file tells it.
    writeFileSync(file(), "A\nB\nhalf\n\nc\nd\n");
    const third = await newLines(file(), second?.tail ?? beginning);
    expect([texts(third), third?.anew]).toEqual([["A", "B", "half", "c", "d"], true]);
    writeFileSync(`${file()}.new`, "x\n");
    renameSync(`${file()}.new`, file());
    const fourth = await newLines(file(), third?.tail ?? beginning);
    expect([texts(fourth), fourth?.anew]).toEqual([["x"], true]);
  });

  it("may be longer than a block, and a file may have many blocks", async () => {
    const long = "y".repeat(5_000_000);
    writeFileSync(file(), `${long}\nz\n${long}\n`);
    const all: number[] = [];
    for (let tail = beginning, more = true; more; ) {
      const found = await newLines(file(), tail);
      if (!found) throw new Error("gone");
      all.push(...found.lines.map(({ text }) => text.length));
      [tail, more] = [found.tail, found.more];
    }
    expect(all).toEqual([5_000_000, 1, 5_000_000]);
  });
});

describe("nclab watch", () => {
  it("measures feature files as they appear, in a folder that is not there yet, as nclab measure does", async () => {
    const place = join(dir, "later");
    const { until, child, ended } = await watch(
      place,
      "--scalars",
      "later.jsonl",
      "--tensorboard",
      "events",
      "--lambda-z",
      "0.01",
    );
    await until(({ there }) => !there);
    mkdirSync(join(place, "a"), { recursive: true });
    await until(({ there }) => there);
    writeFileSync(join(place, "a", "epoch-2.npz"), features(2));
    await until(({ series }) => series[0]?.points.length === 1);
    // Half a file: it is said, and right when it is whole.
    const whole = features(10);
    const late = join(place, "a", "epoch-10.npz");
    writeFileSync(late, whole.subarray(0, 700));
    const damaged = await until(({ wrong }) => wrong.length > 0);
    expect(damaged.wrong[0].file).toBe(late);
    writeFileSync(join(place, "a", "notes.txt"), "");
    writeFileSync(late, whole);
    const { series } = await until(
      ({ series, wrong }) => series[0]?.points.length === 2 && wrong.every(({ file }) => file !== late),
    );
    expect(series.map(({ name, kind, counts }) => [name, kind, counts])).toEqual([["a", "files", [15, 15, 6]]]);
    const { stdout } = await run("measure", late, "--lambda-z", "0.01", "--json");
    const document = JSON.parse(stdout);
    const [two, ten] = series[0].points;
    expect([two.at, ten.at]).toEqual([2, 10]);
    expect([ten.nc1, ten.error]).toEqual([document.nc1.paper, document.comparison.Zerror.frobenius]);
    expect(ten.margins).toEqual(document.classes.map((c: { margin: number }) => c.margin));
    expect(series[0].problem).toEqual({
      counts: [15, 15, 6],
      lambdaZ: 0.01,
      lambdaB: Number.POSITIVE_INFINITY,
      nonnegative: false,
      loss: "cross-entropy",
    });
    // Read only.
    expect(readdirSync(place)).toEqual(["a"]);
    expect(readdirSync(join(place, "a")).sort()).toEqual(["epoch-10.npz", "epoch-2.npz", "notes.txt"]);
    const said = lines(join(dir, "later.jsonl"));
    expect(said.map(({ run, step, file }) => [run, step, file])).toEqual([
      ["a", 2, join(place, "a", "epoch-2.npz")],
      ["a", 10, late],
    ]);
    expect(said[1]).toMatchObject({
      "nc1.paper": document.nc1.paper,
      "classes.own": document.summary.own,
      "margin.2": document.classes[2].margin,
    });
    for (const value of Object.values(said[1])) expect(["number", "string"]).toContain(typeof value);
    expect(statSync(join(dir, "events", "a", "events.out.tfevents.0.nclab-watch")).size).toBeGreaterThan(500);
    child.kill("SIGINT");
    expect(await ended).toBe(0);
    // Started again it measures again, and writes no line twice.
    const again = await watch(place, "--scalars", "later.jsonl", "--lambda-z", "0.01");
    await again.until(({ series }) => series[0]?.points.length === 2);
    expect(lines(join(dir, "later.jsonl"))).toEqual(said);
  }, 120_000);

  it("follows a run of nclab train from its first epoch to its end, and one that goes on", async () => {
    const out = join(dir, "runs", "one");
    const { until, err } = await watch(join(dir, "runs"), "--scalars", "none");
    const words = "--counts 5x8,5x4 --lambda-z 0.02 --dataset glyphs --batch 12 --backend wasm";
    const trained = await run("train", ...words.split(" "), "--epochs", "3", "--out", out);
    expect(trained.code, trained.stderr).toBe(0);
    const { series } = await until(({ series }) => series[0]?.status === "done" && series[0].points.length > 0);
    const metrics = lines(join(out, "metrics.jsonl")) as {
      epoch: number;
      nc1: { paper: number };
      classes: { margin: number }[];
    }[];
    expect(series[0].points.map(({ at, nc1, margins }) => [at, nc1, margins])).toEqual(
      metrics.map(({ epoch, nc1, classes }) => [epoch, nc1.paper, classes.map(({ margin }) => margin)]),
    );
    expect(series[0]).toMatchObject({ name: "one", kind: "run" });
    expect(series[0].problem?.counts).toEqual([8, 8, 8, 8, 8, 4, 4, 4, 4, 4]);
    // As a run does that goes on from its checkpoint: the lines behind it are written again.
    const text = readFileSync(join(out, "metrics.jsonl"), "utf8");
    const other = JSON.stringify({ ...metrics[0], epoch: 7, nc1: { ...metrics[0].nc1, paper: 42 } });
    writeFileSync(join(out, "next"), `${text.split("\n")[0]}\n${other}\n{"epoch"`);
    renameSync(join(out, "next"), join(out, "metrics.jsonl"));
    const resumed = await until(({ series }) => series[0]?.points.at(-1)?.at === 7);
    expect(resumed.series[0].points.map(({ at }) => at)).toEqual([metrics[0].epoch, 7]);
    expect(err()).not.toContain("expected");
    // A damaged line is said, and those behind it are read.
    appendFileSync(join(out, "metrics.jsonl"), `: 8}\n[]\n${other.replace('"epoch":7', '"epoch":9')}\n`);
    const last = await until(({ series }) => series[0]?.points.at(-1)?.at === 9);
    expect(last.wrong.map(({ message }) => message).join()).toContain("metrics.jsonl:4: expected an object");
  }, 120_000);

  it("takes a folder that a Recorder writes for the Recorder's, from its first shard on", async () => {
    const place = join(dir, "recorded");
    mkdirSync(place);
    writeFileSync(join(place, "epoch-00000.0-of-1.shard.part"), "\0");
    const { until } = await watch(place, "--scalars", "none");
    await until(({ there }) => there);
    writeFileSync(join(place, "epoch-00000.safetensors"), "not yet measured by the Recorder");
    writeFileSync(join(dir, "file.npz"), features(1));
    const document = JSON.parse((await run("measure", join(dir, "file.npz"), "--lambda-z", "0.02", "--json")).stdout);
    const line = (epoch: number): string => `${JSON.stringify({ epoch, ...document, Z: null })}\n`;
    writeFileSync(join(place, "measurements.jsonl"), line(0));
    rmSync(join(place, "epoch-00000.0-of-1.shard.part"));
    await until(({ series }) => series[0]?.points.length === 1);
    // Many epochs at once.
    appendFileSync(join(place, "measurements.jsonl"), Array.from({ length: 3000 }, (_, i) => line(i + 1)).join(""));
    const { series, wrong } = await until(({ series }) => series[0]?.points.length === 3001);
    expect([series.length, series[0].name, series[0].kind, wrong]).toEqual([1, ".", "recorder", []]);
    expect(series[0].problem?.lambdaZ).toBe(0.02);
    // Another training in its place.
    const other = {
      ...document,
      counts: [40, 5],
      K: 2,
      classes: document.classes.slice(0, 2).map((c: object) => ({ ...c, rival: 0 })),
    };
    writeFileSync(join(place, "measurements.jsonl"), `${JSON.stringify({ epoch: 0, ...other })}\n`);
    const begun = await until(({ series }) => series[0]?.points.length === 1 && series[0].counts.length === 2);
    expect(begun.series[0].counts).toEqual([40, 5]);
  }, 120_000);

  it("leaves to a Recorder the features of its first epoch, which no shard is beside any more and no line yet", async () => {
    const place = join(dir, "two");
    for (const name of ["recorded", "mine"]) mkdirSync(join(place, name), { recursive: true });
    // As the Recorder does, before anything else.
    writeFileSync(join(place, "recorded", "measurements.jsonl"), "");
    writeFileSync(join(place, "recorded", "epoch-00001.safetensors"), "not yet measured by the Recorder");
    writeFileSync(join(place, "mine", "z.npz"), features(1));
    const { until } = await watch(place, "--scalars", "none");
    // Files are measured in the order of their paths.
    const { series, wrong } = await until(({ series }) => series.some(({ points }) => points.length === 1));
    writeFileSync(join(place, "mine", "z2.npz"), features(2));
    const later = await until(({ series }) => series[0].points.length === 2);
    for (const state of [{ series, wrong }, later]) {
      expect(state.series.map(({ name, kind }) => [name, kind])).toEqual([["mine", "files"]]);
      expect(state.wrong).toEqual([]);
    }
  }, 120_000);

  it("answers by its own address alone, and serves the page beside", async () => {
    const { url } = await watch(join(dir, "none"), "--scalars", "none");
    const { port } = new URL(url);
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#watch$/);
    const status = (path: string, options: object = {}): Promise<[number, string]> =>
      new Promise((resolve, reject) => {
        const asked = request({ host: "127.0.0.1", port, path, ...options }, (response) => {
          resolve([response.statusCode ?? 0, String(response.headers["content-security-policy"])]);
          response.destroy();
        });
        asked.on("error", reject).end();
      });
    expect((await status("/watch/events"))[0]).toBe(200);
    expect((await status("/watch/events", { headers: { host: "evil.example" } }))[0]).toBe(403);
    expect((await status("/watch/events", { headers: { host: `localhost:${port}` } }))[0]).toBe(200);
    expect((await status("/watch/events", { method: "POST" }))[0]).toBe(405);
    const [code, policy] = await status("/");
    expect([code, policy.includes("default-src 'none'")]).toEqual([200, true]);
  }, 60_000);

  it("ends with code 1 where its lines can no longer be written, and goes into a folder once, however many links lead there", async () => {
    const place = join(dir, "linked");
    mkdirSync(join(place, "a"), { recursive: true });
    symlinkSync("..", join(place, "a", "up"));
    symlinkSync("a", join(place, "b"));
    mkdirSync(join(dir, "out"));
    const { until, child, ended, err } = await watch(place, "--scalars", join("out", "w.jsonl"));
    writeFileSync(join(place, "a", "epoch-1.npz"), features(1));
    const { series } = await until(({ series, measuring }) => series[0]?.points.length === 1 && measuring === null);
    expect(series).toHaveLength(1);
    expect(series[0].points).toHaveLength(1);
    rmSync(join(dir, "out"), { recursive: true });
    writeFileSync(join(place, "a", "epoch-2.npz"), features(2));
    expect(await ended).toBe(1);
    expect(err()).toMatch(/nclab failed: .*w\.jsonl/);
    expect(child.exitCode).toBe(1);
  }, 60_000);

  it("ends at once while a file is measured", async () => {
    const place = join(dir, "slow");
    mkdirSync(place);
    // Enough to measure for seconds.
    const n = 60_000;
    const data = new Float64Array(n * 60).map((_, i) => Math.sin(i * i));
    const labels = BigInt64Array.from({ length: n }, (_, i) => BigInt(i % 50));
    writeFileSync(
      join(place, "big.npz"),
      encodeNpz({ features: { shape: [n, 60], data }, labels: { shape: [n], data: labels } }),
    );
    const { until, child, ended } = await watch(place, "--scalars", "none");
    await until(({ measuring }) => measuring !== null);
    const began = Date.now();
    child.kill("SIGINT");
    expect(await ended).toBe(0);
    expect(Date.now() - began).toBeLessThan(3000);
  }, 60_000);

  it.each([
    [[], "expected one folder, got none"],
    [["a", "b"], "expected one folder, got 2"],
    [["file.txt"], "nclab watch: expected a folder, got"],
    [["d", "--interval", "0"], "--interval"],
    [["d", "--port", "70000"], "--port"],
    [["d", "--scalars", "metrics.jsonl"], "--scalars: expected a name that nclab watch does not read"],
    [["d", "--scalars", "a.npz"], "--scalars: expected a name that nclab watch does not read"],
    [["d", "--scalars", "file.txt"], "--scalars: file.txt:1"],
    [["d", "--scalars", "half.jsonl"], "half a line at its end"],
    [["d", "--scalars", "nowhere/w.jsonl"], "expected a writable place"],
    [["d", "--tensorboard", "file.txt"], "--tensorboard: expected a folder"],
    [["d", "--lambda-z", "-1"], "--lambda-z"],
    [["d", "--weight-decay", "0.01", "--ends", "none"], "--ends"],
    [["d", "--head", "round"], "--head"],
    [["d", "--features", "a.npz"], "--features"],
  ])("refuses %j with code 2, before it serves anything", async (args, message) => {
    writeFileSync(join(dir, "file.txt"), "words\n");
    writeFileSync(join(dir, "half.jsonl"), '{"run":"a","step":1}');
    const child = spawn(process.execPath, [main, "watch", "--port", "0", ...args], { cwd: dir });
    children.push(child);
    let [out, err] = ["", ""];
    child.stdout.on("data", (text) => {
      out += text;
    });
    child.stderr.on("data", (text) => {
      err += text;
    });
    expect(await new Promise((resolve) => child.once("close", resolve)), err).toBe(2);
    expect(err).toContain(message);
    expect(out).toBe("");
  });
});
