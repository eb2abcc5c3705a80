import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { measure } from "../../src/cli/measure.ts";
import { measureFrom } from "../../src/documents/index.ts";
import { openArrays, readWhole } from "../../src/features/index.ts";
import { filePlaces } from "../../src/words/index.ts";
import { runCommand } from "./run.ts";

/** Files as people have them, made by hand. */
const field = (name: string): string => join(import.meta.dirname, "../fixtures/field", name);
let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "nclab-field-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const json = async (...args: string[]) => JSON.parse((await runCommand(measure, ...args, "--json")).out);

test.each(["logits.npz", "logits_nobias.npz"])("%s: the features are the outputs of the head beside them", async (name) => {
  await expect(runCommand(measure, field(name))).rejects.toThrow(
    /features: expected what enters the last layer, N x 8 for .*weight of 5 x 8, got numbers that look like logits.*8[67] % of 150/,
  );
});

test("all_one.npz: every class of one sample", async () => {
  const m = await json(field("all_one.npz"));
  expect([m.nc1.paper, m.nc1.sampleWeighted, m.nc1.classBalanced, m.traceRatio, m.cdnv]).toEqual([null, null, null, null, null]);
  expect(m.notes.join()).toMatch(/every class has ONE sample/);
});

test("ep_1.pt: every count once", async () => {
  const m = await json(field("ep_1.pt"));
  expect(new Set(m.counts).size).toBe(m.K);
  expect(m.blockDeviation).toBeNull();
  expect(m.notes.join()).toMatch(/blockDeviation is undefined/);
});

test.each(["near_0.001.npz", "near_1e-09.npz", "near_1e-12.npz"])("%s: the note names the pair", async (name) => {
  const m = await json(field(name));
  const note = m.notes.find((text: string) => /the means of classes 3 and 4 are/.test(text));
  const without = Number(/With those means taken as one nc1 is (\S+) /.exec(note)?.[1] ?? m.nc1.paper);
  expect(without).toBeGreaterThan(1e-3);
  expect(without).toBeLessThan(1e-2);
  if (name !== "near_1e-12.npz") expect(m.nc1.paper).toBeGreaterThan(1e3);
  expect(m.merged).toEqual([[3, 4]]);
});

test("ldam_dxK.pth: --head cosine", async () => {
  const args = ["--features", field("H.npy"), "--labels", field("y.npy"), "--head-weight", field("ldam_dxK.pth")];
  const m = await json(...args, "--head", "cosine", "--scale", "30");
  const numbers = async (name: string) => {
    const file = await openArrays(field(name));
    const [array] = file.arrays.values();
    const whole = await readWhole(array);
    await file.close();
    return whole;
  };
  const [H, W, y] = [await numbers("H.npy"), await numbers("ldam_dxK.pth"), await numbers("y.npy")];
  const [n, d] = H.shape;
  const K = W.shape[1];
  const h = (i: number): number[] => Array.from(H.data.subarray(i * d, i * d + d));
  const w = (k: number): number[] => Array.from({ length: d }, (_, j) => W.data[j * K + k]);
  const cos = (x: number[], v: number[]): number => x.reduce((s, a, j) => s + a * v[j], 0) / Math.hypot(...x) / Math.hypot(...v);
  let [right, loss] = [0, 0];
  for (let i = 0; i < n; i++) {
    const u = Array.from({ length: K }, (_, k) => 30 * cos(h(i), w(k)));
    if (u[y.data[i]] === Math.max(...u)) right++;
    loss += (Math.log(u.reduce((s, x) => s + Math.exp(x), 0)) - u[y.data[i]]) / n;
  }
  expect(m.accuracyOverall).toBeCloseTo(right / n, 12);
  expect(m.crossEntropy).toBeCloseTo(loss, 10);
  expect(m.notes.join()).toMatch(/cosine head: .* at length 1, the rows times 30/);
  expect((await json(...args, "--head", "cosine")).notes.join()).toMatch(/--scale S says what the loss multiplied by/);
  // A linear head is another classifier.
  expect((await json(...args)).accuracyOverall).not.toBeCloseTo(right / n, 3);
});

test.each([
  [["--head", "angular"], /--head: expected linear, cosine or none, got "angular"/],
  [["--scale", "3"], /--scale: expected --head cosine beside it, got "--head linear"/],
  [["--head", "cosine", "--scale", "0"], /--scale: expected a positive number, got 0/],
  [["--head", "cosine"], /--head cosine: expected a head \(--head-weight FILE\), got none/],
])("%j is refused", async (args, message) => {
  await expect(runCommand(measure, field("all_one.npz"), ...args)).rejects.toThrow(message);
});

