import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Worker } from "node:worker_threads";
import { afterAll, afterEach, describe, expect, test, vi } from "vitest";
import { InputError } from "../../src/errors.ts";
import { type Hdf5File, type Hdf5Limits, openHdf5 } from "../../src/features/hdf5/library.ts";
import { whenStill } from "../../src/features/hdf5/stillness.ts";
import { type OpenFile, openFile } from "../../src/files/index.ts";

/** The threads that were started, so that they can be ended from here. */
const { started } = vi.hoisted(() => ({ started: [] as Worker[] }));
vi.mock("node:worker_threads", async (original) => {
  const own = await original<typeof import("node:worker_threads")>();
  class Kept extends own.Worker {
    constructor(...args: ConstructorParameters<typeof own.Worker>) {
      super(...args);
      started.push(this);
    }
  }
  return { ...own, Worker: Kept };
});

const fixture = join(import.meta.dirname, "../fixtures/containers/latest.h5");
const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

const folder = mkdtempSync(join(tmpdir(), "nclab-hdf5-thread-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A file on whose words the library goes in a circle, found by chance (mutated.test.ts): lengths in their heap. */
function circle(): string {
  const bytes = readFileSync(fixture);
  for (const at of [3854, 3855]) bytes[at] = 255;
  for (const at of [5046, 5047, 5048, 5049]) bytes[at] = 128;
  bytes[13051] = 17;
  const path = join(folder, "circle.h5");
  writeFileSync(path, bytes);
  return path;
}

async function opened(limits: Partial<Hdf5Limits> = {}, path = fixture): Promise<{ file: Hdf5File; of: OpenFile }> {
  const of = await openFile(path);
  const file = openHdf5("x.h5", { fd: of.handle.fd, start: 0, length: of.size }, limits);
  ends.push(file.close, () => of.handle.close());
  return { file, of };
}

describe("how much is read", () => {
  // A block of rows in chunks is unpacked anew each time.
  const rows = (file: Hdf5File): Promise<Uint8Array> =>
    file.read("x.h5, layouts/deeper/both", "layouts/deeper/both", { count: [23, 5], offset: [0, 0] }, 23 * 5 * 8);

  test("is counted for each question by itself: a file is read as often as it is asked", async () => {
    const { file, of } = await opened({ budget: 2 ** 17 });
    expect(of.size).toBeLessThan(2 ** 17);
    const first = await rows(file);
    for (let pass = 0; pass < 400; pass++) {
      await file.children("");
      expect(await rows(file)).toEqual(first);
    }
  });

  test("is bounded in each", async () => {
    const { file } = await opened({ budget: 1000 });
    await expect(file.children("")).rejects.toThrow(InputError);
  });
});

describe("a thread that has ended between questions", () => {
  test.each([0, 1])("is told by the next one at once (%s questions before)", async (before) => {
    const { file } = await opened();
    for (let k = 0; k < before; k++) await file.children("");
    await started.at(-1)?.terminate();
    await pause(50);
    const begun = performance.now();
    for (const _ of [1, 2])
      await expect(file.children("types")).rejects.toThrow(
        "x.h5: expected HDF5 that the library can read, got an end of its thread",
      );
    expect(performance.now() - begun).toBeLessThan(1000);
    expect(file.isLost()).toBe(true);
  });

  test("by an error: that is said", async () => {
    const { file } = await opened();
    await file.children("");
    started.at(-1)?.emit("error", new Error("no more memory"));
    await expect(file.children("")).rejects.toThrow("got no more memory");
  });

  test("during one it is told by that one", async () => {
    const { file } = await opened();
    const asked = file.children("types");
    asked.catch(() => {});
    await pause(0);
    await started.at(-1)?.terminate();
    await expect(asked).rejects.toThrow("x.h5, types: expected HDF5 that the library can read, got an end of its thread");
  });

  test("closed, it is said to be closed", async () => {
    const { file } = await opened();
    await file.close();
    await expect(file.children("")).rejects.toThrow("expected an open file, got one that was closed");
  });
});

test("what is no HDF5 is told in the same words however long the first question waits", async () => {
  const said: string[] = [];
  for (const wait of [0, 800]) {
    const { file } = await opened({}, join(import.meta.dirname, "../fixtures/containers/types.onnx"));
    await pause(wait);
    said.push(await file.children("").catch((error) => error.message));
  }
  expect(said[0]).toMatch(/^x\.h5: expected HDF5 that the library can read, got /);
  expect(said[1]).toBe(said[0]);
});

describe("stillness", () => {
  const beats = new Int32Array(new SharedArrayBuffer(4));
  /** How many looks of a patience of 100 ms it takes; `share` of a processor. */
  const looksUntil = (share: number, beatAt: number[] = []): number => {
    vi.useFakeTimers();
    try {
      let [ended, clock] = [false, 0];
      const stop = whenStill(
        beats,
        100,
        () => {
          ended = true;
        },
        () => clock * share,
      );
      for (let look = 1; look <= 1000; look++) {
        clock += 10;
        if (beatAt.includes(look)) Atomics.add(beats, 0, 1);
        vi.advanceTimersByTime(10);
        if (ended) return look;
      }
      stop();
      return Number.POSITIVE_INFINITY;
    } finally {
      vi.useRealTimers();
    }
  };

  test.each([
    ["a whole processor", 1, [], 10],
    ["other threads at work beside it", 8, [], 10],
    ["a tenth of a processor", 0.1, [], 100],
    ["a disk that is waited for", 0, [], Number.POSITIVE_INFINITY],
    ["something read on the way", 1, [3, 9], 19],
  ])("%s", (_, share, beatAt, looks) => expect(looksUntil(share, beatAt)).toBe(looks));
});

test("a file on which the library goes in a circle: its thread is ended, and that is said again", async () => {
  const { file } = await opened({ patience: 1000 }, circle());
  const names = (await file.children("")).map(({ name }) => name);
  expect(names).toContain("class_names");
  for (const _ of [1, 2])
    await expect(file.words("x.h5, class_names", "class_names", { count: [3], offset: [0] }, 3)).rejects.toThrow(
      "x.h5, class_names: expected HDF5 that the library can read, got a file on which it does not come to an end (nothing read in 1 s of work)",
    );
  expect(file.isLost()).toBe(true);
});

test("a large chunk is given the time that it takes to unpack, and the message says how much", async () => {
  const { file } = await opened({ patience: 100 }, circle());
  const { file: other } = await opened({ patience: 100 }, circle());
  const ask = (of: Hdf5File, chunk: number): Promise<unknown> =>
    of.words("x.h5, class_names", "class_names", { count: [3], offset: [0] }, 3, chunk);
  await expect(ask(file, 0)).rejects.toThrow("does not come to an end (nothing read in 0.1 s of work)");
  const begun = performance.now();
  await expect(ask(other, 2 ** 24)).rejects.toThrow("(nothing read in 1.1 s of work)");
  expect(performance.now() - begun).toBeGreaterThan(1000);
});

test("the options of the process are not the thread's", () => {
  const module = new URL("../../dist/features/index.js", import.meta.url);
  const code = `
import { openArrays, readWhole } from ${JSON.stringify(module)};
const file = await openArrays(${JSON.stringify(fixture)});
console.log((await readWhole(file.arrays.get("features"))).shape.join());
await file.close();`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", code], { encoding: "utf8" });
  expect([stdout, stderr]).toEqual(["23,5\n", ""]);
});
