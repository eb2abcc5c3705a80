import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { InputError } from "../../src/errors.ts";
import { encodeSafetensors, openArrays, readWhole } from "../../src/features/index.ts";

/** Safetensors in several files with an index, and headers that do not keep what the format promises. */
const folder = mkdtempSync(join(tmpdir(), "nclab-sharded-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const write = (name: string, content: Uint8Array | string): string => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};
const one = (value: number) => ({ shape: [1], data: Float32Array.of(value) });

async function all(file: string): Promise<Record<string, number[]>> {
  const opened = await openArrays(file);
  try {
    expect(opened.kind).toBe("safetensors");
    const found: Record<string, number[]> = {};
    for (const [name, array] of opened.arrays) found[name] = [...(await readWhole(array)).data];
    return found;
  } finally {
    await opened.close();
  }
}
const refusal = async (file: string): Promise<string> => {
  const error = await all(file).catch((e) => e);
  expect(error).toBeInstanceOf(InputError);
  return error.message;
};

test("each array comes from the file that the index names for it", async () => {
  write("a-1.safetensors", encodeSafetensors({ x: one(1), both: one(2), "not in the index": one(9) }));
  write("a-2.safetensors", encodeSafetensors({ y: one(3), both: one(4) }));
  const map = { x: "a-1.safetensors", y: "a-2.safetensors", both: "a-2.safetensors" };
  expect(await all(write("a.index.json", JSON.stringify({ metadata: {}, weight_map: map })))).toEqual({
    x: [1],
    y: [3],
    both: [4],
  });
  // The end of the name says what it is, where the first character does not.
  expect(await all(write("b.json", ` ${JSON.stringify({ weight_map: map })}`))).toEqual({ x: [1], y: [3], both: [4] });
});

test("an index that points elsewhere, or is none", async () => {
  mkdirSync(join(folder, "sub"));
  write("sub/c.safetensors", encodeSafetensors({ x: one(1) }));
  write("c.safetensors.json", "{}");
  for (const shard of [
    "../c.safetensors",
    "sub/c.safetensors",
    "sub\\c.safetensors",
    "c.safetensors.json",
    ".safetensors.",
    "c.bin",
    3,
    null,
  ])
    expect(await refusal(write("d.json", JSON.stringify({ weight_map: { x: shard } }))), String(shard)).toMatch(
      /d\.json: weight_map: expected names of \.safetensors files beside it/,
    );
  for (const index of ["{}", '{"weight_map": 3}', '{"weight_map": null}'])
    expect(await refusal(write("d.json", index)), index).toMatch(/d\.json: expected an index with weight_map/);
  for (const index of ["[]", "3", "null", '"a"']) expect(await refusal(write("d.json", index)), index).toMatch(/a JSON object/);
  expect(await refusal(write("d.json", "{"))).toMatch(/d\.json: expected JSON/);
  expect(await refusal(write("d.json", '{"weight_map": {"x": "missing.safetensors"}}'))).toMatch(/missing\.safetensors/);
});

/** A file with this header, and 16 bytes after it. */
const header = (value: unknown, claimed?: number): Uint8Array => {
  const text = Buffer.from(typeof value === "string" ? value : JSON.stringify(value));
  const bytes = Buffer.alloc(8 + text.length + 16);
  bytes.writeBigUInt64LE(BigInt(claimed ?? text.length));
  text.copy(bytes, 8);
  return bytes;
};
const entry = (more: object) => ({ w: { dtype: "F32", shape: [2], data_offsets: [4, 12], ...more } });

test("what fits is read; types that are no plain numbers are named, not read", async () => {
  expect(await all(write("e.safetensors", header(entry({}))))).toEqual({ w: [0, 0] });
  expect(await all(write("e.safetensors", header(entry({ data_offsets: [8, 16] }))))).toEqual({ w: [0, 0] });
  const opened = await openArrays(write("e.safetensors", header({ c: { dtype: "C64", shape: [2, 3], data_offsets: [0, 48] } })));
  expect([...opened.arrays.keys()]).toEqual([]);
  expect([...opened.skipped]).toEqual([["c", "2 x 3 numbers of type C64"]]);
  await opened.close();
});

test.each<[string, Uint8Array, RegExp]>([
  ["an end outside", header(entry({ data_offsets: [12, 20] })), /w: data_offsets: expected 8 bytes inside the file/],
  ["a start before the first byte", header(entry({ data_offsets: [-4, 4] })), /w: data_offsets/],
  ["too many bytes", header(entry({ data_offsets: [0, 12] })), /w: data_offsets/],
  ["half a byte", header(entry({ data_offsets: [0.5, 8.5] })), /w: data_offsets/],
  ["no offsets", header(entry({ data_offsets: null })), /w: data_offsets/],
  ["no shape", header(entry({ shape: undefined })), /w: shape: expected a list/],
  ["a shape that is none", header(entry({ shape: [-2] })), /w: shape/],
  ["no type", header(entry({ dtype: 3 })), /w: dtype: expected a name/],
  ["no entry", header({ w: null }), /w: shape/],
  ["no JSON", header("{nothing"), /header: expected JSON/],
  ["a header longer than the file", header(entry({}), 1000), /header length: expected at most \d+, got 1000/],
  ["seven bytes", header("{}").subarray(0, 7), /expected/],
])("%s is refused", async (_, bytes, message) => {
  expect(await refusal(write("f.safetensors", bytes))).toMatch(message);
});
