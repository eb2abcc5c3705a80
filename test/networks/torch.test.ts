import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type HostTensors, hostTensor, startEngine } from "../../src/engine/index.ts";
import { decodeSafetensors, encodeSafetensors } from "../../src/features/safetensors.ts";
import { type NetworkInput, network } from "../../src/networks/index.ts";
import { compileForward } from "../../src/training/forward.ts";
import { heldArrays, initialState, sumsZero } from "../../src/training/state.ts";
import { compileStep } from "../../src/training/step.ts";

/** The same network with the same weights in PyTorch, where it is installed (NCLAB_PYTHON, /usr/bin/python3 or python3). */
const python = [process.env.NCLAB_PYTHON, "/usr/bin/python3", "python3"].find(
  (name) => name !== undefined && spawnSync(name, ["-c", "import numpy, torch"]).status === 0,
);
if (python === undefined) console.info("skipped: no python3 with numpy and torch was found");

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "nclab-torch-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const cases: [Pick<NetworkInput, "name" | "features" | "channels">, side: number][] = [
  [{ name: "resnet18", features: "relu", channels: 3 }, 16],
  [{ name: "resnet18", features: "linear", channels: 1 }, 8],
  [{ name: "resnet8", features: "relu", channels: 1 }, 16],
  [{ name: "cnn", features: "linear", channels: 3 }, 16],
  [{ name: "vgg11", features: "relu", channels: 1 }, 32],
];

describe.skipIf(python === undefined)("a forward pass and a training step agree with PyTorch to 1e-4", () => {
  test.each(cases)("%o, side %i", async (input, side) => {
    // Where an activation lies within rounding of a ReLU's kink, the two may take different sides and one gradient jumps: rare, and a
    // matter of the weights. An error of ours is in every one.
    let differences: Record<string, number> = {};
    for (const seed of [4, 5, 6]) {
      differences = await compare(input, side, seed);
      if (Object.values(differences).every((x) => x < 1e-4)) break;
    }
    for (const [name, difference] of Object.entries(differences)) expect(difference, name).toBeLessThan(1e-4);
  });
});

/** One training step here and there from the same weights: the difference of every array by name. */
async function compare(input: (typeof cases)[number][0], side: number, seed: number): Promise<Record<string, number>> {
  const [batch, classes] = [8, 10];
  const rates = { learningRate: 0.02, lambdaW: 0.02, featurePenalty: 0.3, lambdaB: 0.05 };
  const net = network({ ...input, height: side, width: side, classes, bias: true });
  const start = initialState(net, seed);
  const x = hostTensor([batch, net.inputs], (i) => Math.sin(1.3 * i + (i % 7) ** 2));
  const y = hostTensor([batch, classes], (i) => Number(i % classes === (Math.floor(i / classes) * 3) % classes));
  const arrays = { ...named("params", start.params), ...named("stats", start.stats), x, y };
  writeFileSync(join(folder, "start.safetensors"), encodeSafetensors(arrays));

  const engine = await startEngine();
  const held = engine.hold({ ...heldArrays(start), ...sumsZero() });
  const step = await compileStep(engine, net, batch, { momentum: 0.9, weightDecay: 0 });
  await step.run(held, { x: x.data, y: y.data }, rates);
  const { "sums/loss": loss, ...after } = await held.read();
  const forward = await compileForward(engine, net, batch);
  const { features, logits } = await forward.run(held, x.data);
  const kept = Object.entries(after).filter(([name]) => /^(params|stats)\//.test(name));
  const ours: HostTensors = {
    ...Object.fromEntries(kept),
    features: { shape: [batch, net.featureSize], data: Float32Array.from(features) },
    logits: { shape: [batch, classes], data: Float32Array.from(logits) },
    loss: { shape: [1], data: loss.data },
  };
  for (const used of [held, step, forward]) used.dispose();
  // The step did something that the comparison could miss otherwise.
  expect(distance(ours["params/head.weight"].data, start.params["head.weight"].data)).toBeGreaterThan(1e-3);

  const script = join(import.meta.dirname, "torch_step.py");
  execFileSync(python as string, [script, folder, JSON.stringify({ ...input, ...rates, side })], { stdio: "inherit" });
  const { arrays: theirs } = decodeSafetensors(Uint8Array.from(readFileSync(join(folder, "torch.safetensors"))), "torch");
  expect(Object.keys(ours).sort()).toEqual(Object.keys(theirs).sort());
  return Object.fromEntries(
    Object.entries(ours).map(([name, { shape, data }]) => {
      expect(shape, name).toEqual(theirs[name].shape);
      return [name, distance(data, theirs[name].data as Float32Array)];
    }),
  );
}

function named(part: string, tensors: HostTensors): HostTensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [`${part}/${name}`, tensor]));
}

/** Largest difference, relative to the largest value. */
function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [difference, largest] = [0, 1e-30];
  for (let i = 0; i < a.length; i++) {
    difference = Math.max(difference, Math.abs(a[i] - b[i]));
    largest = Math.max(largest, Math.abs(b[i]));
  }
  return difference / largest;
}
