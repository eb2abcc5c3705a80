import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Parameter } from "../../src/endings/index.ts";
import { encodeNpy, encodeNpz, encodeSafetensors } from "../../src/features/index.ts";
import * as of from "../endings/checkpoints.ts";
import { runProgram } from "./run.ts";

let folder = "";
const at = (name: string): string => join(folder, name);
const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** Arrays of one number each, by name; 0.5 where nothing is said. */
const filled = (parameters: readonly Parameter[], values: Record<string, number> = {}) =>
  Object.fromEntries(
    parameters.map(({ name, shape }) => [name, { shape, data: new Float32Array(sizeOf(shape)).fill(values[name] ?? 0.5) }]),
  );

const small = of.resnet([1, 2], false, { base: 4, K: 6 });
// |W|^2 = 6 x 8 x 0.25 = 12; three branches of 8 channels with gamma^2 + beta^2 = 0.5: 12 in all, and J at most 3.
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "nclab-ends-"));
  writeFileSync(at("resnet.npz"), encodeNpz(filled(small)));
  writeFileSync(at("resnet.safetensors"), encodeSafetensors(filled(small)));
  const spared = Object.fromEntries(
    small.filter(({ name }) => /^layer2.*(bn2|downsample\.1)\.weight$/.test(name)).map(({ name }) => [name, 30]),
  );
  writeFileSync(at("spared.npz"), encodeNpz(filled(small, spared)));
  writeFileSync(at("mlp.npz"), encodeNpz(filled(of.ownMlp("dense"))));
  writeFileSync(at("ln.npz"), encodeNpz(filled(of.ownMlp("layer"))));
  writeFileSync(at("nclab.safetensors"), encodeSafetensors(filled(of.nclabCheckpoint("batch"))));
  writeFileSync(
    at("kernel.npz"),
    encodeNpz(
      filled([
        { name: "params.norm.scale", shape: [7] },
        { name: "params.norm.bias", shape: [7] },
        { name: "batch_stats.norm.mean", shape: [7] },
        { name: "batch_stats.norm.var", shape: [7] },
        { name: "params.head.kernel", shape: [7, 4] },
        { name: "params.head.bias", shape: [4] },
      ]),
    ),
  );
  writeFileSync(at("two words.npz"), encodeNpz(filled(of.ownMlp("dense"))));
  writeFileSync(at("features.npy"), encodeNpy({ shape: [5, 8], data: new Float64Array(40).fill(2) }));
  writeFileSync(at("wide.npy"), encodeNpy({ shape: [5, 9], data: new Float64Array(45).fill(2) }));
  writeFileSync(
    at("nothing.npz"),
    encodeNpz(
      filled([
        { name: "a", shape: [3] },
        { name: "b", shape: [2, 2] },
        { name: "c", shape: [2, 2] },
      ]),
    ),
  );
  writeFileSync(
    at("one.npz"),
    encodeNpz(
      filled([
        { name: "fc.weight", shape: [1, 4] },
        { name: "fc.bias", shape: [1] },
      ]),
    ),
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const told = async (...args: string[]) => {
  const { code, out, err } = await runProgram("ends", ...args, "--json");
  expect(err).toBe("");
  expect(code).toBe(0);
  return JSON.parse(out);
};

test("a residual network: section, branches, and whether scale and shift look decayed", async () => {
  const m = await told(at("resnet.npz"));
  expect(m).toMatchObject({ schema: "nclab.ends/1", ends: "batch-norm-relu", section: "9.2", branches: null, width: 8 });
  expect(m.branchesAtMost).toBeCloseTo(3, 6);
  expect(m.decay).toMatchObject({ normSquares: 12, headSquares: 12, ratio: 1, looks: "decayed" });
  expect(m.evidence).toContainEqual({ name: "layer2.1.bn2.weight", shape: [8] });
  expect(m.next).toContain("--ends batch-norm-relu --branches J");
  // In a file without an order the same.
  const { file, evidence, ...rest } = await told(at("resnet.safetensors"));
  const { file: _, evidence: __, ...same } = m;
  expect(rest).toEqual({ ...same, next: same.next.replace(m.file, file) });
  expect(evidence).toHaveLength(m.evidence.length);
  const spared = await told(at("spared.npz"));
  expect(spared.decay.looks).toBe("spared");
  expect(spared.notes.join()).toMatch(/logits grow for ever/);
});

test("--features tells the branches: mean |h|^2 / |W|^2", async () => {
  const m = await told(at("resnet.npz"), "--features", at("features.npy"));
  expect(m.branches).toBeCloseTo(32 / 12, 9);
  expect(m.next).toContain("--branches 2.67");
  const { err, code } = await runProgram("ends", at("resnet.npz"), "--features", at("wide.npy"));
  expect(err).toContain('wide.npy: shape: expected N x 8, as the head takes, got "5 x 9"');
  expect(code).toBe(2);
});

test("the command to run next", async () => {
  expect((await told(at("mlp.npz"))).next).toBe(
    `nclab measure --features FEATURES --labels LABELS --head-weight ${at("mlp.npz")} --hidden HIDDEN --weight-decay X`,
  );
  expect((await told(at("ln.npz"))).next).toBe("nclab predict --counts COUNTS --weight-decay X --ends layer-norm --width 100");
  expect((await told(at("nclab.safetensors"))).next).toContain("--weight-decay X --ends batch-norm");
  expect((await told(at("two words.npz"))).next).toContain(`--head-weight '${at("two words.npz")}'`);
  expect(await told(at("kernel.npz"))).toMatchObject({ ends: "batch-norm", width: 7, head: { classes: 4 } });
});

test("the page says the same", async () => {
  const { out } = await runProgram("ends", at("resnet.npz"));
  expect(out).toContain("residual network, 6 classes, 8 features");
  expect(out).toContain("batch normalization and a ReLU, then a mean over places");
  expect(out).toContain("theory.md, section 9.2");
  expect(out).toContain("branches J          1 to 3");
  expect(out).toMatch(/scale and shift {5}decayed: .* = 1\n/);
  expect(out).toContain("layer2.1.bn2.weight 8");
  expect(out).toMatch(/run next {12}nclab measure/);
  expect((await runProgram("ends", at("mlp.npz"))).out).not.toContain("branches J");
});

test.each([
  [[], "nclab ends: expected one checkpoint, got none"],
  [["features.npy"], "features.npy: expected a checkpoint with arrays by name"],
  [["nothing.npz"], "nothing.npz: weight: expected an array named like a head's weight"],
  [["one.npz"], "one.npz, fc.weight.npy: classes: expected at least 2"],
  [["none.pt"], "none.pt: expected a readable file"],
  [["resnet.npz", "mlp.npz"], "nclab ends: expected one checkpoint"],
])("refused: %j", async (files, message) => {
  const { code, err } = await runProgram("ends", ...files.map(at));
  expect(err).toContain(message);
  expect(code).toBe(2);
});

test("--keys chooses the head", async () => {
  expect(await told(at("nothing.npz"), "--keys", "weight=b")).toMatchObject({ width: 2, ends: "unknown", section: null });
  expect((await runProgram("ends", at("nothing.npz"), "--keys", "weight=x")).err).toContain("expected one of a, b, c");
});

test("a normalization without scale and shift: nothing of it decays, so no section is about it", async () => {
  const file = at("bare.npz");
  const p = (name: string, ...shape: number[]): Parameter => ({ name, shape });
  const parameters = [
    p("0.weight", 8, 5),
    p("0.bias", 8),
    p("1.running_mean", 8),
    p("1.running_var", 8),
    p("2.weight", 3, 8),
    p("2.bias", 3),
  ];
  writeFileSync(file, encodeNpz(filled(parameters)));
  const { out } = await runProgram("ends", file, "--keys", "weight=2.weight", "--json");
  const d = JSON.parse(out);
  expect(d).toMatchObject({ ends: "batch-norm", section: null, decay: null });
  expect(d.next).not.toMatch(/--ends/);
  expect(d.notes.join(" ")).toMatch(/neither scale nor shift \(affine=False\)/);
});
