import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { runProgram } from "../cli/run.ts";

const folder = mkdtempSync(join(tmpdir(), "nclab-peeled-figure-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("reproduce layer-peeled: no data set, no trainings; thresholds, a row a point, pictures in three forms", async () => {
  const { code, out, err } = await runProgram(
    "reproduce",
    "layer-peeled",
    "--out",
    folder,
    "--data-dir",
    join(folder, "nowhere"),
  );
  expect([code, err]).toEqual([0, ""]);
  expect(out).toContain("solved, nothing is trained");
  const at = join(folder, "layer-peeled");
  expect(readdirSync(at).sort()).toEqual(
    ["data.json", ...[10, 5].flatMap((E) => ["pdf", "png", "svg"].map((end) => `eh-${E}.${end}`))].sort(),
  );
  expect(existsSync(join(at, "points.npz"))).toBe(false);
  const { verdicts, data } = JSON.parse(readFileSync(join(at, "data.json"), "utf8"));
  expect(verdicts.every((v: { holds: boolean }) => v.holds)).toBe(true);
  // Fang et al.'s setting: 5 and 5 classes, 7 and 3.
  const threshold = (EH: number, kA: number): number =>
    data.thresholds.find((t: { EH: number; kA: number }) => t.EH === EH && t.kA === kA).threshold;
  expect(Math.abs(threshold(5, 5) - 12.1925)).toBeLessThan(1e-4);
  expect(Math.abs(threshold(5, 7) - 4.0005)).toBeLessThan(1e-4);
  // Equal classes: the simplex.
  for (const row of data.rows.filter((r: { ratio: number }) => r.ratio === 1)) expect(row.cosine).toBeCloseTo(-1 / 9, 9);
  expect(readFileSync(join(at, "eh-5.svg"), "utf8")).toContain("one classifier for the whole minority");
});
