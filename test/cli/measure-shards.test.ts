import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { measure } from "../../src/cli/measure.ts";
import { runCommand } from "./run.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "nclab-shards-"));
  writeFileSync(join(folder, "sbatch"), "#!/bin/sh\necho 7\n");
  chmodSync(join(folder, "sbatch"), 0o755);
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const submit = async (...args: string[]): Promise<string> => {
  vi.stubEnv("PATH", `${folder}${delimiter}${process.env.PATH}`);
  const common = ["f.npz", "--shards", "2", "--on", "slurm", "--out", join(folder, "out"), "--json"];
  return readFileSync(JSON.parse((await runCommand(measure, ...common, ...args)).out).script, "utf8");
};

test("a task of the cluster gets files by their full path and words as they are", async () => {
  const script = await submit(
    ...["--labels", "y.csv", "--ignore-label", "255", "--head-weight", "w.pt", "--head", "cosine", "--scale", "30"],
    ...["--keys", "weight=fc.weight"],
  );
  for (const file of ["f.npz", "y.csv", "w.pt"]) expect(script).toContain(resolve(file));
  for (const words of [/--head'? '?cosine'?/, /--scale'? '?30'?/, /--ignore-label'? '?255'?/, /--keys'? '?weight=fc\.weight'?/])
    expect(script).toMatch(words);
});

test("what a task would refuse is refused before it is submitted", async () => {
  await expect(submit("--head", "angular")).rejects.toThrow(/--head: expected linear, cosine or none, got "angular"/);
  await expect(submit("--keys", "weights=a")).rejects.toThrow(/--keys: expected/);
});

test.each(["--report", "--plot", "--classes", "--bootstrap", "--save"])(
  "what no task would write is refused: %s",
  async (option) => {
    await expect(submit(option, option === "--bootstrap" ? "5" : "x.html")).rejects.toThrow(
      new RegExp(`^${option}: expected nothing beside --shards`),
    );
  },
);
