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
