import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

/** Three steps of a small network in a process of its own with some number of threads: all parameters' bytes, hashed. */
const program = `
import { createHash } from "node:crypto";
import { allToHost, hostTensor, jax, network, startBackend, toDevice } from "./dist/networks/index.js";
import { initialState, toStep } from "./dist/training/state.js";
import { compileStep } from "./dist/training/step.js";
await startBackend("wasm", { threads: Number(process.argv[1]) });
const net = network({ name: "resnet8", features: "relu", height: 16, width: 16, channels: 1, classes: 10, bias: true });
let { step: state } = toStep(initialState(net, 1));
const step = compileStep(net, { momentum: 0.9, weightDecay: 0 });
for (let i = 0; i < 3; i++) {
  const x = toDevice(hostTensor([16, 256], (j) => Math.sin(j * (i + 1))));
  const y = toDevice(hostTensor([16, 10], (j) => Number(j % 11 === 0)));
  state = await step(state, { x, y }, { learningRate: 0.1, lambdaW: 1e-3, featurePenalty: 0.1, lambdaB: 0.01 });
  await jax.blockUntilReady(state.sums.loss);
}
const hash = createHash("sha256");
for (const { data } of Object.values(await allToHost(state.params))) hash.update(new Uint8Array(data.buffer));
console.log(hash.digest("hex"), typeof navigator === "undefined" ? "none" : navigator.hardwareConcurrency);
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
  expect(one).toMatch(/^[0-9a-f]{64} /);
  expect(two).toBe(one);
  expect(three).toBe(one);
});
