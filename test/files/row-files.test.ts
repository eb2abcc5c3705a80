import { afterEach, expect, test, vi } from "vitest";
import { InputError } from "../../src/errors.ts";
import { rowFiles } from "../../src/files/index.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

test("where the folder for temporary files has no room, or is not there, that is said with the way out", () => {
  vi.stubEnv("TMPDIR", "/nowhere/at/all");
  expect(() => rowFiles().rows(3, 2)).toThrow(InputError);
  expect(() => rowFiles().rows(3, 2)).toThrow(
    /^a matrix with a row a class: expected room for 48 bytes in \/nowhere\/at\/all \(TMPDIR names another folder\), got ENOENT$/,
  );
  vi.unstubAllEnvs();
  // 8 exabytes.
  expect(() => rowFiles().rows(2 ** 40, 2 ** 20)).toThrow(/got \d+ bytes free, of which 268435456 stay free$/);
});

test("matrices of 2 GB and more are read at once too", () => {
  const storage = rowFiles();
  const rows = storage.rows(2 ** 14 + 1, 2 ** 14);
  rows.write(2 ** 14, new Float64Array(2 ** 14).fill(7));
  const all = rows.all();
  expect([all[2 ** 28 - 1], all[2 ** 28], all.at(-1)]).toEqual([0, 7, 7]);
  rows.close();
  storage.close();
});
