import { expect, test } from "vitest";
import { phase } from "../../src/cli/phase.ts";
import { nonnegativeEvents } from "../../src/prediction/index.ts";
import { problem } from "../../src/problem/index.ts";
import { runCommand } from "./run.ts";

test("nclab phase --nonnegative: letters a, c, d, and their borders are the vanishing thresholds", async () => {
  const { out } = await runCommand(
    phase,
    ..."--nonnegative --lambda-b 0.02 --x lambda-z:1e-3:1e-2:500 --y ratio:2:5:2 --json".split(" "),
  );
  const d = JSON.parse(out);
  expect(d.nonnegative).toBe(true);
  const row: string = d.phases[1];
  expect(row).toMatch(/^a+c+d+$/);
  const counts = [...new Array(5).fill(500), ...new Array(5).fill(100)];
  const { events } = nonnegativeEvents(problem({ counts, lambdaZ: 1, lambdaB: 0.02 }));
  for (const [letter, event] of [
    ["c", 0],
    ["d", 1],
  ] as const) {
    const first = row.indexOf(letter);
    expect(d.x.values[first - 1]).toBeLessThan(events[event].lambdaZ);
    expect(d.x.values[first]).toBeGreaterThanOrEqual(events[event].lambdaZ);
  }
});

test("the text says which features, and leaves out the structure that they do not have", async () => {
  const args = "--x lambda-z:1e-3:1e-2:20 --y ratio:2:5:3".split(" ");
  const { out } = await runCommand(phase, "--nonnegative", ...args);
  expect(out).toContain("nonnegative features");
  expect(out).not.toContain("(b)");
  expect((await runCommand(phase, ...args)).out).toContain("(b)");
});
