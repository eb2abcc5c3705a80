import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { measure } from "../../src/cli/measure.ts";
import { decodeNpz, encodeNpz } from "../../src/features/index.ts";
import { runCommand, runProgram, tableWith } from "./run.ts";

const folder = mkdtempSync(join(tmpdir(), "nclab-train-table-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("train's table of classes: by hand from the saved Z and b, and what measure says of the saved features", async () => {
  const saves = join(folder, "run");
  const words =
    "--counts 5x20,5x3 --lambda-z 0.03 --lambda-b 0.01 --dataset glyphs --epochs 8 --batch 25 --seed 3 --backend wasm";
  const { code, out, err } = await runProgram("train", ...words.split(" "), "--out", saves);
  expect(code, err).toBe(0);
  const rowsOf = tableWith("margin in logits", out);
  expect(rowsOf).toHaveLength(10);
  const { Z, b, W, H, counts } = decodeNpz(readFileSync(join(saves, "final.npz")));
  const K = 10;
  const d = W.shape[1];
  const saved = Array.from({ length: K }, (_, k) => {
    const logits = Array.from({ length: K }, (_, i) => Number(Z.data[i * K + k]) + Number(b.data[i]));
    const total = logits.reduce((sum, x) => sum + Math.exp(x), 0);
    const others = logits.map((x, i) => (i === k ? Number.NEGATIVE_INFINITY : x));
    const rival = others.indexOf(Math.max(...others));
    return { rival, margin: logits[k] - logits[rival], pOwn: Math.exp(logits[k]) / total };
  });
  // Every sample at the mean feature of its class: what measure then says is what became of the class.
  const labels = Array.from(counts.data, Number).flatMap((n, k) => new Array<number>(n).fill(k));
  const rows = labels.flatMap((k) => Array.from(H.data.subarray(k * d, k * d + d), Number));
  const file = join(folder, "means.npz");
  writeFileSync(
    file,
    encodeNpz({
      features: { shape: [labels.length, d], data: Float64Array.from(rows) },
      labels: { shape: [labels.length], data: Int32Array.from(labels) },
      weight: { shape: W.shape, data: Float64Array.from(W.data, Number) },
      bias: { shape: [K], data: Float64Array.from(b.data, Number) },
    }),
  );
  const m = JSON.parse((await runCommand(measure, file, "--json")).out);
  const seen = new Set<string>();
  saved.forEach(({ rival, margin, pOwn }, k) => {
    expect(rowsOf[k].samples).toBe(k < 5 ? "20" : "3");
    expect(rowsOf[k].becomes).toBe(m.classes[k].status);
    expect(rowsOf[k]["strongest rival"].split(" ")[0]).toBe(String(rival));
    // Four digits are printed; float32 arrays are saved.
    expect(Math.abs(Number(rowsOf[k]["margin in logits"].replace("−", "-")) - margin)).toBeLessThan(
      1e-3 * Math.max(1, Math.abs(margin)),
    );
    expect(Math.abs(Number(rowsOf[k].p_own) - pOwn)).toBeLessThan(1e-3);
    expect(rowsOf[k].class.split(" ")[0]).toBe(String(k));
    seen.add(m.classes[k].status);
  });
  const { own } = m.summary;
  expect(out).toContain(`${own} of 10 classes are their own`);
  // The table is of interest where not all is well.
  expect(seen.size).toBeGreaterThan(1);
}, 60_000);
