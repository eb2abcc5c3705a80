import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

/**
 * In a process of its own: what is on the global object, and what each name means, before nclab is imported and after; and after a training step, a look for WebGPU and a
 * kernel that threads share. package.json says that importing has no side effects.
 */
const program = `
const [path, ...more] = process.argv.slice(1);
const described = () => {
  const out = new Map();
  for (let at = globalThis; at; at = Object.getPrototypeOf(at))
    for (const key of Reflect.ownKeys(at)) {
      const { value, get, set, ...rest } = Object.getOwnPropertyDescriptor(at, key);
      out.set(key, { value, get, set, ...rest });
    }
  return out;
};
// Node makes some of its globals when they are first read.
const read = () => { for (const key of Reflect.ownKeys(globalThis)) globalThis[key]; };
read();
const before = described();
const changes = (when) => {
  read();
  const after = described();
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const [a, b] = [before.get(key), after.get(key)];
    if (!a) console.log(when, "new", String(key));
    else if (!b) console.log(when, "gone", String(key));
    else for (const part of Object.keys(a)) if (!Object.is(a[part], b[part])) console.log(when, "changed", String(key), part);
  }
};
const nclab = await import(path);
changes("import");
if (more.includes("train")) {
  const { allToHost, deviceFor, hostTensor, jax, network, startBackend, toDevice } = await import("./dist/networks/index.js");
  const { initialState, toStep } = await import("./dist/training/state.js");
  const { compileStep } = await import("./dist/training/step.js");
  await deviceFor("auto");
  await startBackend("wasm", { threads: 2 });
  const net = network({ name: "mlp", features: "relu", height: 8, width: 8, channels: 1, classes: 3, bias: true });
  let { step: state } = toStep(initialState(net, 1));
  const step = compileStep(net, { momentum: 0.9, weightDecay: 0 });
  const x = toDevice(hostTensor([16, 64], (j) => Math.sin(j)));
  const y = toDevice(hostTensor([16, 3], (j) => Number(j % 3 === 0)));
  state = await step(state, { x, y }, { learningRate: 0.1, lambdaW: 1e-3, featurePenalty: 0.1, lambdaB: 0.01 });
  await jax.blockUntilReady(state.sums.loss);
  changes("step");
  const [loss] = await state.sums.loss.ref.data();
  if (!(loss > 0)) console.log("no loss", loss);
  await allToHost(state.params);
  changes("read");
}
console.log("looked");
`;

const at = (path: string): string => join(import.meta.dirname, "../../dist", path);

function run(...args: string[]): string {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ["--no-warnings", "--input-type=module", "-e", program, ...args],
    {
      cwd: join(import.meta.dirname, "../.."),
      encoding: "utf8",
      timeout: 100_000,
    },
  );
  // A driver of WebGPU may say things on stderr.
  return stdout + (status === 0 ? "" : stderr);
}

test.each(["index.js", "networks/index.js", "training/index.js", "data/index.js", "features/index.js", "plots/index.js"])(
  "importing %s changes no global",
  (path) => {
    expect(run(at(path))).toBe("looked\n");
  },
);

test("neither does a training step on threads, nor a look for WebGPU", () => {
  expect(run(at("training/index.js"), "train")).toBe("looked\n");
});
