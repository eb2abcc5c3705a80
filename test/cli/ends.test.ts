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
    at("zero.npz"),
    encodeNpz(
      filled([
        { name: "fc.weight", shape: [0, 4] },
        { name: "fc.bias", shape: [0] },
      ]),
    ),
  );
  const normalized = ["weight", "bias", "running_mean", "running_var"].map((name) => ({ name: `bn.${name}`, shape: [4] }));
  const before = [{ name: "l1.weight", shape: [4, 3] }, { name: "l1.bias", shape: [4] }, ...normalized];
  for (const [name, shape] of [
    ["one", [1, 4]],
    ["stack", [3, 5, 4]],
  ] as const)
    writeFileSync(
      at(`${name}.npz`),
      encodeNpz(filled([...before, { name: "fc.weight", shape: [...shape] }, { name: "fc.bias", shape: shape.slice(0, -1) }])),
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
  [["zero.npz"], "zero.npz, fc.weight: classes: expected at least 1"],
  [["none.pt"], "none.pt: expected a readable file"],
  [["resnet.npz", "mlp.npz"], "nclab ends: expected one checkpoint"],
])("refused: %j", async (files, message) => {
  const { code, err } = await runProgram("ends", ...files.map(at));
  expect(err).toContain(message);
  expect(code).toBe(2);
});

test("one logit is two classes, of which measure knows what its decay means", async () => {
  const one = await told(at("one.npz"));
  expect(one).toMatchObject({ section: "9.1", ends: "batch-norm", width: 4, head: { classes: 1 } });
  expect(one.next).toMatch(/^nclab measure .* --weight-decay X --ends batch-norm$/);
  expect(one.notes.join()).toMatch(/one logit is a head of two classes under the decay 2X/);
  expect((await runProgram("ends", at("one.npz"))).out).toContain("one logit, 4 features");
});

