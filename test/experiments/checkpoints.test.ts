import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunConfig, resumeRun, startRun } from "../../src/experiments/run.ts";
import { Interrupted, trainingSettings } from "../../src/training/index.ts";

/** Damaged checkpoints: what a run that goes on from them says, and that it ends at the unbroken run's files. */
const folder = mkdtempSync(join(tmpdir(), "nclab-checkpoints-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (...names: string[]): string => join(folder, ...names);

const config: RunConfig = {
  settings: trainingSettings({ counts: new Array(10).fill(8), lambdaZ: 0.01, lambdaB: 0.02, epochs: 5, batch: 40 }),
  dataset: "glyphs",
  dataDir: null,
  evaluateEvery: 1,
  checkpointEvery: 1,
};

beforeAll(async () => {
  await startRun(at("whole"), config);
}, 60_000);

/** A run that was asked to stop after three epochs. */
async function interrupted(name: string): Promise<string> {
  let epochs = 0;
  await expect(startRun(at(name), config, { stop: () => ++epochs === 3 })).rejects.toThrow(Interrupted);
  expect(JSON.parse(readFileSync(at(name, "run.json"), "utf8")).status).toBe("running");
  return at(name);
}

async function goesOn(out: string): Promise<{ warnings: string[]; epochs: number[] }> {
  const [warnings, epochs]: [string[], number[]] = [[], []];
  await resumeRun(out, { onWarning: (message) => warnings.push(message), onMetrics: ({ epoch }) => void epochs.push(epoch) });
  expect(readdirSync(out).sort()).toEqual(readdirSync(at("whole")).sort());
  for (const file of ["final.npz", "metrics.jsonl", "checkpoint.safetensors"])
    expect(readFileSync(join(out, file)).equals(readFileSync(at("whole", file))), file).toBe(true);
  return { warnings, epochs };
}

/** One bit of the file, in the middle of its numbers. */
function flipBit(file: string): void {
  const bytes = readFileSync(file);
  bytes[bytes.length >> 1] ^= 4;
  writeFileSync(file, bytes);
}

test("asked to stop, a run saves and goes on from that epoch", async () => {
  const out = await interrupted("stopped");
  expect(await goesOn(out)).toEqual({ warnings: [], epochs: [4, 5] });
});

test("one wrong bit in the newest: the one before it is taken, and it says so", async () => {
  const out = await interrupted("bit");
  flipBit(join(out, "checkpoint.safetensors"));
  const { warnings, epochs } = await goesOn(out);
  expect(warnings).toEqual([
    expect.stringMatching(
      /bit.checkpoint.safetensors: checksum of its contents: expected .* falling back to the checkpoint before it/,
    ),
  ]);
  expect(epochs).toEqual([3, 4, 5]);
});

test("the newest cut short, or empty", async () => {
  const out = await interrupted("short");
  const file = join(out, "checkpoint.safetensors");
  writeFileSync(file, readFileSync(file).subarray(0, 1000));
  expect((await goesOn(out)).epochs).toEqual([3, 4, 5]);
  const empty = await interrupted("empty");
  writeFileSync(join(empty, "checkpoint.safetensors"), "");
  expect((await goesOn(empty)).epochs).toEqual([3, 4, 5]);
});

test("the newest is gone, as when the writer was killed between the two", async () => {
  const out = await interrupted("gone");
  rmSync(join(out, "checkpoint.safetensors"));
  expect(await goesOn(out)).toEqual({ warnings: [], epochs: [3, 4, 5] });
});

test("both are damaged: it starts over, and says so twice", async () => {
  const out = await interrupted("both");
  // The two names may be of one file: the second is damaged as another.
  copyFileSync(join(out, "checkpoint-before.safetensors"), join(out, "x"));
  flipBit(join(out, "checkpoint.safetensors"));
  rmSync(join(out, "checkpoint-before.safetensors"));
  copyFileSync(join(out, "x"), join(out, "checkpoint-before.safetensors"));
  rmSync(join(out, "x"));
  flipBit(join(out, "checkpoint-before.safetensors"));
  const { warnings, epochs } = await goesOn(out);
  expect(warnings).toHaveLength(2);
  expect(warnings[1]).toMatch(/starting over/);
  expect(epochs).toEqual([1, 2, 3, 4, 5]);
});

test("a run that is done keeps no older checkpoint", () => {
  expect(existsSync(at("whole", "checkpoint-before.safetensors"))).toBe(false);
});
