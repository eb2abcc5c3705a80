import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodeNpz } from "../../src/features/index.ts";
import { random } from "../../src/math/random.ts";

/** `--on slurm` against a real Slurm of one node, which cluster.sh starts; where it cannot, that is said and these tests are skipped. */
const folder = mkdtempSync(join(tmpdir(), "nclab-slurm-"));
const at = (...names: string[]): string => join(folder, ...names);
const script = join(import.meta.dirname, "cluster.sh");
const program = join(import.meta.dirname, "../../dist/cli/main.js");
const started = spawnSync("bash", [script, "start", at("cluster")], { encoding: "utf8" });
const cluster = started.status === 0;
if (!cluster) console.warn(`skipped: tests on Slurm (${(started.stdout + started.stderr).trim()})`);
afterAll(() => {
  if (cluster) spawnSync("bash", [script, "stop", at("cluster")]);
  rmSync(folder, { recursive: true, force: true });
});

const env = { ...process.env, SLURM_CONF: at("cluster", "slurm.conf") };
const command = (name: string, ...args: string[]): string => {
  const { status, stdout, stderr } = spawnSync(name, args, { encoding: "utf8", env });
  expect(status, `${name} ${args.join(" ")}: ${stderr}`).toBe(0);
  return stdout;
};
const nclab = (...args: string[]) => spawnSync(process.execPath, [program, ...args], { encoding: "utf8", env });

/** The tasks of an array that are in a state: `12_3`. */
const tasksIn = (state: string, job: string): string[] =>
  command("squeue", "-h", "-j", job, "-t", state, "-o", "%i")
    .split("\n")
    .filter((id) => /_\d+$/.test(id));

async function ended(job: string): Promise<void> {
  await expect.poll(() => command("squeue", "-h", "-j", job), { timeout: 8 * 60_000, interval: 500 }).toBe("");
}

describe.skipIf(!cluster)("on Slurm", () => {
  beforeAll(() => {
    writeFileSync(
      at("s.yaml"),
      `base: {counts: "5x10,5x6", dataset: glyphs, epochs: 200, batch: 40, lambda-b: 0.02, evaluate-every: 50, checkpoint-every: 200}
grid: {lambda-z: [0.002, 0.004, 0.006, 0.01]}
seeds: 5
slurm: {time: 10, signal: 20, environment: {NCLAB_TEST: "it's set"}}
`,
    );
  });

  test(
    "an array of 20 points, 5 of them told to save and queued again: the table of the local sweep",
    async () => {
      const local = nclab("sweep", at("s.yaml"), "--out", at("local"));
      expect(local.status, local.stderr).toBe(0);
      const submitted = nclab("sweep", at("s.yaml"), "--out", at("array"), "--on", "slurm", "--json");
      expect(submitted.status, submitted.stderr).toBe(0);
      const { jobId, tasks } = JSON.parse(submitted.stdout) as { jobId: string; tasks: number };
      expect(tasks).toBe(20);
      // Told while they train (before that the signal is ignored), until five have heard it. scancel may say that the task cannot be told now, try for more than a minute, and have told
      // it: what the task says in its log counts.
      const logOf = (id: string): string => {
        const log = at("array", "slurm", `${id}.log`);
        return existsSync(log) ? readFileSync(log, "utf8") : "";
      };
      const all = Array.from({ length: 20 }, (_, i) => `${jobId}_${i}`);
      const heard = (): string[] => all.filter((id) => logOf(id).includes("saving after this epoch"));
      const until = Date.now() + 4 * 60_000;
      while (heard().length < 5 && Date.now() < until) {
        for (const id of tasksIn("R", jobId))
          if (heard().length < 5 && logOf(id).includes("epoch") && !logOf(id).includes("saving"))
            spawnSync("scancel", ["--signal=USR2", "--batch", id], { env, timeout: 1000 });
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      expect(heard().length).toBeGreaterThanOrEqual(5);
      // Slurm lets a task that was queued again wait for two minutes.
      await expect
        .poll(
          () => {
            for (const id of tasksIn("PD", jobId)) spawnSync("scontrol", ["update", `JobId=${id}`, "StartTime=now"], { env });
            return nclab("sweep", "status", at("array")).status;
          },
          { timeout: 6 * 60_000, interval: 2000 },
        )
        .toBe(0);
      // Each that heard it was started again, and went on where it had saved.
      for (const id of heard()) expect(logOf(id)).toMatch(/interrupted after epoch \d+[\s\S]*\(lambda-z/);
      const collected = nclab("sweep", "collect", at("array"));
      expect(collected.status, collected.stdout + collected.stderr).toBe(0);
      for (const file of ["sweep.csv", "sweep.json"])
        expect(readFileSync(at("array", file), "utf8")).toBe(readFileSync(at("local", file), "utf8"));
      for (const id of readdirSync(at("local", "runs")))
        for (const file of ["final.npz", "metrics.jsonl"])
          expect(
            readFileSync(at("array", "runs", id, file)).equals(readFileSync(at("local", "runs", id, file))),
            `${id} ${file}`,
          ).toBe(true);
      // All is done: nothing is submitted again.
      expect(nclab("sweep", at("s.yaml"), "--out", at("array"), "--on", "slurm").stdout).toMatch(/20 done/);
    },
    10 * 60_000,
  );

  test(
    "a measurement in parts: the numbers of the whole",
    async () => {
      const [n, d, K] = [400, 12, 4];
      const r = random(3);
      const labels = Int32Array.from({ length: n }, (_, i) => i % K);
      const features = Float64Array.from(
        { length: n * d },
        (_, i) => r.normal() + 3 * (labels[Math.floor(i / d)] === i % d ? 1 : 0),
      );
      writeFileSync(
        at("it's.npz"),
        encodeNpz({ features: { shape: [n, d], data: features }, labels: { shape: [n], data: labels } }),
      );
      const submitted = nclab("measure", at("it's.npz"), "--shards", "3", "--on", "slurm", "--out", at("the parts"), "--json");
      expect(submitted.status, submitted.stderr).toBe(0);
      await ended((JSON.parse(submitted.stdout) as { jobId: string }).jobId);
      const parts = readdirSync(at("the parts")).filter((name) => name.endsWith(".npz"));
      expect(parts).toHaveLength(3);
      const merged = nclab("measure", "merge", ...parts.map((name) => at("the parts", name)), "--json");
      expect(merged.status, merged.stderr).toBe(0);
      const whole = JSON.parse(nclab("measure", at("it's.npz"), "--json").stdout);
      const found = JSON.parse(merged.stdout);
      expect(found.N).toBe(n);
      for (const name of ["paper", "sampleWeighted", "classBalanced"])
        expect(Math.abs(found.nc1[name] / whole.nc1[name] - 1)).toBeLessThan(1e-12);
    },
    3 * 60_000,
  );

  test("what the cluster refuses is bad input, in its own words", () => {
    const { status, stderr } = nclab("sweep", at("s.yaml"), "--out", at("refused"), "--on", "slurm", "--partition", "nowhere");
    expect(status).toBe(2);
    expect(stderr).toMatch(/expected to be accepted by the cluster, got .*invalid partition/i);
  });
});
