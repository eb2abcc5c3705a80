// Three training steps of a network on a device, in a process of its own: prints the loss's sums, and every parameter's and statistic's first and last values.
//   node device-steps.mjs DEVICE '{"name": ..., "side": ..., "channels": ...}'
import { deviceFor, findOnnx, findWebGpu, startEngine } from "../../dist/engine/index.js";
import { network } from "../../dist/networks/index.js";
import { heldArrays, initialState, sumsZero } from "../../dist/training/state.js";
import { compileStep } from "../../dist/training/step.js";

const [device, text] = process.argv.slice(2);
if (device === "which") {
  // What is found, and what is taken where nothing is asked for by name.
  const webgpu = await findWebGpu();
  console.log(
    JSON.stringify({
      webgpu: "missing" in webgpu ? null : { ...webgpu, auto: await deviceFor("auto") },
      onnx: !("missing" in findOnnx()),
    }),
  );
} else {
  const { side, ...input } = JSON.parse(text);
  const engine = await startEngine(device);
  const net = network({ ...input, features: "relu", height: side, width: side, classes: 10, bias: true });
  const x = Float32Array.from({ length: 8 * net.inputs }, (_, i) => Math.sin(1.3 * i + (i % 7) ** 2));
  const y = Float32Array.from({ length: 80 }, (_, i) => Number(i % 10 === (Math.floor(i / 10) * 3) % 10));
  const step = await compileStep(engine, net, 8, { momentum: 0.9, weightDecay: 1e-3 });
  const held = engine.hold({ ...heldArrays(initialState(net, 0)), ...sumsZero() });
  const losses = [];
  for (let i = 0; i < 3; i++) {
    await step.run(held, { x, y }, { learningRate: 0.01, lambdaW: 0.01, featurePenalty: 0.3, lambdaB: 0.02 });
    losses.push((await held.read(["sums/loss"]))["sums/loss"].data[0]);
  }
  const arrays = Object.entries(await held.read()).filter(([name]) => !/^(sums|velocities)\//.test(name));
  console.log(
    JSON.stringify({ losses, arrays: arrays.map(([name, { data }]) => [name, [...data.slice(0, 200), ...data.slice(-200)]]) }),
  );
}
// Dawn keeps a process alive. Node's end by force waits for a compiler that may itself wait for this thread to collect garbage (Node 20): a moment of rest lets it finish.
await new Promise((rested) => setTimeout(rested, 300));
process.exit(0);