test("names with a head: the order is said", async () => {
  const names = join(folder, "names.csv");
  const y = await openArrays(field("y.npy"));
  const labels = Array.from((await readWhole([...y.arrays.values()][0])).data);
  await y.close();
  writeFileSync(names, labels.map((k) => ["ant", "bee", "cat", "dog", "eel"][k]).join("\n"));
  const args = ["--features", field("H.npy"), "--labels", names];
  const m = await json(...args, "--head-weight", field("ldam_dxK.pth"));
  expect(m.notes.join()).toMatch(
    /known by name and were numbered .*\(0 ant, 1 bee, 2 cat, 3 dog, \.\.\.\).*the head's rows are in this order/,
  );
  expect((await json(...args)).notes.join()).not.toMatch(/known by name/);
});

describe("a series of files", () => {
  test("stands at the epochs in the names", async () => {
    const plot = join(folder, "s.svg");
    await runCommand(measure, field("series"), "--plot", plot);
    const svg = readFileSync(plot, "utf8");
    const ticks = [...svg.matchAll(/>(\d+)<\/text>/g)].map((match) => Number(match[1]));
    expect(ticks).toContain(10);
    expect(Math.max(...ticks)).toBe(10);
  });
  test.each([
    [
      ["ckpt_epoch1_acc0.51.pt", "ckpt_epoch2_acc0.52.pt", "ckpt_epoch10_acc0.60.pt"],
      [1, 2, 10],
    ],
    [
      ["acc0.51-ep3.npz", "acc0.42-ep20.npz"],
      [3, 20],
    ],
    [
      ["resnet18_10.npz", "resnet18_200.npz"],
      [10, 200],
    ],
    [
      ["/runs/3/epoch-1.safetensors", "/runs/3/epoch-4.safetensors"],
      [1, 4],
    ],
    [
      ["lambda0.5.npz", "lambda0.25.npz"],
      [0.5, 0.25],
    ],
    [
      ["7.5acc_3.npz", "7.6acc_4.npz"],
      [3, 4],
    ],
    [
      ["epoch1_layer1.npz", "epoch1_layer2.npz"],
      [1, 2],
    ],
    [
      ["model.10.pt", "model.20.pt"],
      [10, 20],
    ],
    [
      ["a.npz", "b.npz", "c3.npz"],
      [0, 1, 2],
    ],
    [
      ["x1.npz", "x1.npz"],
      [0, 1],
    ],
    [
      ["ep_1.npz", "epoch-010.npz", "epoch20.npz"],
      [1, 10, 20],
    ],
    [
      ["checkpoint_12.npz", "checkpoint_2.npz"],
      [12, 2],
    ],
    [
      ["step=400-epoch=3.npz", "step=800-epoch=6.npz"],
      [3, 6],
    ],
    // Words that only end in the letter e are no epochs.
    [
      ["score7_epoch1.npz", "score8_epoch2.npz"],
      [1, 2],
    ],
    [
      ["size0.5_3.npz", "size0.7_4.npz"],
      [3, 4],
    ],
    [
      ["runs/epoch1/features.npz", "runs/epoch20/features.npz"],
      [1, 20],
    ],
    [
      ["seed0/ep_3.npz", "seed1/ep_5.npz"],
      [3, 5],
    ],
  ])("%j is at %j", (names, at) => {
    expect(filePlaces(names).at).toEqual(at);
  });
});

test("--ood: the cosines of class means with the mean of other features; the plain object says the same", async () => {
  const args = ["--features", field("H.npy"), "--labels", field("y.npy")];
  const [H, y] = await Promise.all(
    ["H.npy", "y.npy"].map(async (name) => {
      const file = await openArrays(field(name));
      const [array] = file.arrays.values();
      const whole = await readWhole(array);
      await file.close();
      return whole;
    }),
  );
  const [n, d] = H.shape;
  const m = await json(...args, "--ood", field("H.npy"));
  // Of the same features: the cosines with the mean of all samples.
  const mean = (rows: number[]): number[] =>
    Array.from({ length: d }, (_, j) => rows.reduce((sum, i) => sum + H.data[i * d + j], 0) / rows.length);
  const all = Array.from({ length: n }, (_, i) => i);
  const g = mean(all);
  const dot = (a: number[], b: number[]): number => a.reduce((sum, x, j) => sum + x * b[j], 0);
  const cosines = Array.from({ length: m.K }, (_, k) => mean(all.filter((i) => y.data[i] === k))).map(
    (mu) => Math.abs(dot(mu, g)) / Math.sqrt(dot(mu, mu) * dot(g, g)),
  );
  expect(m.nc5).toBeCloseTo(cosines.reduce((a, b) => a + b, 0) / m.K, 12);
  const plain = measureFrom({ features: H.data, labels: y.data, ood: H.data });
  expect(plain.nc5).toBeCloseTo(m.nc5, 12);
  expect((await json(...args)).nc5).toBeNull();
  await expect(runCommand(measure, ...args, "--ood", field("y.npy"))).rejects.toThrow(
    /expected rows of \d+ numbers, as the features have/,
  );
});
