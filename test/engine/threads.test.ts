import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

/** Three steps of a small network in a process of its own on some number of threads, more than there are cores too: the bytes of all that a training holds, hashed. */
const program = `
import { createHash } from "node:crypto";
import { wasmEngine } from "./dist/engine/wasm/index.js";
import { network } from "./dist/networks/index.js";
import { heldArrays, initialState, sumsZero } from "./dist/training/state.js";
import { compileStep } from "./dist/training/step.js";
const engine = wasmEngine(Number(process.argv[1]));
const net = network({ name: "resnet8", features: "relu", height: 16, width: 16, channels: 1, classes: 10, bias: true });
const held = engine.hold({ ...heldArrays(initialState(net, 1)), ...sumsZero() });
const step = await compileStep(engine, net, 16, { momentum: 0.9, weightDecay: 0 });
for (let i = 0; i < 3; i++) {
  const x = Float32Array.from({ length: 16 * 256 }, (_, j) => Math.sin(j * (i + 1)));
  const y = Float32Array.from({ length: 160 }, (_, j) => Number(j % 11 === 0));
  await step.run(held, { x, y }, { learningRate: 0.1, lambdaW: 1e-3, featurePenalty: 0.1, lambdaB: 0.01 });
}
const hash = createHash("sha256");
const read = await held.read();
for (const name of Object.keys(read).sort()) hash.update(name).update(new Uint8Array(read[name].data.buffer));
console.log(hash.digest("hex"), read["sums/loss"].data[0] > 0);
`;

function run(threads: number): string {
  const { stdout, stderr, status } = spawnSync(process.execPath, ["--input-type=module", "-e", program, String(threads)], {
    cwd: join(import.meta.dirname, "../.."),
    encoding: "utf8",
    timeout: 60_000,
  });
  expect(stderr).toBe("");
  expect(status).toBe(0);
  return stdout;
}

test("the number of threads changes no bit, and the process ends by itself", () => {
  const [one, two, three] = [run(1), run(2), run(3)];
  expect(one).toMatch(/^[0-9a-f]{64} true\n$/);
  expect(two).toBe(one);
  expect(three).toBe(one);
});
