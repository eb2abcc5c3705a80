import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { random } from "../../../src/math/random.ts";
import { run } from "../../cli/process.ts";

/**
 * `nclab sweep` as processes of their own: killed workers, a killed sweep, a full disk, two at once. What must come out each time are the files of a sweep that nothing
 * befell. NCLAB_SWEEP_POINTS sets how many points (a third as many seeds, three values of lambda_Z), NCLAB_SWEEP_KILLS how many workers are killed.
 */
const points = Number(process.env.NCLAB_SWEEP_POINTS ?? 15);
const kills = Number(process.env.NCLAB_SWEEP_KILLS ?? 4);
const program = join(import.meta.dirname, "../../../dist/cli/main.js");
const folder = mkdtempSync(join(tmpdir(), "nclab-sweep-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (...names: string[]): string => join(folder, ...names);
const file = at("s.yaml");
const minutes = 60_000;

interface Document {
  points: { id: string; status: string; error: string | null; result: object | null }[];
}
const documentOf = (out: string): Document => JSON.parse(readFileSync(join(out, "sweep.json"), "utf8")) as Document;

/** Every file of a sweep but for run.json, which has times. */
function contentsOf(out: string): Record<string, string> {
  const names = (readdirSync(out, { recursive: true }) as string[]).filter((name) => name.includes("."));
  return Object.fromEntries(
    names.sort().map((name) => [name, name.endsWith("run.json") ? "" : readFileSync(join(out, name)).toString("base64")]),
  );
}

function start(out: string, ...more: string[]): { child: ChildProcess; ended: Promise<{ code: number | null; stderr: string }> } {
  const child = spawn(process.execPath, [program, "sweep", file, "--out", out, ...more], { stdio: ["ignore", "ignore", "pipe"] });
  let stderr = "";
  child.stderr?.on("data", (text) => {
    stderr += text;
  });
  return { child, ended: new Promise((resolve) => child.on("close", (code) => resolve({ code, stderr }))) };
}

/** The processes that a sweep has begun, and that have not ended. */
function workersOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
  return children.split(" ").filter(Boolean).map(Number);
}

let undisturbed: Record<string, string>;
beforeAll(
  async () => {
    writeFileSync(
      file,
      `base: {counts: "5x10,5x6", dataset: glyphs, epochs: 3, batch: 40, lambda-b: 0.02, evaluate-every: 1, checkpoint-every: 1}
grid: {lambda-z: [0.002, 0.005, 0.01]}
seeds: ${points / 3}
`,
    );
    const { code, stderr } = await start(at("undisturbed")).ended;
    expect(code, stderr).toBe(0);
    undisturbed = contentsOf(at("undisturbed"));
  },
  (points / 2) * minutes,
);

test("every point has its folder, its line in sweep.csv, and its numbers in sweep.json", () => {
  const document = documentOf(at("undisturbed"));
  expect(document.points).toHaveLength(points);
  expect(new Set(readdirSync(at("undisturbed", "runs")))).toEqual(new Set(document.points.map(({ id }) => id)));
  for (const { status, error, result } of document.points)
    expect({ status, error, result }).toEqual({ status: "done", error: null, result: expect.objectContaining({ epoch: 3 }) });
  const lines = readFileSync(at("undisturbed", "sweep.csv"), "utf8").trim().split("\n");
  expect(lines).toHaveLength(points + 1);
  expect(lines[0]).toMatch(/^id,lambda-z,seed,status,epoch,objective/);
  const last = readFileSync(at("undisturbed", "runs", document.points[0].id, "metrics.jsonl"), "utf8")
    .trim()
    .split("\n")
    .pop() as string;
  expect(lines[1].split(",")[5]).toBe(String(JSON.parse(last).objective));
});

test(
  "a second call does nothing",
  async () => {
    const before = contentsOf(at("undisturbed"));
    const { code, stderr } = await start(at("undisturbed")).ended;
    expect(code).toBe(0);
    expect(stderr).toContain(`${points} points, ${points} done already`);
    expect(contentsOf(at("undisturbed"))).toEqual(before);
  },
  minutes,
);

test.skipIf(process.platform !== "linux")(
  `${kills} workers killed at random, then the sweep itself: run again, it ends at the undisturbed one's files`,
  async () => {
    const out = at("killed");
    const r = random(Number(process.env.NCLAB_SEED ?? Date.now() % 1e6));
    let killed = 0;
    for (let call = 0; killed < kills; call++) {
      expect(call).toBeLessThan(kills + 2);
      const { child, ended } = start(out, "--jobs", "2");
      let over = false;
      void ended.then(() => {
        over = true;
      });
      const before = killed;
      while (!over && killed < kills) {
        await new Promise((resolve) => setTimeout(resolve, 400 + 1600 * r.uniform()));
        if (over) break;
        const workers = workersOf(child.pid as number);
        if (workers.length === 0) continue;
        process.kill(workers[Math.floor(r.uniform() * workers.length)], "SIGKILL");
        killed++;
      }
      const { code, stderr } = await ended;
      // The kill may have hit a worker between two points, which costs nothing.
      if (code !== 0) expect(stderr).toMatch(/failed: its process was ended by SIGKILL/);
      const failed = documentOf(out).points.filter(({ status }) => status !== "done").length;
      expect(failed).toBeLessThanOrEqual(killed - before);
      expect(code).toBe(failed === 0 ? 0 : 1);
      if (killed < kills && failed === 0) rmSync(join(out, "runs", documentOf(out).points[0].id), { recursive: true });
    }
    // The sweep itself, and with it its workers. (The last kill may have come before this point's folder was made.)
    rmSync(join(out, "runs", documentOf(out).points[1].id), { recursive: true, force: true });
    const { child, ended } = start(out);
    await new Promise((resolve) => setTimeout(resolve, 1200));
    const workers = existsSync(`/proc/${child.pid}`) ? workersOf(child.pid as number) : [];
    child.kill("SIGKILL");
    await ended;
    for (const pid of workers) await expect.poll(() => existsSync(`/proc/${pid}`), { timeout: 20_000 }).toBe(false);
    const { code, stderr } = await start(out).ended;
    expect(code, stderr).toBe(0);
    expect(contentsOf(out)).toEqual(undisturbed);
  },
  points * minutes,
);

test(
  "two sweeps started at once on one folder: each point is run once",
  async () => {
    const out = at("two");
    const [a, b] = await Promise.all([start(out, "--jobs", "1").ended, start(out, "--jobs", "1").ended]);
    expect([a.code, b.code], a.stderr + b.stderr).toEqual([0, 0]);
    // A line an evaluated epoch, and no more: a second run of a point would have left others, or failed.
    expect(contentsOf(out)).toEqual(undisturbed);
    expect(a.stderr + b.stderr).not.toMatch(/failed/);
  },
  points * minutes,
);

test(
  "asked to stop, it leaves what a second call finishes",
  async () => {
    const out = at("stopped");
    const { child, ended } = start(out, "--jobs", "2");
    await expect
      .poll(() => existsSync(join(out, "runs")) && readdirSync(join(out, "runs")).length > 1, { timeout: 60_000 })
      .toBe(true);
    child.kill("SIGINT");
    const { code, stderr } = await ended;
    expect(code, stderr).toBe(1);
    expect(stderr).toContain("every point saves after its epoch and stops");
    expect(documentOf(out).points.map(({ status }) => status)).not.toContain("failed");
    const status = await run("sweep", "status", out);
    expect(status.code).toBe(1);
    expect(status.stdout).toMatch(/\d+ (missing|interrupted)/);
    expect((await start(out).ended).code).toBe(0);
    expect(contentsOf(out)).toEqual(undisturbed);
  },
  points * minutes,
);

const mounted = process.platform === "linux" && process.getuid?.() === 0 && tryMount(at("disk"));
function tryMount(place: string): boolean {
  mkdirSync(place, { recursive: true });
  return spawnSync("mount", ["-t", "tmpfs", "-o", "size=20m", "tmpfs", place]).status === 0;
}
afterAll(() => {
  if (mounted) spawnSync("umount", [at("disk")]);
});
if (!mounted) console.warn("skipped: a full disk (needs root on Linux, to mount a small tmpfs)");

test.skipIf(!mounted)(
  "a disk that runs full: says so, and with room again ends at the undisturbed one's files",
  async () => {
    const out = at("disk", "sweep");
    const { code, stderr } = await start(out).ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/ENOSPC/);
    // No stack of ours; the package webgpu tells its own where it finds no driver.
    expect(stderr).not.toMatch(/\n\s+at .*[jt]s:\d/);
    expect(spawnSync("mount", ["-o", `remount,size=${40 + 8 * points}m`, at("disk")]).status).toBe(0);
    const again = await start(out).ended;
    expect(again.code, again.stderr).toBe(0);
    expect(contentsOf(out)).toEqual(undisturbed);
  },
  points * minutes,
);

