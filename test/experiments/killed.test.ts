import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { random } from "../../src/math/random.ts";

/**
 * A training of its own process, killed (SIGKILL) at random moments and continued until it ends: the files must be those of an unbroken run, with nothing else beside
 * them. A checkpoint of 5 MB is written after each of the short epochs, so that many kills fall into a write; the last layer's steps come at the end. NCLAB_KILLS sets how many.
 */
const kills = Number(process.env.NCLAB_KILLS ?? 6);
const program = join(import.meta.dirname, "../../dist/cli/main.js");
const settings =
  "--counts 10x20 --lambda-z 0.01 --lambda-b 0.02 --epochs 24 --dataset glyphs --batch 50 --threads 1 --evaluate-every 2 --checkpoint-every 1 --last-layer 30";

let folder = "";
let unbroken: { files: string[]; final: Buffer; metrics: string; milliseconds: number };
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "nclab-killed-"));
  const out = join(folder, "unbroken");
  const began = performance.now();
  const { status, stderr } = spawnSync(process.execPath, start(out), { encoding: "utf8" });
  expect(status, stderr).toBe(0);
  unbroken = { ...filesOf(out), milliseconds: performance.now() - began };
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const start = (out: string): string[] => [program, "train", ...settings.split(" "), "--out", out];

function filesOf(out: string): Pick<typeof unbroken, "files" | "final" | "metrics"> {
  const read = (name: string): Buffer => readFileSync(join(out, name));
  return { files: readdirSync(out).sort(), final: read("final.npz"), metrics: read("metrics.jsonl").toString() };
}

/** Kills the process some time after its start; its exit status, or null where it was killed. */
async function killAfter(child: ChildProcess, milliseconds: number): Promise<number | null> {
  const timer = setTimeout(() => child.kill("SIGKILL"), milliseconds);
  const status = await new Promise<number | null>((resolve) => child.on("exit", resolve));
  clearTimeout(timer);
  return status;
}

test(
  `killed ${kills} times at random moments, a run ends at the unbroken run's files`,
  async () => {
    const r = random(Number(process.env.NCLAB_SEED ?? Date.now() % 1e6));
    let [done, runs] = [0, 0];
    while (done < kills) {
      const out = join(folder, `run-${runs++}`);
      // Several kills a run, until one comes too late.
      for (let status: number | null = null; status !== 0; ) {
        const begun = existsSync(join(out, "run.json"));
        const child = spawn(process.execPath, begun ? [program, "train", "--resume", out] : start(out), {
          stdio: ["ignore", "ignore", "pipe"],
        });
        let stderr = "";
        child.stderr?.on("data", (text) => {
          stderr += text;
        });
        status = await killAfter(child, done < kills ? 300 + r.uniform() * unbroken.milliseconds : 120_000);
        if (status === null) done++;
        else expect(status, stderr).toBe(0);
      }
      const { files, final, metrics } = filesOf(out);
      expect(files).toEqual(unbroken.files);
      expect(metrics).toBe(unbroken.metrics);
      expect(final.equals(unbroken.final)).toBe(true);
    }
  },
  (60 + 30 * kills) * 1000,
);
