import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

/**
 * In a process of its own: what is on the global object, and what each name means, before nclab is imported and after; and after a training step, a look for WebGPU and
 * kernels that threads share. package.json says that importing has no side effects.
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
  const { deviceFor, startEngine } = await import("./dist/engine/index.js");
  const { network } = await import("./dist/networks/index.js");
  const { heldArrays, initialState, sumsZero } = await import("./dist/training/state.js");
  const { compileStep } = await import("./dist/training/step.js");
  await deviceFor("auto");
  const engine = await startEngine("wasm", { threads: 2 });
  const net = network({ name: "mlp", features: "relu", height: 8, width: 8, channels: 1, classes: 3, bias: true });
  const step = await compileStep(engine, net, 16, { momentum: 0.9, weightDecay: 0 });
  const held = engine.hold({ ...heldArrays(initialState(net, 1)), ...sumsZero() });
  const x = Float32Array.from({ length: 16 * 64 }, (_, j) => Math.sin(j));
  const y = Float32Array.from({ length: 48 }, (_, j) => Number(j % 3 === 0));
  await step.run(held, { x, y }, { learningRate: 0.1, lambdaW: 1e-3, featurePenalty: 0.1, lambdaB: 0.01 });
  changes("step");
  const read = await held.read();
  if (!(read["sums/loss"].data[0] > 0)) console.log("no loss", read["sums/loss"].data[0]);
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

test.each([
  "index.js",
  "engine/index.js",
  "networks/index.js",
  "training/index.js",
  "data/index.js",
  "features/index.js",
  "plots/index.js",
])("importing %s changes no global", (path) => {
  expect(run(at(path))).toBe("looked\n");
});

test("neither does a training step on threads, nor a look for WebGPU", () => {
  expect(run(at("training/index.js"), "train")).toBe("looked\n");
});
