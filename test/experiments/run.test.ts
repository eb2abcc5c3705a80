import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startEngine } from "../../src/engine/index.ts";
import { InputError } from "../../src/errors.ts";
import { type RunConfig, type RunHooks, type RunRecord, resumeRun, startRun } from "../../src/experiments/run.ts";
import { decodeNpz } from "../../src/features/index.ts";
import { trainingSettings } from "../../src/training/index.ts";

const folder = mkdtempSync(join(tmpdir(), "nclab-run-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (...names: string[]): string => join(folder, ...names);
const text = (...names: string[]): string => readFileSync(at(...names), "utf8");
const recordOf = (name: string): RunRecord => JSON.parse(text(name, "run.json")) as RunRecord;

const counts = [20, 20, 20, 20, 20, 10, 10, 10, 10, 10];
const config: RunConfig = {
  settings: trainingSettings({ counts, lambdaZ: 0.002, epochs: 4, batch: 32, seed: 1 }),
  dataset: "glyphs",
  dataDir: null,
  evaluateEvery: 1,
  checkpointEvery: 2,
};

/** Hooks that end the run right after the evaluation of `epoch`. */
const breakAt = (epoch: number): RunHooks => ({
  onMetrics: (metrics) => {
    if (metrics.epoch === epoch) throw new Error("cut off");
  },
});

beforeAll(async () => {
  await startRun(at("whole"), config);
}, 120_000);

describe("a run folder", () => {
  test("says what was asked, with what, and that it is done", async () => {
    const record = recordOf("whole");
    expect(record).toMatchObject({ schema: "nclab.run/1", status: "done", error: null, dataset: "glyphs", evaluateEvery: 1 });
    expect(record.settings).toEqual({ ...config.settings, lambdaB: "inf" });
    expect(record.versions).toEqual({
      nclab: expect.stringMatching(/^\d/),
      node: process.versions.node,
      arithmetic: expect.stringMatching(/^(fused|separate)$/),
      ...(await startEngine()).about,
    });
    expect(record.seconds).toBeGreaterThan(0);
  });

  test("may be there already where it is empty, or holds what a killed writer left", async () => {
    mkdirSync(at("empty"));
    writeFileSync(at("empty", ".run.json.0123abcd.tmp"), "{");
    const { settings } = config;
    await startRun(at("empty"), { ...config, settings: { ...settings, epochs: 1 } });
    expect(readdirSync(at("empty"))).toContain("final.npz");
    expect(readdirSync(at("empty")).filter((name) => name.startsWith("."))).toEqual([]);
  });

  test("has a line for each evaluated epoch, and the last one's Z in final.npz", () => {
    const lines = text("whole", "metrics.jsonl")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.map((line) => line.epoch)).toEqual([1, 2, 3, 4]);
    const final = decodeNpz(readFileSync(at("whole", "final.npz")));
    expect([...final.Z.data]).toEqual(lines[3].Z.flat());
    expect([...final.counts.data]).toEqual(counts);
    // Z = W H' says that the arrays belong together.
    const [d, Z01] = [
      512,
      Array.from({ length: 512 }, (_, j) => final.W.data[j] * final.H.data[512 + j]).reduce((a, b) => a + b),
    ];
    expect(final.W.shape).toEqual([10, d]);
    expect(Z01).toBeCloseTo(lines[3].Z[0][1], 6);
  });

  test("a run that is done is returned as it is", async () => {
    const before = text("whole", "metrics.jsonl");
    const { record, final } = await resumeRun(at("whole"));
    expect(record.status).toBe("done");
    expect(final.epoch).toBe(4);
    expect(final.comparedAt?.lambdaB).toBe(Number.POSITIVE_INFINITY);
    expect(text("whole", "metrics.jsonl")).toBe(before);
  });
});

describe("a run that is cut off and resumed ends in the same files as the unbroken run", () => {
  const expectWhole = (name: string): void => {
    expect(recordOf(name).status).toBe("done");
    expect(text(name, "metrics.jsonl")).toBe(text("whole", "metrics.jsonl"));
    for (const file of ["final.npz", "checkpoint.safetensors"])
      expect(readFileSync(at(name, file)).equals(readFileSync(at("whole", file))), file).toBe(true);
  };

  test("failed after a checkpoint: the folder says so, has no final.npz, and goes on from there", async () => {
    await expect(startRun(at("failed"), config, breakAt(3))).rejects.toThrow("cut off");
    expect(recordOf("failed")).toMatchObject({ status: "failed", error: "cut off" });
    expect(existsSync(at("failed", "final.npz"))).toBe(false);
    const epochs: number[] = [];
    await resumeRun(at("failed"), { onMetrics: ({ epoch }) => void epochs.push(epoch) });
    expect(epochs).toEqual([3, 4]);
    expectWhole("failed");
  });

  test("killed before any checkpoint, a line half written: starts over", async () => {
    await expect(startRun(at("killed"), config, breakAt(1))).rejects.toThrow("cut off");
    writeFileSync(at("killed", "run.json"), text("killed", "run.json").replace('"failed"', '"running"'));
    appendFileSync(at("killed", "metrics.jsonl"), '{"epoch":2,"Z":[[0.1');
    await resumeRun(at("killed"));
    expectWhole("killed");
  });
});

describe("what is refused, before anything is trained", () => {
  const refused = async (promise: Promise<unknown>, message: RegExp): Promise<void> => {
    const error = await promise.then(
      () => null,
      (e: unknown) => e,
    );
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toMatch(message);
  };

  test("a folder that is there", () => refused(startRun(at("whole"), config), /whole: expected a folder that is not there yet/));

  test("a folder below a file", () =>
    refused(startRun(at("whole", "run.json", "a", "b"), config), /expected a place that can be written to, got ENOTDIR/));

  test("data that is not there: no folder is left", async () => {
    await refused(startRun(at("nodata"), { ...config, dataset: "fashion-mnist", dataDir: folder }), /fashion-mnist/);
    expect(existsSync(at("nodata"))).toBe(false);
  });

  test("settings out of range: no folder is left", async () => {
    await refused(startRun(at("settings"), { ...config, settings: { ...config.settings, epochs: 0 } }), /epochs: expected/);
    expect(existsSync(at("settings"))).toBe(false);
  });

  test("resuming what is no run, or a damaged one", async () => {
    await refused(resumeRun(folder), /expected a run.json in it, got none/);
    await startRun(at("damaged"), { ...config, settings: { ...config.settings, epochs: 1 } });
    writeFileSync(at("damaged", "run.json"), text("damaged", "run.json").slice(0, 100));
    await refused(resumeRun(at("damaged")), /damaged.*run.json/);
  });

  test("resuming with other data", async () => {
    await expect(startRun(at("other"), config, breakAt(1))).rejects.toThrow("cut off");
    const record = { ...recordOf("other"), source: [{ file: "x", sha256: "0".repeat(64) }] };
    writeFileSync(at("other", "run.json"), JSON.stringify(record));
    await refused(resumeRun(at("other")), /other: data: expected the files the run began with \(x 000000000000\)/);
  });
});
