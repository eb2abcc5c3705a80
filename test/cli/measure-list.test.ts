import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { measure } from "../../src/cli/measure.ts";
import { encodeNpy, encodeNpz, encodeSafetensors } from "../../src/features/index.ts";
import { clouds } from "../measure/plain.ts";
import { runCommand } from "./run.ts";

let folder = "";
const at = (name: string): string => join(folder, name);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "nclab-list-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const { features, labels, d, K, head } = clouds([9, 6, 3], 4, 0.3, 2);
const n = labels.length;
type Arrays = Record<string, { shape: number[]; data: Float64Array | Int32Array }>;
const samples: Arrays = { features: { shape: [n, d], data: features }, labels: { shape: [n], data: Int32Array.from(labels) } };
const weight = { shape: [K, d], data: head.W };
const bias = { shape: [K], data: head.b };
const zeros = (...shape: number[]) => ({ shape, data: new Float64Array(shape.reduce((a, b) => a * b, 1)) });

function dump(arrays: Arrays): string {
  writeFileSync(at("dump.npz"), encodeNpz({ ...samples, ...arrays }));
  return at("dump.npz");
}

async function measured(arrays: Arrays, ...args: string[]) {
  return JSON.parse((await runCommand(measure, dump(arrays), "--json", ...args)).out);
}

async function listed(...args: string[]) {
  const { code, out } = await runCommand(measure, ...args, "--list", "--json");
  expect(code).toBe(0);
  return JSON.parse(out);
}

const roles = (file: { arrays: { name: string; role: string | null }[] }) =>
  Object.fromEntries(file.arrays.map(({ name, role }) => [name, role]));

test("--list says of every array its shape, type and role, and nothing is measured", async () => {
  const { schema, files } = await listed(dump({ "fc.weight": weight, "fc.bias": bias, "conv.weight": zeros(7, 3, 3, 3) }));
  expect(schema).toBe("nclab.listing/1");
  expect(files).toHaveLength(1);
  expect(files[0]).toMatchObject({ kind: "npz", columns: d, heads: ["fc.weight"], skipped: [], unclear: [] });
  expect(files[0].arrays).toContainEqual({ name: "labels", shape: [n], type: "i4", role: "labels", part: false });
  expect(files[0].arrays).toContainEqual({ name: "conv.weight", shape: [7, 3, 3, 3], type: "f8", role: null, part: false });
  expect(roles(files[0])).toEqual({
    features: "features",
    labels: "labels",
    "fc.weight": "weight",
    "fc.bias": "bias",
    "conv.weight": null,
  });
});

test("--list for people has a line an array, the candidates, and what is not clear", async () => {
  const { out } = await runCommand(measure, dump({ "a.proto": weight, "b.proto": weight }), "--list");
  expect(out).toMatch(/features +│ +18 x 4 +│ +f8 +│ +features/);
  expect(out).toMatch(/a\.proto +│ +3 x 4 +│ +f8 +│ +none \(fits as a head\)/);
  expect(out).toContain("heads that fit 4 columns: b.proto, a.proto");
  expect(out).toMatch(/unclear: .*weight: expected --keys weight=NAME to choose/);
});

test("--list fits the head of a checkpoint to features elsewhere", async () => {
  const file = encodeSafetensors({ "net.7.weight": weight, "net.7.bias": bias, "net.0.weight": zeros(9, 5) });
  writeFileSync(at("net.safetensors"), file);
  writeFileSync(at("H.npy"), encodeNpy(samples.features));
  writeFileSync(at("y.npy"), encodeNpy(samples.labels));
  const alone = await listed(at("net.safetensors"));
  expect(alone.files[0]).toMatchObject({ columns: null, heads: [] });
  const args = ["--features", at("H.npy"), "--labels", at("y.npy"), "--head-weight", at("net.safetensors")];
  const both = await listed(...args);
  expect(both.files.map(roles)).toEqual([
    { "": "features" },
    { "net.7.weight": "weight", "net.7.bias": "bias", "net.0.weight": null },
  ]);
  expect(both.files.map(({ heads }: { heads: string[] }) => heads)).toEqual([[], ["net.7.weight"]]);
});

