import { expect, test } from "vitest";
import { duration, progressLine } from "../../src/cli/progress.ts";

/** An output that remembers, and a clock that is set by hand. */
function recorder(isTTY: boolean): { written: string[]; output: { write(text: string): void; isTTY: boolean; columns: number } } {
  const written: string[] = [];
  return { written, output: { write: (text) => void written.push(text), isTTY, columns: 60 } };
}

test("a terminal gets one line redrawn, with a bar and the time left at this call's speed", () => {
  const { written, output } = recorder(true);
  let time = 0;
  // 50 of 100 were done by an earlier call: the first step of this one took a second, 49 are left.
  const line = progressLine({ output, now: () => time, from: 50 });
  time = 1000;
  line.update(51, 100, "epoch 6/10");
  expect(written).toEqual(["\r\x1b[K[##########..........]  51%  epoch 6/10  49 s left"]);
  line.update(52, 100, "too soon");
  expect(written.length).toBe(1);
  line.note("between");
  expect(written[1]).toBe("\r\x1b[Kbetween\n[##########..........]  51%  epoch 6/10  49 s left");
  time = 50_000;
  line.update(100, 100, "epoch 10/10");
  expect(written[2]).toBe("\r\x1b[K[####################] 100%  epoch 10/10  took 50 s");
  line.end();
  expect(written[3]).toBe("\n");
});

test("a line never wraps", () => {
  const { written, output } = recorder(true);
  progressLine({ output, now: () => 0 }).update(1, 2, "x".repeat(200));
  expect(written[0].replace("\r\x1b[K", "").length).toBe(59);
});

test("anything else gets a plain line every ten seconds, and the last one", () => {
  const { written, output } = recorder(false);
  let time = 0;
  const line = progressLine({ output, now: () => time });
  for (let i = 1; i <= 30; i++) {
    time = 1000 * i;
    line.update(i, 30, "step");
  }
  expect(written).toEqual([
    "  3%  step  29 s left\n",
    " 36%  step  19 s left\n",
    " 70%  step  9 s left\n",
    "100%  step  took 30 s\n",
  ]);
});

test("durations", () => {
  expect([0, 59_400, 60_000, 185_000, 7_800_000].map(duration)).toEqual(["0 s", "59 s", "1:00 min", "3:05 min", "2:10 h"]);
});
