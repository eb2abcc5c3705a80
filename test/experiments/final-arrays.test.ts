import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkFinal } from "../../src/experiments/final-arrays.ts";
import { encodeNpz } from "../../src/features/index.ts";

test("final arrays that are damaged or gone are no finished run's", async () => {
  const folder = mkdtempSync(join(tmpdir(), "nclab-final-"));
  const file = join(folder, "final.npz");
  try {
    await expect(checkFinal(folder)).rejects.toThrow(`${file}: expected the final arrays of a run that is done, got none`);
    const bytes = encodeNpz({
      Z: { shape: [2, 2], data: Float64Array.of(1, 2, 3, 4) },
      b: { shape: [2], data: Float64Array.of(5, 6) },
    });
    writeFileSync(file, bytes);
    await checkFinal(folder);
    // One byte of the packed numbers of Z, past the member's header of 30 bytes and its name.
    const damaged = Uint8Array.from(bytes);
    damaged[30 + "Z.npy".length + 40] ^= 4;
    writeFileSync(file, damaged);
    await expect(checkFinal(folder)).rejects.toThrow(/final\.npz/);
    writeFileSync(file, bytes.subarray(0, bytes.length - 30));
    await expect(checkFinal(folder)).rejects.toThrow(/final\.npz/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
