import { expect, test } from "vitest";
import { blobBytes } from "../../src/features/blob-bytes.ts";

const n = 3_000_000;
const all = Uint8Array.from({ length: n }, (_, i) => (i * 7919) % 251);

/** A blob that counts what is asked of it. */
function counted(bytes: Uint8Array): { blob: Blob; slices: [from: number, to: number][] } {
  const blob = new Blob([bytes as BlobPart]);
  const slices: [number, number][] = [];
  const slice = blob.slice.bind(blob);
  blob.slice = (from = 0, to = bytes.length) => {
    slices.push([from, to]);
    return slice(from, to);
  };
  return { blob, slices };
}

test("bytes at any position, and in order, are those of the file", async () => {
  const { blob, slices } = counted(all);
  const bytes = blobBytes(blob, "x.npy");
  expect([bytes.what, bytes.length]).toEqual(["x.npy", n]);
  for (const [at, length] of [
    [0, 5],
    [n - 3, 3],
    [1_234_567, 4096],
    [n, 0],
  ]) {
    const into = new Uint8Array(length);
    await bytes.readAt?.(at, into);
    expect(into).toEqual(all.subarray(at, at + length));
  }
  // No byte more than was asked for, and nothing at all for nothing.
  expect(slices).toEqual([
    [0, 5],
    [n - 3, n],
    [1_234_567, 1_234_567 + 4096],
  ]);
});

test.each([1, 1000, 1 << 20, 2_500_000])(
  "a reader that takes %d bytes at a time asks for a MiB or what it needs, and never for all",
  async (step) => {
    const { blob, slices } = counted(all);
    const from = 17;
    const reader = blobBytes(blob, "x").reader(from);
    // Few steps where they are small: what is read ahead is the same.
    const steps = Math.min(50, Math.floor((n - from) / step));
    for (let i = 0; i < steps; i++) {
      const into = new Uint8Array(step);
      await reader.fill(into);
      const at = from + i * step;
      expect(into.every((x, j) => x === all[at + j])).toBe(true);
    }
    await reader.close();
    for (const [begin, end] of slices) expect(end - begin).toBeLessThanOrEqual(Math.max(1 << 20, step));
    expect(slices.length).toBeLessThanOrEqual(Math.ceil((steps * step) / (1 << 20)) + 1);
  },
);

test("what is beyond the end is refused before anything is read", async () => {
  const { blob, slices } = counted(all.subarray(0, 10));
  const bytes = blobBytes(blob, "short.npy");
  const message = 'short.npy: expected at least 12 bytes, got "10 bytes"';
  await expect(bytes.readAt?.(8, new Uint8Array(4))).rejects.toThrow(message);
  const reader = bytes.reader(0);
  await reader.fill(new Uint8Array(8));
  await expect(reader.fill(new Uint8Array(4))).rejects.toThrow(message);
  expect(slices).toHaveLength(1);
});

test("a file that is gone since it was given says so", async () => {
  const blob = new Blob([all.subarray(0, 10) as BlobPart]);
  blob.slice = () => ({ arrayBuffer: () => Promise.reject(new Error("NotReadableError")) }) as unknown as Blob;
  const bytes = blobBytes(blob, "x.npy");
  const message = 'x.npy: expected a file that stays as it was when it was given to the page, got "NotReadableError"';
  await expect(bytes.readAt?.(0, new Uint8Array(4))).rejects.toThrow(message);
  await expect(bytes.reader(0).fill(new Uint8Array(4))).rejects.toThrow(message);
});
