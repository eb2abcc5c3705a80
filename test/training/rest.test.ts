import { expect, test } from "vitest";
import { trainingSettings, trainRun } from "../../src/training/index.ts";
import { glyphData } from "./glyph-data.ts";

/** Signals, timers, a lock's heartbeat and a worker's messages come by the event loop. */
test("timers are heard while a training runs, in its epochs and at its end, without an evaluation or a checkpoint between", async () => {
  const counts = [30, 30, 30, 30, 30, 10, 10, 10, 10, 10];
  const settings = trainingSettings({ counts, lambdaZ: 0.004, epochs: 30, batch: 50, lastLayer: 60 });
  let ticks = 0;
  let atEnd = 0;
  const timer = setInterval(() => ticks++, 5);
  let stopped = false;
  try {
    await trainRun(settings, glyphData(counts, 2), {
      onProgress: ({ epoch }) => {
        if (epoch >= 30 && atEnd === 0) atEnd = ticks;
      },
    });
    // A signal that a timer stands for here ends it at the next epoch.
    setTimeout(() => {
      stopped = true;
    }, 100);
    const run = trainRun({ ...settings, epochs: 3000 }, glyphData(counts, 2), { stop: () => stopped });
    await expect(run).rejects.toThrow(/interrupted after epoch/);
  } finally {
    clearInterval(timer);
  }
  expect(atEnd).toBeGreaterThan(1);
  expect(ticks).toBeGreaterThan(atEnd);
}, 60_000);
