import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

test("trainings in workers of a program that is given on the command line", () => {
  const module = (name: string): string => JSON.stringify(new URL(`../../dist/${name}.js`, import.meta.url));
  const code = `
import { runTrainings } from ${module("experiments/trainings")};
import { trainingSettings } from ${module("training/index")};
const settings = trainingSettings({ counts: new Array(10).fill(5), lambdaZ: 0.01, batch: 10, epochs: 1 });
console.log((await runTrainings([{ settings, dataset: "glyphs" }], { workers: 1 })).length);`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", code], { encoding: "utf8" });
  expect([stdout, stderr]).toEqual(["1\n", ""]);
});
