import { expect, test } from "vitest";
import { trainingsProgress } from "../../src/cli/trainings-progress.ts";

test("networks count as ready with their last step, and the last one ends the line", () => {
  const written: string[] = [];
  let time = 0;
  const report = trainingsProgress(2, {
    output: { write: (text) => void written.push(text), isTTY: false },
    now: () => time,
  });
  const steps = 100;
  // Two at a time, three networks; 10 s between reports, one step of both in a second.
  report(0, 3, { step: 40, steps });
  report(1, 3, { step: 39, steps });
  expect(written).toEqual([]);
  report(1, 3, { step: 40, steps });
  time = 10_000;
  report(0, 3, { step: 50, steps });
  expect(written).toEqual([" 30%  0 of 3 networks ready  3:30 min left\n"]);
  time = 60_000;
  report(1, 3, { step: 100, steps });
  expect(written[1]).toContain("1 of 3 networks ready");
  report(0, 3, { step: 100, steps });
  time = 120_000;
  report(2, 3, { step: 100, steps });
  expect(written.at(-1)).toBe("100%  3 of 3 networks ready  took 2:00 min\n");
});

test("networks of different lengths add up to 100 %", () => {
  const written: string[] = [];
  let time = 0;
  const report = trainingsProgress(1, {
    output: { write: (text) => void written.push(text), isTTY: false },
    now: () => time,
    totalSteps: 400,
  });
  report(0, 2, { step: 50, steps: 100 });
  time = 20_000;
  report(0, 2, { step: 100, steps: 100 });
  expect(written).toEqual([" 25%  1 of 2 networks ready  2:00 min left\n"]);
  time = 140_000;
  report(1, 2, { step: 300, steps: 300 });
  expect(written.at(-1)).toContain("100%  2 of 2 networks ready");
});
