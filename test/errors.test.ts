import { expect, it, test } from "vitest";
import { unexpected } from "../src/cli/unexpected.ts";
import { DefectError, InputError, inputError, WorkError } from "../src/errors.ts";

const deep = (levels: number): unknown => {
  let value: unknown = 1;
  for (let i = 0; i < levels; i++) value = [value];
  return value;
};
const circle: Record<string, unknown> = {};
circle.counts = circle;

test.each([
  [undefined, /got nothing$/],
  [null, /got null$/],
  ["x", /got "x"$/],
  [-0.5, /got -0.5$/],
  [[1, [2], { a: "b" }, null, true], /got \[1,\[2\],\{"a":"b"\},null,true\]$/],
  [deep(100_000), /got \[{77}\.\.\.$/],
  [circle, /got (\{"counts":){7}\{"count\.\.\.$/],
  [new Array(1e6).fill(7), /got \[7,7,.*\.\.\.$/],
  [Float64Array.of(1, 0.5), /got \[1,0\.5\]$/],
  [new Uint8Array(1e6), /got \[0,0,.*\.\.\.$/],
  [Symbol("s"), /got Symbol\(s\)$/],
  ["y".repeat(1000), /got "y{77}\.\.\."$/],
])("a message shows any value, and no more than a line of it (%#)", (value, expected) => {
  const { message } = inputError("what", "rule", value);
  expect(message).toMatch(expected);
  expect(message.length).toBeLessThan(130);
});

it("what it shows of an ordinary value is its JSON", () => {
  for (const value of [[1, 2.5, "a,b"], { a: [1], 'b"': null }, [], {}, [[], {}], "x", 3])
    expect(inputError("w", "r", value).message).toBe(`w: expected r, got ${JSON.stringify(value)}`);
});

test("an error that nobody foresaw is called a defect, in one line; its stack is for those who ask", () => {
  expect(unexpected(new InputError("x: expected a, got b"), false)).toEqual({ message: "x: expected a, got b", code: 2 });
  expect(unexpected(new WorkError("diverged"), false)).toEqual({ message: "nclab failed: diverged", code: 1 });
  const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC", syscall: "write" });
  expect(unexpected(full, false)).toEqual({ message: "nclab failed: ENOSPC: no space left on device, write", code: 1 });
  const { message, code } = unexpected(new TypeError("a.b is not a function\nsecond line"), false);
  expect(code).toBe(1);
  expect(message).toMatch(/^nclab failed: a\.b is not a function \(a defect of nclab, .*NCLAB_DEBUG=1.*\)$/);
  expect(unexpected(new TypeError("a.b is not a function"), true).message).toMatch(/\n\s+at /);
  expect(unexpected(new DefectError("a gap below zero"), false)).toEqual({
    message:
      "nclab failed: a defect of nclab, please report it with this message: a gap below zero; NCLAB_DEBUG=1 shows where it happened",
    code: 1,
  });
  expect(unexpected("a text", false).message).toContain("a text");
});

test.each([
  [inputError("counts[1]", "a positive integer", 0), "counts[1]", "a positive integer", 0],
  [inputError("ends", "batch-norm, got by name", "a, got b"), "ends", "batch-norm, got by name", "a, got b"],
  [inputError("counts", "a list", [1, "x"]), "counts", "a list", '[1,"x"]'],
  [inputError("lambdaZ", "a positive number", undefined), "lambdaZ", "a positive number", "nothing"],
  [inputError("lambdaZ", "a positive number", Number.NaN), "lambdaZ", "a positive number", "NaN"],
  [new InputError("--x: expected one value, got 2"), "--x", "one value", 2],
  [new InputError('a: b: expected c, got "d" (did you mean e?)'), "a: b", "c", '"d" (did you mean e?)'],
  [new InputError("in words of its own"), null, null, null],
])("an error of input has its parts apart (%#)", (error, what, rule, value) => {
  expect([error.what, error.rule, error.value]).toEqual([what, rule, value]);
});
