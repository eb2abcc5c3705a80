import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { environment, pythonWith } from "../python/find.ts";

const script = join(import.meta.dirname, "../../examples/pytorch/long_tail.py");
const python = pythonWith("numpy, torch");
if (python === undefined) console.info("skipped: no Python with numpy and torch was found, which the PyTorch example needs");

test("the script is short enough to be read", () => {
  expect(readFileSync(script, "utf8").trimEnd().split("\n").length).toBeLessThanOrEqual(80);
});

test.skipIf(python === undefined)(
  "a PyTorch training with Recorder, prediction, advice and a second training, on made-up images",
  () => {
    const out = mkdtempSync(join(tmpdir(), "nclab-long-tail-"));
    try {
      const words = ["--synthetic", "--epochs", "2", "--most", "100", "--out", out];
      const printed = execFileSync(python as string, [script, ...words], { encoding: "utf8", env: environment });
      const rows = [
        ...printed.matchAll(
          /^ {4}(\d) +(\d+) +(own|outvoted|faded|merged) +(-?[\d.]+) +(own|outvoted|faded|merged) +(-?[\d.]+)$/gm,
        ),
      ];
      expect(rows.map(([, k, n]) => [Number(k), Number(n)])).toEqual(
        Array.from({ length: 10 }, (_, k) => [k, Math.floor(100 * 0.02 ** (k / 9))]),
      );
      expect(printed).toMatch(/plain: \d+ of 10 classes are their own\nweighted: \d+ of 10 classes are their own\n$/);
      for (const run of ["plain", "weighted"]) {
        const lines = readFileSync(join(out, run, "measurements.jsonl"), "utf8")
          .trim()
          .split("\n");
        expect(lines.map((line) => JSON.parse(line).epoch)).toEqual([1, 2]);
      }
    } finally {
      rmSync(out, { recursive: true, force: true });
    }
  },
  300_000,
);
