import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkFinal } from "../../src/experiments/final-arrays.ts";
import { encodeNpz } from "../../src/features/index.ts";

test("final arrays that are damaged or gone are no finished run's", async () => {
  const folder = mkdtempSync(join(tmpdir(), "nclab-final-"));
  const file = join(folder, "final.npz");
  const last = {
    Z: [
      [1, 2],
      [3, 4],
    ],
  };
  try {
    await expect(checkFinal(folder, last)).rejects.toThrow(`${file}: expected the final arrays of a run that is done, got none`);
    const arrays = {
      Z: { shape: [2, 2], data: Float64Array.of(1, 2, 3, 4) },
      b: { shape: [2], data: Float64Array.of(5, 6) },
      W: { shape: [2, 1], data: Float64Array.of(7, 8) },
      H: { shape: [2, 1], data: Float64Array.of(7, 8) },
      counts: { shape: [2], data: Float64Array.of(3, 4) },
    };
    const bytes = encodeNpz(arrays);
    writeFileSync(file, bytes);
    await checkFinal(folder, last);
    // One byte of the packed numbers of Z, past the member's header of 30 bytes and its name.
    const damaged = Uint8Array.from(bytes);
    damaged[30 + "Z.npy".length + 40] ^= 4;
    writeFileSync(file, damaged);
    await expect(checkFinal(folder, last)).rejects.toThrow(/final\.npz/);
    writeFileSync(file, bytes.subarray(0, bytes.length - 30));
    await expect(checkFinal(folder, last)).rejects.toThrow(/final\.npz/);
    // Whole files of something else.
    writeFileSync(file, encodeNpz({ ...arrays, Z: { shape: [2, 2], data: Float64Array.of(1, 2, 3, 5) } }));
    await expect(checkFinal(folder, last)).rejects.toThrow(/expected the Z of the last line of metrics\.jsonl, got another/);
    writeFileSync(file, encodeNpz({ Z: arrays.Z, b: arrays.b }));
    await expect(checkFinal(folder, last)).rejects.toThrow(/final\.npz: expected Z, b, W, H and counts, got "Z, b"/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
