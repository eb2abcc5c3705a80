import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { report } from "../../src/cli/report.ts";
import { InputError } from "../../src/errors.ts";
import { readCheckpoint } from "../../src/experiments/checkpoints.ts";
import { readMetrics } from "../../src/experiments/metrics-lines.ts";
import { resultOf } from "../../src/experiments/result.ts";
import {
  type RunConfig,
  type RunRecord,
  resumeRun,
  startOrResumeRun,
  startRun,
  trainingData,
} from "../../src/experiments/run.ts";
import { readRecord } from "../../src/experiments/run-record.ts";
import { versionsNote } from "../../src/experiments/same-numbers.ts";
import { folderOf, prepareFolder, readSweep, stateOf, sweepOf } from "../../src/experiments/sweep/folder.ts";
import { decodeSafetensors, encodeSafetensors } from "../../src/features/safetensors.ts";
import { moveAside } from "../../src/files/lock.ts";
import { Interrupted, startOf, type TrainingSettings, type TrainingState, trainingSettings } from "../../src/training/index.ts";
import { runCommand } from "../cli/run.ts";

/**
 * Run folders that somebody edited, damaged or filled with other things. Whatever is done to them: a message that names the file, nothing deleted that no run wrote, and
 * no run that goes on under other settings than it began with.
 */