describe("what is damaged or wrong", () => {
  test(
    "a run.json that cannot be read: that point alone is run again, its folder is moved aside with all that is in it",
    async () => {
      const out = at("undisturbed");
      const { id } = documentOf(out).points[2];
      writeFileSync(join(out, "runs", id, "run.json"), "{");
      writeFileSync(join(out, "runs", id, "notes.txt"), "of the user");
      expect((await run("sweep", "status", out)).stdout).toMatch(/1 broken/);
      const { code, stderr } = await start(out).ended;
      expect(code, stderr).toBe(0);
      expect(stderr).toContain(`${points - 1} done already`);
      expect(stderr).toMatch(/run.json: .*is in .*aside-1 now, starting over/);
      const aside = join(out, "runs", `${id}.aside-1`);
      expect(readFileSync(join(aside, "run.json"), "utf8")).toBe("{");
      expect(readFileSync(join(aside, "notes.txt"), "utf8")).toBe("of the user");
      rmSync(aside, { recursive: true });
      expect(contentsOf(out)).toEqual(undisturbed);
    },
    2 * minutes,
  );

  test.each([
    ["base: {counts: 5x10, lamda-z: 1}", /did you mean lambda-z/],
    [
      "base: {counts: 5x10, dataset: glyphs, batch: 20}\ngrid: {lambda-z: [0.1, -1]}",
      /point 2 of 2 \(lambda-z -1\): --lambda-z: expected/,
    ],
    ["base: {counts: 5x10, dataset: glyphs, lambda-z: 0.01, batch: 20}\ngrid: {counts: [5x10, 50,]}", /expected/],
    ["base: {counts: 5x10, dataset: glyphs, lambda-z: 0.01, batch: 20}\ngrid: {epochs: [2, 2.0]}", /each value once/],
    [
      "base: {counts: 5x10, dataset: glyphs, batch: 20}\ngrid: {lambda-z: [0.01, '0.010']}",
      /expected points that differ, got twice the settings/,
    ],
    ["base: {counts: 30x10, dataset: glyphs, lambda-z: 0.01}", /glyphs/],
    ["base: {counts: 5x10, dataset: cifar-10, data-dir: /nowhere, lambda-z: 0.01, batch: 20}", /cifar-10/],
    ["base: {counts: 5x10", /expected YAML/],
  ])("%s: code 2, before anything is run", async (text, message) => {
    const wrong = at("wrong.yaml");
    writeFileSync(wrong, text);
    const { code, stderr, stdout } = await run("sweep", wrong, "--out", at("wrong"));
    expect(stderr).toMatch(message);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(existsSync(at("wrong"))).toBe(false);
  });

  test("a folder that cannot be written to, a file that is not there, no sweep's folder, no cluster", async () => {
    for (const args of [
      [file, "--out", "/proc/sweep"],
      [at("absent.yaml")],
      ["status", folder],
      [file, "--on", "moon"],
      [file, "--partition", "x"],
      [],
    ] as string[][]) {
      const { code, stderr } = await run("sweep", ...args);
      expect(code, stderr).toBe(2);
    }
  });
});