test("one of stacked heads, by its index", async () => {
  const stack = await told(at("stack.npz"), "--keys", "weight=fc.weight[1]");
  expect(stack).toMatchObject({ section: "9.1", width: 4, head: { classes: 5 } });
  expect(stack.next).toContain("--keys 'weight=fc.weight[1]'");
  // Of that head alone: 5 x 4 numbers of 0.5.
  expect(stack.decay.ratio).toBeCloseTo((4 * 0.25 + 4 * 0.25) / (20 * 0.25), 12);
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

/** What is said of names and shapes alone. */
async function saidOf(name: string, parameters: readonly Parameter[], head?: string) {
  const file = at(`${name}.npz`);
  writeFileSync(file, encodeNpz(filled(parameters)));
  const document = await told(file, ...(head === undefined ? [] : ["--keys", `weight=${head}`]));
  return { ...document, said: document.notes.join("\n") };
}
const norm = (place: string, d: number): Parameter[] =>
  ["weight", "bias"].map((part) => ({ name: `${place}.${part}`, shape: [d] }));
const ofHead = (place: string, K: number, d: number): Parameter[] => [
  { name: `${place}.weight`, shape: [K, d] },
  { name: `${place}.bias`, shape: [K] },
];
/** A vision transformer's last parts. */
const transformer = (K: number, d: number): Parameter[] => [...norm("encoder.ln", d), ...ofHead("heads.head", K, d)];

test("a residual network with group normalization: no section, no J, no command of another model", async () => {
  const grouped = small.filter(({ name }) => !/\.(running_mean|running_var|num_batches_tracked)$/.test(name));
  const m = await saidOf("grouped", grouped);
  expect(m).toMatchObject({ ends: "layer-norm-relu", section: null, branches: 1, branchesAtMost: 1 });
  expect(m.said).toMatch(/a group normalization looks the same/);
  expect(m.said).toMatch(/a ReLU after layer normalization leads is open/);
  expect(m.said).toMatch(/made of 3 normalizations/);
  expect(m.said).not.toMatch(/J is between/);
  expect(m.next).not.toMatch(/--ends|predict/);
  expect((await runProgram("ends", at("grouped.npz"))).out).not.toContain("branches J");
});

test("what follows a dense layer is not told of batch normalization", async () => {
  const parameters = of.mobilenetV3().map(({ name, shape }) => ({ name, shape: name.startsWith("features.16.0") ? [1] : shape }));
  const { said, ends } = await saidOf("mobile", parameters);
  expect(ends).toBe("none");
  expect(said).not.toMatch(/batch-norm/);
  expect(said).toMatch(/a hardswish follows the layer before the head: section 9\.3 is about features that are linear/);
});

test.each<[string, Parameter[]]>([
  ["BERT, a tanh", [...ofHead("bert.pooler.dense", 8, 8), ...ofHead("classifier", 3, 8)]],
  ["DistilBERT, a ReLU", [...ofHead("pre_classifier", 8, 8), ...ofHead("classifier", 3, 8)]],
])("an activation behind the dense layer: no section, no --hidden, and the page says so: %s", async (name, parameters) => {
  const m = await saidOf(name.slice(0, 4), parameters);
  expect(m).toMatchObject({ ends: "none", section: null });
  expect(m.next).not.toMatch(/--hidden|--weight-decay/);
  expect(m.said).toMatch(/section 9\.3 is about features that are linear in what a dense layer takes/);
  const { out } = await runProgram("ends", at(`${name.slice(0, 4)}.npz`));
  expect(out).toMatch(/a layer without normalization, activation (tanh|ReLU)\n/);
  expect(out).toContain("no section of the theory");
});

test("a head that takes another number of features than its network gives is the first thing said", async () => {
  const parameters = small.map((p) => (p.name === "fc.weight" ? { ...p, shape: [6, 9] } : p));
  const m = await saidOf("misfit", parameters);
  expect(m).toMatchObject({ ends: "unknown", section: null, branches: 1, decay: null, misfit: { place: "layer2", width: 8 } });
  expect(m.next).not.toMatch(/--ends/);
  expect(m.notes[0]).toMatch(/^the head takes 9 features, layer2 gives 8: head and body are of two networks, or/);
  expect((await runProgram("ends", at("misfit.npz"))).out).toContain(
    "before the head     the head takes 9 features, layer2 gives 8\n",
  );
});

test("few features: what the section needs, and no command that would be refused", async () => {
  const few = await saidOf("vit", transformer(20, 12));
  expect(few.section).toBe("9.4");
  expect(few.said).not.toMatch(/fewer than/);
  expect(few.next).toMatch(/predict .*--width 12$/);
  const fewer = await saidOf("vit-fewer", transformer(26, 12));
  expect(fewer.said).toMatch(/predict does not take it: width: expected a whole number of at least K\/2 = 13/);
  expect(fewer.next).toMatch(/^nclab measure/);
  const many = await saidOf("vit-many", transformer(2001, 1001));
  expect(many.said).toMatch(/at most 2000 classes with layer-norm/);
  expect(many.next).toMatch(/^nclab measure/);
  const before = [{ name: "0.weight", shape: [8, 5] }];
  const batch = [...norm("1", 8), { name: "1.running_mean", shape: [8] }, { name: "1.running_var", shape: [8] }];
  const own = (K: number) => [...before, ...batch, ...ofHead("2", K, 8)];
  expect((await saidOf("nine", own(9), "2.weight")).said).not.toMatch(/fewer than/);
  expect((await saidOf("ten", own(10), "2.weight")).said).toMatch(/8 features are fewer than K - 1 = 9/);
  // Behind a ReLU features are nonnegative: a direction a class.
  const residual = await saidOf("relu", of.resnet([1, 1], false, { base: 4, K: 9 }));
  expect(residual.said).toMatch(/8 features are fewer than K = 9/);
});

test("J outside of what the sizes of the branches allow is said, and the same number is measure's", async () => {
  const one = Object.fromEntries(
    small.filter(({ name }) => /^layer2\.1\.bn2\.(weight|bias)$/.test(name)).map(({ name }) => [name, 5]),
  );
  const file = at("uneven.npz");
  writeFileSync(file, encodeNpz(filled(small, one)));
  // Two branches of 0.5 and one of ten times that in every channel: (1 + 1 + 10)^2 / (1 + 1 + 100).
  const most = 144 / 102;
  expect((await told(file)).branchesAtMost).toBeCloseTo(most, 6);
  const { notes, branches } = await told(file, "--features", at("features.npy"));
  expect(branches).toBeCloseTo(32 / 12, 6);
  expect(notes.join()).toMatch(/= 2\.67 is outside that range/);
  const labels = at("labels.npy");
  writeFileSync(labels, encodeNpy({ shape: [5], data: Int32Array.from([0, 1, 2, 3, 4]) }));
  const args = ["--labels", labels, "--head-weight", file, "--weight-decay", "0.1", "--ends", "batch-norm-relu", "--json"];
  const m = JSON.parse((await runProgram("measure", at("features.npy"), ...args)).out);
  expect(m.branches).toEqual({ J: expect.closeTo(32 / 12, 6), atMost: expect.closeTo(most, 6) });
  expect(m.notes.join()).toMatch(/J = 2\.67, outside 1 to 1\.41/);
});

/** Python's own form of numbers, texts, lists and dictionaries (pickle protocol 2). */
type Python = number | string | boolean | Python[] | { [key: string]: Python };
function pickled(value: Python): Buffer {
  if (typeof value === "boolean") return Buffer.from(value ? [0x88] : [0x89]);
  if (typeof value === "number") {
    const number = Buffer.from("G........");
    number.writeDoubleBE(value, 1);
    return number;
  }
  if (typeof value === "string") {
    const text = Buffer.from(`X....${value}`);
    text.writeUInt32LE(Buffer.byteLength(value), 1);
    return text;
  }
  if (Array.isArray(value)) return Buffer.concat([Buffer.from("]("), ...value.map(pickled), Buffer.from("e")]);
  const entries = Object.entries(value).flatMap(([key, inside]) => [pickled(key), pickled(inside)]);
  return Buffer.concat([Buffer.from("}("), ...entries, Buffer.from("u")]);
}

/** A network whose head has no head's name, batch normalization before it, and an optimizer's groups of parameters. */
function sequential(name: string, ...groups: Python[]): string {
  const vector = (n: number): Python => new Array(n).fill(0.5);
  const matrix = (n: number, d: number): Python => Array.from({ length: n }, () => vector(d));
  const network = {
    "0.weight": matrix(8, 5),
    "1.weight": vector(8),
    "1.bias": vector(8),
    "1.running_mean": vector(8),
    "1.running_var": vector(8),
    "3.weight": matrix(4, 8),
    "3.bias": vector(4),
  };
  const all = { state_dict: network, optimizer: { param_groups: groups } };
  writeFileSync(at(name), Buffer.concat([Buffer.from([0x80, 2]), pickled(all), Buffer.from(".")]));
  return at(name);
}

test("a head by the order of the file is named, in the next command too; the file's weight decay is filled in", async () => {
  const file = sequential("own.pkl", { lr: 0.1, weight_decay: 5e-4 });
  const m = await told(file);
  expect(m).toMatchObject({
    ends: "batch-norm",
    section: "9.1",
    head: { name: "state_dict.3.weight", classes: 4, width: 8 },
    weightDecay: { value: 5e-4, from: "optimizer.param_groups.0.weight_decay" },
  });
  expect(m.next).toBe(
    `nclab measure --features FEATURES --labels LABELS --head-weight ${file} --keys weight=state_dict.3.weight --weight-decay 0.0005 --ends batch-norm`,
  );
  expect(m.notes[0]).toMatch(/^state_dict\.3\.weight was taken for the head as the last module of the file/);
  expect(m.notes.join()).toMatch(/the weight decay 0\.0005 is optimizer\.param_groups\.0\.weight_decay of the file/);
});

test.each<[string, Python[], RegExp]>([
  ["AdamW", [{ weight_decay: 0.05, decoupled_weight_decay: true, betas: [0.9, 0.99] }], /is AdamW .* section 9\.5, not covered/],
  ["Adam or AdamW", [{ weight_decay: 0.05, betas: [0.9, 0.99] }], /X if the optimizer was SGD or Adam; of AdamW/],
  ["several", [{ weight_decay: 0.05 }, { weight_decay: 0 }], /several weight decays \(0\.05, 0; .*--norm-weight-decay/],
  ["none", [{ weight_decay: 0 }], /is 0: without a weight decay there is no minimum/],
])("a weight decay that is not to be filled in: %s", async (name, groups, note) => {
  const m = await told(sequential(`${name}.pkl`, ...groups));
  expect(m.weightDecay).toBeNull();
  expect(m.next).toContain("--weight-decay X");
  expect(m.notes.join("\n")).toMatch(note);
});
