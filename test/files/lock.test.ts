import { spawn, spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, describe, expect, test, vi } from "vitest";
import { BusyError, isLock, moveAside, ownerOf, withLock } from "../../src/files/lock.ts";

const folder = mkdtempSync(join(tmpdir(), "nclab-lock-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const made = (name: string): string => {
  mkdirSync(join(folder, name));
  return join(folder, name);
};
const locks = (place: string): string[] => readdirSync(place).filter(isLock);

test("names its owner while it is held, and leaves nothing", async () => {
  const place = made("plain");
  expect(await ownerOf(place)).toBeNull();
  const found = await withLock(place, async () => {
    expect(locks(place)).toHaveLength(1);
    return ownerOf(place);
  });
  expect(found).toMatchObject({ pid: process.pid, host: hostname() });
  expect(readdirSync(place)).toEqual([]);
});

test("is given back when the work fails, and the work's error is the one that is thrown", async () => {
  const place = made("failing");
  await expect(withLock(place, () => Promise.reject(new Error("of the work")))).rejects.toThrow("of the work");
  expect(readdirSync(place)).toEqual([]);
});

test("refuses a second, who leaves nothing either", async () => {
  const place = made("busy");
  await withLock(place, async () => {
    const second = withLock(place, async () => "never");
    await expect(second).rejects.toThrow(BusyError);
    await expect(second).rejects.toThrow(new RegExp(`held by process ${process.pid} on ${hostname()}`));
    expect(locks(place)).toHaveLength(1);
  });
});

test("of many that come at once at most one is in at any time, and each that tries again comes to its turn", async () => {
  const place = made("many");
  let [inside, most, turns] = [0, 0, 0];
  const one = async (): Promise<void> => {
    for (;;) {
      try {
        await withLock(place, async () => {
          most = Math.max(most, ++inside);
          await new Promise((resolve) => setTimeout(resolve, 5));
          inside--;
          turns++;
        });
        return;
      } catch (error) {
        if (!(error instanceof BusyError)) throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: 8 }, one));
  expect(most).toBe(1);
  expect(turns).toBe(8);
  expect(readdirSync(place)).toEqual([]);
}, 60_000);

test("while it is held its file is touched every 15 seconds, by the clock of the file system", async () => {
  const place = made("beating");
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  try {
    await withLock(place, async (file) => {
      const words = readFileSync(file, "utf8");
      for (let beat = 0; beat < 2; beat++) {
        // As if this machine had been silent for longer than a lock is believed.
        utimesSync(file, 1, 1);
        vi.advanceTimersByTime(14_999);
        await new Promise((resolve) => setTimeout(resolve, 50));
        expect(statSync(file).mtimeMs).toBe(1000);
        vi.advanceTimersByTime(1);
        // (Not expect.poll, which would move the clock.)
        for (let tries = 0; tries < 200 && statSync(file).mtimeMs === 1000; tries++)
          await new Promise((resolve) => setTimeout(resolve, 20));
        expect(Date.now() - statSync(file).mtimeMs).toBeLessThan(60_000);
        expect(readFileSync(file, "utf8")).toBe(words);
      }
      expect(readdirSync(place)).toEqual([basename(file)]);
    });
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

test("a folder is moved aside with everything in it, to the first free name, unless somebody works on it or it need not be", async () => {
  const place = made("aside");
  writeFileSync(join(place, "x"), "mine");
  mkdirSync(`${place}.aside-1`);
  expect(await moveAside(place, async () => false)).toBeNull();
  await withLock(place, () => expect(moveAside(place, async () => true)).rejects.toThrow(BusyError));
  expect(await moveAside(place, async () => true)).toBe(`${place}.aside-2`);
  expect(readdirSync(`${place}.aside-2`)).toEqual(["x"]);
  expect(readdirSync(`${place}.aside-1`)).toEqual([]);
  await expect(moveAside(place, async () => true)).rejects.toThrow(/expected a folder that can be written to, got ENOENT/);
});

describe("the dead", () => {
  const held = (place: string, owner: object): string => {
    const file = join(place, ".lock.0123abcd");
    writeFileSync(file, JSON.stringify(owner));
    return file;
  };
  const aged = (file: string, seconds: number): void => {
    const then = Date.now() / 1000 - seconds;
    utimesSync(file, then, then);
  };

  /** A lock as a process leaves it that takes one and is killed. */
  async function leftByKilled(place: string): Promise<void> {
    // Its own file in its own words, whatever those are: copied from this process's lock with its number.
    const words = await withLock(place, async () => (await import("node:fs")).readFileSync(join(place, locks(place)[0]), "utf8"));
    const { pid } = spawnSync(process.execPath, ["--eval", ""]);
    held(place, { ...JSON.parse(words), pid });
  }

  test("a lock of a process that ended on this machine is removed", async () => {
    const place = made("ended");
    await leftByKilled(place);
    expect(await ownerOf(place)).toBeNull();
    expect(await withLock(place, async () => "in")).toBe("in");
    expect(readdirSync(place)).toEqual([]);
  });

  test("so is one whose process number belongs to another now", async () => {
    const place = made("reused");
    const words = await withLock(place, async () => (await import("node:fs")).readFileSync(join(place, locks(place)[0]), "utf8"));
    const other = spawn(process.execPath, ["--eval", "setTimeout(() => {}, 60000)"]);
    try {
      held(place, { ...JSON.parse(words), pid: other.pid });
      expect(await ownerOf(place)).toBeNull();
    } finally {
      other.kill("SIGKILL");
    }
  });

  test("one of another machine is believed while its file is touched, and no longer", async () => {
    const place = made("elsewhere");
    const file = held(place, { pid: 1, host: "elsewhere", place: "elsewhere", started: null });
    aged(file, 60);
    await expect(withLock(place, async () => "never")).rejects.toThrow(/held by process 1 on elsewhere/);
    aged(file, 600);
    expect(await withLock(place, async () => "in")).toBe("in");
    expect(readdirSync(place)).toEqual([]);
  });

  test.each(["null", "7", '"x"', "[]", "{}", '{"pid": "1"}', '{"pid": 0, "host": "h", "place": "p", "started": null}', "{"])(
    "one that holds %s is somebody's until it is old",
    async (words) => {
      const place = made(`words-${Buffer.from(words).toString("hex")}`);
      const file = join(place, ".lock.00000000");
      writeFileSync(file, words);
      expect(await ownerOf(place)).toMatchObject({ host: "unknown" });
      await expect(withLock(place, async () => "never")).rejects.toThrow(/held by process 0 on unknown/);
      aged(file, 600);
      expect(await ownerOf(place)).toBeNull();
      expect(await withLock(place, async () => "in")).toBe("in");
      expect(readdirSync(place)).toEqual([]);
    },
  );

  test("a folder or a loop of links by a lock's name is none", async () => {
    const place = made("no file");
    mkdirSync(join(place, ".lock.00000000"));
    symlinkSync(".lock.11111111", join(place, ".lock.11111111"));
    expect(await ownerOf(place)).toBeNull();
    expect(await withLock(place, async () => "in")).toBe("in");
  });

  test("an empty one (the disk was full, or it was made this moment) is somebody's until it is old", async () => {
    const place = made("empty");
    const file = join(place, ".lock.00000000");
    writeFileSync(file, "");
    await expect(withLock(place, async () => "never")).rejects.toThrow(BusyError);
    aged(file, 600);
    expect(await withLock(place, async () => "in")).toBe("in");
  });
});

test("a folder that is not there, or that cannot be written to, is bad input", async () => {
  await expect(withLock(join(folder, "absent"), async () => "never")).rejects.toThrow(
    /expected a folder that can be written to, got ENOENT/,
  );
});
