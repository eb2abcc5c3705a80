import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Command } from "../../src/cli/command.ts";
import { measure } from "../../src/cli/measure.ts";
import { predict } from "../../src/cli/predict.ts";
import { sweep } from "../../src/cli/sweep.ts";
import { thresholds } from "../../src/cli/thresholds.ts";
import { readBytes } from "../../src/data/read-file.ts";
import { InputError } from "../../src/errors.ts";
import { encodeNpy } from "../../src/features/index.ts";
import { runCommand } from "./run.ts";

/** A pipe without a writer waits for ever when it is opened; /dev/zero never ends. Either must be refused at once, wherever a file is named. */
let folder = "";
let places: Record<string, string> = {};
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "nclab-regular-"));
  for (const name of ["pipe", "pipe.npy", "pipe.csv", "pipe.json", "pipe.yaml"]) execFileSync("mkfifo", [join(folder, name)]);
  writeFileSync(join(folder, "H.npy"), encodeNpy({ shape: [4, 2], data: Float64Array.from([1, 2, 3, 4, 5, 6, 7, 9]) }));
  writeFileSync(join(folder, "y.npy"), encodeNpy({ shape: [4], data: Int32Array.from([0, 0, 1, 1]) }));
  places = { F: folder };
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const commands: [string, Command, string[]][] = [
  ["predict --counts", predict, ["--counts", "@", "--lambda-z", "0.1"]],
  ["predict --labels", predict, ["--labels", "@", "--lambda-z", "0.1"]],
  ["predict --batch", predict, ["--batch", "@"]],
  ["thresholds --counts", thresholds, ["--counts", "@"]],
  ["measure --features", measure, ["--features", "@", "--labels", "F/y.npy"]],
  ["measure --labels", measure, ["--features", "F/H.npy", "--labels", "@"]],
  ["measure --head-weight", measure, ["--features", "F/H.npy", "--labels", "F/y.npy", "--head-weight", "@"]],
  ["sweep", sweep, ["@"]],
];

describe.each(commands)("%s", (_, command, args) => {
  test.each(["F/pipe", "F/pipe.npy", "F/pipe.csv", "F/pipe.json", "F/pipe.yaml", "/dev/zero", "/dev/null"])(
    "refuses %s",
    async (name) => {
      const path = (text: string): string => text.replace(/^F\//, `${places.F}/`);
      const error = await runCommand(command, ...args.map((arg) => path(arg === "@" ? name : arg))).catch((e) => e);
      expect(error).toBeInstanceOf(InputError);
      expect(error.message).toContain(path(name));
      expect(error.message).toMatch(/expected a regular file, got a (pipe|device)/);
    },
    2000,
  );
});

test("images of a data set are regular files too", async () => {
  await expect(readBytes(join(folder, "pipe"), 4, () => 100)).rejects.toThrow(/expected a regular file, got a pipe/);
  await expect(readBytes("/dev/zero", 4, () => 100)).rejects.toThrow(/expected a regular file, got a device/);
});
