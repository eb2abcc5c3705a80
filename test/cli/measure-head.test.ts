import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { measure } from "../../src/cli/measure.ts";
import { encodeNpz } from "../../src/features/index.ts";
import { clouds } from "../measure/plain.ts";
import { runCommand } from "./run.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "nclab-head-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const { features, labels, d, K, head } = clouds([9, 6, 3], 4, 0.3, 2);
const n = labels.length;

async function measured(arrays: Record<string, { shape: number[]; data: Float64Array }>, ...args: string[]) {
  const file = join(folder, "dump.npz");
  writeFileSync(
    file,
    encodeNpz({ features: { shape: [n, d], data: features }, labels: { shape: [n], data: Int32Array.from(labels) }, ...arrays }),
  );
  return JSON.parse((await runCommand(measure, file, "--json", ...args)).out);
}

const weight = { shape: [K, d], data: head.W };
const bias = { shape: [K], data: head.b };

test.each([
  ["module.fc.weight", "module.fc.bias", ["--keys", "weight=fc.weight"]],
  ["module.fc.weight", "module.fc.bias", ["--keys", "weight=module.fc.weight"]],
  ["module.fc.weight", "module.fc.bias", []],
  ["net.proto", "net.bias", ["--keys", "weight=proto"]],
  ["net.W_out", "net.b_out", ["--keys", "weight=W_out,bias=b_out"]],
  ["head_w", "head_b", ["--keys", "weight=head_w"]],
  ["a.W2", "a.b2", ["--keys", "weight=W2"]],
  ["dense.kernel", "dense.bias", ["--keys", "weight=kernel"]],
  ["Weights", "Biases", ["--keys", "weight=Weights"]],
])("the bias beside %s is %s", async (w, b, args) => {
  const m = await measured({ [w]: weight, [b]: bias }, ...args);
  expect(m.b).toEqual(Array.from(head.b));
  expect(m.notes.join()).not.toMatch(/bias/);
});

test("a head without a bias is said, with the way to give one", async () => {
  const m = await measured({ "module.fc.weight": weight, "other.bias": bias }, "--keys", "weight=fc.weight");
  expect(m.b).toEqual([0, 0, 0]);
  expect(m.notes.join()).toMatch(/module\.fc\.weight.*: no bias was found beside it \(--keys bias=NAME or --head-bias FILE/);
  // An array called bias that cannot be this head's is left alone.
  expect((await measured({ weight, b: { shape: [7], data: new Float64Array(7) } }, "--keys", "weight=weight")).b).toEqual([
    0, 0, 0,
  ]);
});

test("a short name that two arrays end in is refused with both", async () => {
  await expect(measured({ "a.fc.weight": weight, "b.fc.weight": weight }, "--keys", "weight=fc.weight")).rejects.toThrow(
    /weight: expected one of a\.fc\.weight, b\.fc\.weight, got "fc\.weight"/,
  );
});
