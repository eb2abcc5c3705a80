import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { InputError } from "../../src/errors.ts";
import { unwritable, writeFileAtomic } from "../../src/features/atomic.ts";

const folder = mkdtempSync(join(tmpdir(), "nclab-atomic-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("places that cannot be written to are bad input, named; nothing is left beside them", async () => {
  symlinkSync("loop", join(folder, "loop"));
  mkdirSync(join(folder, "taken"));
  const before = readdirSync(folder);
  for (const [name, code] of [
    ["absent/x", "ENOENT"],
    ["loop/x", "ELOOP"],
    ["taken", "EISDIR"],
    ["x".repeat(300), "ENAMETOOLONG"],
  ]) {
    const writing = writeFileAtomic(join(folder, name), "text");
    await expect(writing).rejects.toThrow(InputError);
    await expect(writing).rejects.toThrow(`${join(folder, name)}: expected a writable place, got ${code}`);
  }
  expect(readdirSync(folder)).toEqual(before);
  await writeFileAtomic(join(folder, "file"), "text");
  expect(readFileSync(join(folder, "file"), "utf8")).toBe("text");
});

test("a full or broken disk is no bad input: the system's own error, which then names the file", () => {
  for (const code of ["ENOSPC", "EDQUOT", "EIO"]) {
    const error = unwritable(Object.assign(new Error(`${code}: no, write`), { code, syscall: "write" }), "a/b");
    expect(error).not.toBeInstanceOf(InputError);
    expect(error.message).toBe(`a/b: ${code}: no, write`);
    expect(error).toMatchObject({ code, syscall: "write" });
  }
});
