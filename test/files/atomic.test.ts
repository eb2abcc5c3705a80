import { execFileSync } from "node:child_process";
import { closeSync, lstatSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { InputError } from "../../src/errors.ts";
import { unwritable, writeFileAtomic } from "../../src/files/atomic.ts";

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

test.skipIf(process.platform === "win32")("a device or a pipe is left where it is", async () => {
  const pipe = join(folder, "pipe");
  execFileSync("mkfifo", [pipe]);
  symlinkSync("/dev/null", join(folder, "null"));
  const before = readdirSync(folder);
  await expect(writeFileAtomic(pipe, "text")).rejects.toThrow(
    `${pipe}: expected the name of a file, as it is written whole or not at all, got a pipe`,
  );
  // Not /dev/null itself: a test that fails as root must leave one.
  await expect(writeFileAtomic(join(folder, "null"), "text")).rejects.toThrow(/expected the name of a file, .* got a device/);
  expect(lstatSync(pipe).isFIFO()).toBe(true);
  expect(lstatSync(join(folder, "null")).isSymbolicLink()).toBe(true);
  expect(readdirSync(folder)).toEqual(before);
});

test.skipIf(process.platform !== "linux")("a name of an open file, as /dev/stdout is, is no file's", async () => {
  const file = join(folder, "open");
  const handle = openSync(file, "w");
  // By a link, as /dev/stdout is one to /proc/self/fd/1; /dev/stdout itself must survive a test that fails as root.
  symlinkSync("/proc/self/fd", join(folder, "descriptors"));
  const writing = writeFileAtomic(join(folder, "descriptors", String(handle)), "text");
  await expect(writing).rejects.toThrow(InputError);
  await expect(writing).rejects.toThrow(/expected the name of a file, .* got a name of the system/);
  closeSync(handle);
  expect(readFileSync(file, "utf8")).toBe("");
});

test("a full or broken disk is no bad input: the system's own error, which then names the file", () => {
  for (const code of ["ENOSPC", "EDQUOT", "EIO"]) {
    const error = unwritable(Object.assign(new Error(`${code}: no, write`), { code, syscall: "write" }), "a/b");
    expect(error).not.toBeInstanceOf(InputError);
    expect(error.message).toBe(`a/b: ${code}: no, write`);
    expect(error).toMatchObject({ code, syscall: "write" });
  }
});
