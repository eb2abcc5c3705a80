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
