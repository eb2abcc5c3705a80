// Three training steps of a network on a device, in a process of its own: prints the loss's sums, and every parameter's first and last values.
//   node webgpu-steps.mjs DEVICE '{"name": ..., "side": ..., "channels": ..., "form": ...}'
import { allToHost, deviceFor, hostTensor, jax, network, startBackend, toDevice } from "../../dist/networks/index.js";
import { findWebGpu } from "../../dist/networks/webgpu.js";
import { initialState, toStep } from "../../dist/training/state.js";
import { compileStep } from "../../dist/training/step.js";

const [device, text] = process.argv.slice(2);
if (device === "which") {
  // What is found, and what is taken where nothing is asked for by name.
  const found = await findWebGpu();
  console.log(JSON.stringify("missing" in found ? null : { ...found, auto: await deviceFor("auto") }));
} else {
  const { side, ...input } = JSON.parse(text);
  await startBackend(device);
  const net = network({ ...input, features: "relu", height: side, width: side, classes: 10, bias: true });
  const x = hostTensor([8, net.inputs], (i) => Math.sin(1.3 * i + (i % 7) ** 2));
  const y = hostTensor([8, 10], (i) => Number(i % 10 === (Math.floor(i / 10) * 3) % 10));
  const step = compileStep(net, { momentum: 0.9, weightDecay: 1e-3 });
  let { step: state } = toStep(initialState(net, 0));
  const losses = [];
  for (let i = 0; i < 3; i++) {
    const rates = { learningRate: 0.01, lambdaW: 0.01, featurePenalty: 0.3, lambdaB: 0.02 };
    state = await step(state, { x: toDevice(x), y: toDevice(y) }, rates);
    await jax.blockUntilReady(state.sums.loss);
    losses.push((await state.sums.loss.ref.data())[0]);
  }
  const params = Object.entries(await allToHost({ ...state.params, ...state.stats }));
  console.log(
    JSON.stringify({ losses, params: params.map(([name, { data }]) => [name, [...data.slice(0, 200), ...data.slice(-200)]]) }),
  );
}
// Dawn keeps a process alive.
process.exit(0);