test("a checkpoint alone has the head that its names say, with its bias", async () => {
  writeFileSync(at("alone.npz"), encodeNpz({ "module.fc.weight": weight, "module.fc.bias": bias }));
  expect((await listed(at("alone.npz"))).files.map(roles)).toEqual([{ "module.fc.weight": "weight", "module.fc.bias": "bias" }]);
});

test("a file that cannot be opened is said, and the others are listed", async () => {
  writeFileSync(at("bad.npz"), "<html>");
  const file = dump({});
  const { code, out, err } = await runCommand(measure, file, at("bad.npz"), "--list", "--json");
  expect(code).toBe(1);
  expect(err).toMatch(/bad\.npz.*left out/);
  const { files, failed } = JSON.parse(out);
  expect([files.length, failed.length, failed[0].file]).toEqual([1, 1, at("bad.npz")]);
  await expect(runCommand(measure, at("bad.npz"), "--list")).rejects.toThrow(/bad\.npz/);
});

test("--list measures nothing, and takes no backend", async () => {
  for (const backend of ["onnx", "nonsense"])
    await expect(runCommand(measure, dump({ "a.proto": weight }), "--list", "--backend", backend)).rejects.toThrow(
      `--backend: expected nothing beside --list, which measures nothing, got "${backend}"`,
    );
});

test("--list says what was skipped and why", async () => {
  const header = JSON.stringify({
    "fc.weight": { dtype: "F32", shape: [2, 1], data_offsets: [0, 8] },
    waves: { dtype: "C64", shape: [1], data_offsets: [8, 16] },
  });
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  writeFileSync(at("waves.safetensors"), Buffer.concat([length, Buffer.from(header), Buffer.alloc(16)]));
  const { files } = await listed(at("waves.safetensors"));
  expect(files[0].skipped).toEqual([{ name: "waves", reason: expect.stringContaining("C64") }]);
  const { out } = await runCommand(measure, at("waves.safetensors"), "--list");
  expect(out).toMatch(/skipped: waves: .*C64/);
});

test("a .npy is what the options say, else features where it has rows and labels where it is whole numbers", async () => {
  writeFileSync(at("H.npy"), encodeNpy(samples.features));
  writeFileSync(at("y.npy"), encodeNpy(samples.labels));
  writeFileSync(at("W.npy"), encodeNpy(weight));
  const { files } = await listed(at("H.npy"), at("y.npy"), "--head-weight", at("W.npy"));
  expect(files.map(roles)).toEqual([{ "": "features" }, { "": "labels" }, { "": "weight" }]);
});

test("a head that no name tells is found by its shape where the labels say how many classes, and that is said", async () => {
  const expected = await measured({ weight, bias });
  for (const shape of [
    [K, d],
    [K, d, 1, 1],
  ]) {
    const m = await measured({ "net.proto": { ...weight, shape }, "net.bias": bias, embed: zeros(11, d) });
    expect(m.nc3).toBe(expected.nc3);
    expect(m.b).toEqual(Array.from(head.b));
    expect(m.notes.join()).toContain(
      `net.proto ${shape.join(" x ")} was taken as the head's weight: no name is a head's, and it is the only array with a row for each of the 3 classes, of 2 with 4 columns (--keys weight=NAME takes another`,
    );
  }
});

test("weight normalization is one candidate: its parts are none", async () => {
  const lengths = Float64Array.from({ length: K }, (_, k) => Math.hypot(...head.W.subarray(k * d, k * d + d)));
  const directions = head.W.map((w) => 3 * w);
  const m = await measured({
    "net.proto_g": { shape: [K, 1], data: lengths },
    "net.proto_v": { shape: [K, d], data: directions },
  });
  expect(m.nc3).toBeCloseTo((await measured({ weight })).nc3, 12);
  expect(m.notes.join()).toContain("net.proto 3 x 4 was taken");
});