const folder = mkdtempSync(join(tmpdir(), "nclab-damaged-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (...names: string[]): string => join(folder, ...names);
const read = (...names: string[]): string => readFileSync(at(...names), "utf8");

const config: RunConfig = {
  settings: trainingSettings({ counts: new Array(10).fill(4), lambdaZ: 0.01, epochs: 3, batch: 20 }),
  dataset: "glyphs",
  dataDir: null,
  evaluateEvery: 1,
  checkpointEvery: 1,
};

/** A whole run, and one that was asked to stop after its second epoch, both with a file of the user's. */
beforeAll(async () => {
  await startRun(at("whole"), config);
  let epochs = 0;
  await expect(startRun(at("stopped"), config, { stop: () => epochs === 2, onMetrics: () => void epochs++ })).rejects.toThrow(
    Interrupted,
  );
  for (const name of ["whole", "stopped"]) {
    mkdirSync(at(name, "mine"));
    writeFileSync(at(name, "mine", "notes.txt"), "of the user");
  }
}, 60_000);

let copies = 0;
function copyOf(name: "whole" | "stopped"): string {
  const copy = at(`copy-${copies++}`);
  cpSync(at(name), copy, { recursive: true });
  return copy;
}

function edit(out: string, change: (record: Record<string, unknown>) => void): void {
  const record = JSON.parse(readFileSync(join(out, "run.json"), "utf8")) as Record<string, unknown>;
  change(record);
  writeFileSync(join(out, "run.json"), JSON.stringify(record));
}

const refused = async (promise: Promise<unknown>, message: RegExp): Promise<void> => {
  const error = await promise.then(
    () => null,
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(InputError);
  expect((error as Error).message).toMatch(message);
};

describe("a run.json that was edited", () => {
  test.each<[string, Partial<TrainingSettings>, RegExp]>([
    ["seed", { seed: 1 }, /run\.json: .*settings\.seed: expected 0, got 1/],
    ["counts", { counts: [5, 4, 4, 4, 4, 4, 4, 4, 4, 3] }, /settings\.counts: expected \[4,4,4,4,4,4,4,4,4,4\], got \[5,4,.*3\]/],
    ["epochs", { epochs: 4 }, /settings\.epochs: expected 3, got 4/],
    ["lambdaB", { lambdaB: 0.5 }, /settings\.lambdaB: expected "inf", got 0.5/],
    ["schedule", { schedule: "cosine" }, /settings\.schedule: expected "paper-4.3", got "cosine"/],
  ])("%s: refused with both values, of a run that is done and of one that is not", async (_, change, message) => {
    for (const name of ["whole", "stopped"] as const) {
      const out = copyOf(name);
      edit(out, (record) => Object.assign(record.settings as object, change));
      const before = readdirSync(out).sort();
      await refused(resumeRun(out), message);
      await refused(startOrResumeRun(out, config), message);
      expect(readdirSync(out).sort()).toEqual(before);
    }
  });

  test("before the first checkpoint there are the hashes", async () => {
    const out = copyOf("stopped");
    for (const name of readdirSync(out)) if (name.startsWith("checkpoint")) rmSync(join(out, name));
    const { id } = await readRecord(out);
    edit(out, (record) => Object.assign(record.settings as object, { seed: 1 }));
    await refused(resumeRun(out), new RegExp(`expected ${id}, got [0-9a-f]{16}`));
  });

  test("its hash edited too: the checkpoint knows", async () => {
    const out = copyOf("stopped");
    const other = copyOf("stopped");
    edit(out, (record) => {
      Object.assign(record.settings as object, { seed: 1 });
      delete record.id;
    });
    await refused(
      resumeRun(out),
      /checkpoint\.safetensors: it was trained under other settings .*settings\.seed: expected 0, got 1/,
    );
    // Entries in another order, and where the data lie, are no other settings.
    edit(other, (record) => {
      const sorted = Object.entries(record.settings as object).sort(([a], [b]) => (a < b ? -1 : 1));
      Object.assign(record, { settings: Object.fromEntries(sorted), dataDir: "elsewhere" });
    });
    expect((await resumeRun(other)).record.status).toBe("done");
  });

  test("a folder that holds another run than the one asked for", async () => {
    const out = copyOf("stopped");
    const asked = { ...config, settings: { ...config.settings, seed: 5 } };
    await refused(
      startOrResumeRun(out, asked),
      /run\.json: expected the run that was asked for, got another: settings\.seed: expected 5, got 0/,
    );
  });
});

describe("files that cannot be read", () => {
  test.each([
    ["run.json", (text: string) => text.slice(0, 200)],
    ["metrics.jsonl", (text: string) => text.replace("\n", '"}\n')],
  ])("%s: the sweep's next call moves the folder aside, whole, and names it", async (file, damage) => {
    const out = copyOf("whole");
    writeFileSync(join(out, file), damage(readFileSync(join(out, file), "utf8")));
    const before = Object.fromEntries(
      readdirSync(out)
        .filter((name) => name !== "mine")
        .map((name) => [name, readFileSync(join(out, name), "base64")]),
    );
    const warnings: string[] = [];
    const { record } = await startOrResumeRun(out, config, { onWarning: (message) => warnings.push(message) });
    expect(record.status).toBe("done");
    expect(warnings).toEqual([
      expect.stringMatching(new RegExp(`${file}.*everything that was in the folder is in ${out}\\.aside-1 now`)),
    ]);
    const aside = `${out}.aside-1`;
    expect(readFileSync(join(aside, "mine", "notes.txt"), "utf8")).toBe("of the user");
    for (const [name, bytes] of Object.entries(before)) expect(readFileSync(join(aside, name), "base64"), name).toBe(bytes);
    expect(readdirSync(aside).filter((name) => name.startsWith("."))).toEqual([]);
  });

  const irregular: [string, (file: string) => void][] = [
    ["a folder", (file) => mkdirSync(file)],
    // Whoever opens it for reading waits for a writer.
    ["a pipe", (file) => void execFileSync("mkfifo", [file])],
    ["a link to itself", (file) => symlinkSync(basename(file), file)],
    ["a link that leads nowhere", (file) => symlinkSync("nowhere", file)],
    ["nothing", () => {}],
  ];
  test
    .skipIf(process.platform === "win32")
    .each(
      ["run.json", "metrics.jsonl", "final.npz"].flatMap((file) => irregular.map(([kind, make]) => [file, kind, make] as const)),
    )("%s is %s: the sweep's next call moves the folder aside, whole, before it begins the run anew", async (file, _, make) => {
    const out = copyOf("whole");
    rmSync(join(out, file));
    make(join(out, file));
    const found = readdirSync(out);
    const warnings: string[] = [];
    const onWarning = (message: string): void => void warnings.push(message);
    await expect(startOrResumeRun(out, config, { onWarning, stopReading: AbortSignal.abort() })).rejects.toThrow(Interrupted);
    expect(warnings).toEqual([
      expect.stringMatching(new RegExp(`${file}: expected .*, got .*; everything .* is in ${out}.aside-1`)),
    ]);
    expect(existsSync(out)).toBe(false);
    expect(readdirSync(`${out}.aside-1`).sort()).toEqual(found.sort());
    expect(readFileSync(join(`${out}.aside-1`, "mine", "notes.txt"), "utf8")).toBe("of the user");
  });

  test.skipIf(process.platform === "win32")("a pipe with the name of a lock or of sweep.json keeps nobody waiting", async () => {
    const out = copyOf("stopped");
    execFileSync("mkfifo", [join(out, ".lock.01234567"), join(out, "sweep.json")]);
    await refused(readSweep(out), /sweep\.json: expected a regular file, got a pipe/);
    expect((await resumeRun(out)).record.status).toBe("done");
  });

  test("a sweep.json that says that an option varies which no point has", async () => {
    const sweep = sweepOf("s", ["lambda-z"], [{ options: { "lambda-z": "0.01" }, config }]);
    await prepareFolder(at("varied"), sweep);
    expect(await readSweep(at("varied"))).toEqual(sweep);
    const text = read("varied", "sweep.json");
    for (const name of ["__proto__", "constructor", "epochs"]) {
      writeFileSync(at("varied", "sweep.json"), text.replace(/"varied": \[\s*"lambda-z"/, `"varied": ["${name}"`));
      await refused(
        readSweep(at("varied")),
        new RegExp(`sweep\\.json: varied: expected options that a point has, got "${name}"`),
      );
    }
  });

  test("a sweep calls a point broken whose folder has files and no run.json", async () => {
    const sweep = sweepOf("s", [], [{ options: {}, config }]);
    const point = sweep.points[0];
    await prepareFolder(at("sweep"), sweep);
    expect(await stateOf(at("sweep"), point)).toMatchObject({ status: "missing", error: null });
    mkdirSync(folderOf(at("sweep"), point));
    expect(await stateOf(at("sweep"), point)).toMatchObject({ status: "missing", error: null });
    writeFileSync(join(folderOf(at("sweep"), point), "metrics.jsonl"), read("whole", "metrics.jsonl"));
    expect(await stateOf(at("sweep"), point)).toMatchObject({
      status: "broken",
      error: expect.stringMatching(/run\.json: expected the settings of the run whose files are beside it, got none/),
    });
  });

  test("two that come at once: one moves it, one run is begun", async () => {
    const out = copyOf("whole");
    writeFileSync(join(out, "run.json"), "{");
    const ends = await Promise.allSettled([1, 2, 3].map(() => startOrResumeRun(out, config)));
    for (const end of ends)
      if (end.status === "rejected") expect(String(end.reason)).toMatch(/expected a folder on which nobody else works/);
    expect(ends.some(({ status }) => status === "fulfilled")).toBe(true);
    expect(existsSync(`${out}.aside-1`)).toBe(true);
    expect(existsSync(`${out}.aside-2`)).toBe(false);
    // A second time goes to the next free name.
    writeFileSync(join(out, "run.json"), "{");
    expect(await moveAside(out, async () => true)).toBe(`${out}.aside-2`);
  });

  test("a damaged line in the middle of metrics.jsonl is named with file and line; a last one cut short is left out", async () => {
    const lines = read("whole", "metrics.jsonl").split("\n");
    const out = copyOf("whole");
    const write = (damaged: string[]): void => writeFileSync(join(out, "metrics.jsonl"), damaged.join("\n"));
    write([lines[0], lines[1].slice(0, 300), lines[2], ""]);
    await refused(resumeRun(out), /metrics\.jsonl:2: expected a line of JSON, got/);
    await refused(runCommand(report, out, "--out", at("r.html")), /metrics\.jsonl:2: expected a line of JSON, got/);
    write([lines[0], "", "null", ""]);
    await refused(resumeRun(out), /metrics\.jsonl:3: expected an object, got null/);
    write([lines[0], lines[1].slice(0, 300)]);
    expect((await readMetrics(out)).map(({ epoch }) => epoch)).toEqual([1]);
    write([lines[0], lines[1], lines[1], ""]);
    await refused(resumeRun(out), /metrics\.jsonl:3: epoch: expected more than the 2 of the line before, got 2/);
    write([]);
    await refused(resumeRun(out), /metrics\.jsonl: expected a line at least, as the run is done, got none/);
  });

  test("an entry of run.json missing or of another kind: read, or refused by its name", async () => {
    const record = JSON.parse(read("stopped", "run.json")) as RunRecord;
    const out = copyOf("stopped");
    const kinds = [undefined, null, true, 7, -1, "x", [], [null], {}, { a: null }];
    for (const name of Object.keys(record)) {
      for (const value of kinds) {
        writeFileSync(join(out, "run.json"), JSON.stringify({ ...record, [name]: value }));
        const error = await readRecord(out).then(
          () => null,
          (e: unknown) => e,
        );
        if (error === null) continue;
        expect(error, `${name}: ${JSON.stringify(value)}`).toBeInstanceOf(InputError);
        expect((error as Error).message).toContain("run.json: ");
      }
      if (["id", "tensorboard"].includes(name)) continue;
      writeFileSync(join(out, "run.json"), JSON.stringify({ ...record, [name]: undefined }));
      await refused(resumeRun(out), new RegExp(`run\\.json: ${name}: expected`));
    }
    for (const [name, value] of Object.keys(record.settings).flatMap((key) => kinds.map((x) => [key, x] as const))) {
      writeFileSync(join(out, "run.json"), JSON.stringify({ ...record, settings: { ...record.settings, [name]: value } }));
      await readRecord(out).catch((error: unknown) =>
        expect(error, `${name}: ${JSON.stringify(value)}`).toBeInstanceOf(InputError),
      );
    }
  });

  test("an entry of a line of metrics.jsonl missing or of another kind: read into a table, or refused by its name", async () => {
    const line = JSON.parse(read("whole", "metrics.jsonl").split("\n")[0]) as Record<string, unknown>;
    const out = copyOf("whole");
    for (const name of Object.keys(line))
      for (const value of [undefined, null, true, 7, "x", [], [null], [[7]], {}]) {
        writeFileSync(join(out, "metrics.jsonl"), `${JSON.stringify({ ...line, [name]: value })}\n`);
        try {
          (await readMetrics(out)).map(resultOf);
        } catch (error) {
          expect(error, `${name}: ${JSON.stringify(value)}`).toBeInstanceOf(InputError);
          expect((error as Error).message).toContain("metrics.jsonl:1: ");
        }
      }
  });
});

describe("checkpoints", () => {
  let start: TrainingState;
  beforeAll(async () => {
    start = startOf(config.settings, (await trainingData(config)).data);
  });
  const newest = "checkpoint.safetensors";
  /** A safetensors file of a header and nothing else. */
  const headed = (text: string): Uint8Array => {
    const bytes = new Uint8Array(8 + text.length);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
    bytes.set(new TextEncoder().encode(text), 8);
    return bytes;
  };

  test.each([
    "null",
    "[]",
    "7",
    '{"__metadata__": null}',
    '{"__metadata__": {"format": 1}}',
    '{"a": null}',
    '{"a": {}}',
    '{"a": {"dtype": "F32", "shape": 3, "data_offsets": [0, 4]}}',
    '{"a": {"dtype": "F32", "shape": [1], "data_offsets": null}}',
    "{}",
  ])("header %s: the one before it is taken, and it says so", async (header) => {
    const out = copyOf("stopped");
    writeFileSync(join(out, newest), headed(header));
    const warnings: string[] = [];
    const state = await readCheckpoint(out, config, start, (message) => warnings.push(message));
    expect(state?.epoch).toBe(1);
    expect(warnings).toEqual([
      expect.stringMatching(/checkpoint\.safetensors: .*expected .*falling back to the checkpoint before it/),
    ]);
  });

  test("a folder in its place is refused and left", async () => {
    const out = copyOf("stopped");
    rmSync(join(out, newest));
    mkdirSync(join(out, newest));
    writeFileSync(join(out, newest, "mine"), "x");
    await refused(resumeRun(out), /checkpoint\.safetensors: expected a regular file, got a folder; move it away/);
    expect(readFileSync(join(out, newest, "mine"), "utf8")).toBe("x");
  });

  test("another run's, of the same shape, is refused with both values", async () => {
    await startRun(at("other"), { ...config, settings: { ...config.settings, seed: 9, epochs: 1 } });
    const out = copyOf("stopped");
    cpSync(at("other", newest), join(out, newest));
    await refused(
      resumeRun(out),
      /checkpoint\.safetensors: it was trained under other settings .*settings\.epochs: expected 1, got 3; settings\.seed: expected 9, got 0/,
    );
  });

  test("one from before checkpoints named their run is gone on from", async () => {
    const out = copyOf("stopped");
    const { arrays, metadata } = decodeSafetensors(readFileSync(join(out, newest)));
    const old = { format: metadata.format, epoch: metadata.epoch, random: metadata.random };
    writeFileSync(join(out, newest), encodeSafetensors(arrays, old));
    const warnings: string[] = [];
    expect((await readCheckpoint(out, config, start, (message) => warnings.push(message)))?.epoch).toBe(2);
    expect(warnings).toEqual([]);
  });
});

describe("a run that another version began", () => {
  test("says so, and run.json keeps both", async () => {
    const out = copyOf("stopped");
    edit(out, (record) => Object.assign(record.versions as object, { node: "18.0.0" }));
    const warnings: string[] = [];
    const { record } = await resumeRun(out, { onWarning: (text) => warnings.push(text) });
    expect(warnings).toEqual([expect.stringMatching(/node 18\.0\.0, now \d/)]);
    expect(record.versions.node).toBe("18.0.0");
    expect(record.continued).toMatchObject([{ epoch: 2, versions: { node: process.versions.node } }]);
  });

  const now = { nclab: "1", node: "24.0.0", arithmetic: "fused" };
  test.each<[string, Record<string, string>, "wasm" | "webgpu", RegExp | null]>([
    ["the same", now, "wasm", null],
    [
      "Node alone",
      { ...now, node: "22.0.0" },
      "wasm",
      /node 22\.0\.0, now 24\.0\.0: its numbers do not depend on that .*\(fused\)/,
    ],
    ["Node alone, on WebGPU", { ...now, node: "22.0.0" }, "webgpu", /not bit for bit/],
    [
      "the arithmetic",
      { ...now, node: "20.0.0", arithmetic: "separate" },
      "wasm",
      /arithmetic separate, now fused.*not bit for bit/,
    ],
    ["nclab", { ...now, nclab: "0" }, "wasm", /nclab 0, now 1.*not bit for bit/],
    // A folder of the time when an array library trained.
    ["what is there no longer", { ...now, "@jax-js/jax": "1" }, "wasm", /@jax-js\/jax 1, now none.*not bit for bit/],
    ["Node, in a folder that does not know its arithmetic", { nclab: "1", node: "20.0.0" }, "wasm", /not bit for bit/],
  ])("%s", (_, before, device, message) => {
    const note = versionsNote(before, now, device);
    if (message === null) expect(note).toBeNull();
    else expect(note).toMatch(message);
  });

  test("what the engine says of itself: another adapter, another version of its package", () => {
    for (const [device, name] of [
      ["webgpu", "adapter"],
      ["onnx", "onnxruntime-node"],
    ] as const)
      expect(versionsNote({ ...now, [name]: "1" }, { ...now, [name]: "2" }, device)).toMatch(
        new RegExp(`${name} 1, now 2: the numbers will .*not bit for bit`),
      );
  });
});