test("two arrays that fit are refused with both and the ways out; the optimizer's and the means of classes are none", async () => {
  await expect(measured({ "a.proto": weight, "b.proto": weight })).rejects.toThrow(
    /weight: expected --keys weight=NAME to choose, or --head none .*3 classes and 4 columns.*got "b\.proto 3 x 4, a\.proto 3 x 4"/,
  );
  expect((await measured({ "a.proto": weight, "b.proto": weight }, "--keys", "weight=a.proto")).nc3).not.toBeNull();
  const none = await measured({ "a.proto": weight, "b.proto": weight }, "--head", "none");
  expect([none.nc3, none.notes.join().includes("taken")]).toEqual([null, false]);
  const one = await measured({ "a.proto": weight, "optimizer.state.exp_avg": weight, class_means: weight });
  expect(one.notes.join()).toContain("a.proto 3 x 4 was taken");
  // None with a row a class: no head, as before.
  expect((await measured({ embed: zeros(11, d) })).nc3).toBeNull();
});

test("a head's file with no candidate names the role, and --head none takes no head beside it", async () => {
  writeFileSync(at("H.npy"), encodeNpy(samples.features));
  writeFileSync(at("y.npy"), encodeNpy(samples.labels));
  writeFileSync(at("odd.npz"), encodeNpz({ a: zeros(11, d), b: zeros(5, 9) }));
  const args = ["--features", at("H.npy"), "--labels", at("y.npy"), "--head-weight", at("odd.npz")];
  await expect(runCommand(measure, ...args)).rejects.toThrow(/odd\.npz: weight: expected .*by shape with 4 columns: a 11 x 4/);
  await expect(runCommand(measure, ...args, "--head", "none")).rejects.toThrow(
    /--head-weight: expected nothing beside --head none/,
  );
});

test.each([
  "heads.head.weight",
  "classifier.out_proj.weight",
  "classification_heads.mnli.out_proj.weight",
  "decoder.output_projection.weight",
  "cls.predictions.decoder.weight",
  "model._fc.weight",
  "predictions/predictions/kernel:0",
  "logits.kernel",
  "dense_12/kernel:0",
  "module.fc2.weight",
  "net.out.weight",
  "params.dense.kernel",
])("%s is a head by its name, with its bias", async (name) => {
  const kernel = /kernel/.test(name);
  const turned = { shape: [d, K], data: Float64Array.from({ length: d * K }, (_, i) => head.W[(i % K) * d + Math.floor(i / K)]) };
  const m = await measured({ [name]: kernel ? turned : weight, [name.replace(/weight|kernel/, "bias")]: bias, other: weight });
  expect(m.b).toEqual(Array.from(head.b));
  expect(m.nc3).toBe((await measured({ weight, bias })).nc3);
  expect(m.notes.join()).not.toContain("no name is a head's");
});

test("of numbered layers the last is the head; names that attention has too are a head's only at the top", async () => {
  const file = { "fc1.weight": zeros(d, 7), "fc2.weight": zeros(d, d), "fc3.weight": weight };
  expect(roles((await listed(dump(file))).files[0])).toMatchObject({ "fc3.weight": "weight", "fc2.weight": null });
  const attention = {
    "layers.0.attn.out_proj.weight": zeros(d, d),
    "layers.0.mlp.fc2.weight": zeros(d, 16),
    "net.proto": weight,
  };
  expect(roles((await listed(dump(attention))).files[0])).toMatchObject({ "net.proto": "weight" });
});

test.each([
  ["--report", "r.html"],
  ["--plot", "p.svg"],
  ["--picture", "means"],
  ["--classes", "c.csv"],
  ["--save", "part.npz"],
  ["--shard", "1/2"],
  ["--bootstrap", "10"],
])("--list beside %s is refused: nothing is measured", async (option, value) => {
  await expect(runCommand(measure, dump({ weight, bias }), "--list", option, value)).rejects.toThrow(
    new RegExp(`^${option}: expected nothing beside --list, which measures nothing`),
  );
});

test("candidates have a row a class where the labels say how many, and the head that is taken is one", async () => {
  const inner = { "inner.weight": zeros(K + 4, d), "other.weight": zeros(K, d) };
  expect((await listed(dump({ "fc.weight": zeros(9, d), ...inner }))).files[0].heads).toEqual(["fc.weight", "other.weight"]);
  writeFileSync(at("alone.npz"), encodeNpz({ features: samples.features, ...inner }));
  expect((await listed(at("alone.npz"))).files[0].heads).toEqual(["other.weight", "inner.weight"]);
});
