// Products of matrices and convolutions, forward and both gradients, by our kernels beside the array library's own, and the library's own convolution
// (`lax.conv`): billions of multiplications and additions a second on one thread, and the ratio. Shapes of the mlp at batch 128 and of ResNet18 at batch 16.
//
//   npm run build && npx -p node@24 node bench/training/products.mjs [--rounds 5] [--lax]
import { parseArgs } from "node:util";
import { compile, convolution, hostTensor, jax, matrixProduct, startBackend, toDevice } from "../../dist/networks/index.js";

const { values } = parseArgs({ options: { rounds: { type: "string", default: "5" }, lax: { type: "boolean" } } });
await startBackend("wasm", { threads: 1 });

const array = (...shape) => toDevice(hostTensor(shape, (i) => Math.sin(1.3 * i + (i % 7) ** 2)));
const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];

async function seconds(f, args) {
  const began = performance.now();
  const made = await f(...args.map((x) => x.ref));
  for (const x of [made].flat()) await jax.blockUntilReady(x);
  const taken = (performance.now() - began) / 1000;
  for (const x of [made].flat()) x.dispose();
  return taken;
}

/** In turns, so that a disturbance meets both. */
async function race(name, operations, sides, args) {
  for (const f of Object.values(sides)) await seconds(f, args);
  const times = Object.fromEntries(Object.keys(sides).map((side) => [side, []]));
  for (let i = 0; i < Number(values.rounds); i++)
    for (const [side, f] of Object.entries(sides)) times[side].push(await seconds(f, args));
  const ours = median(times.ours);
  const others = Object.entries(times)
    .filter(([side]) => side !== "ours")
    .map(
      ([side, t]) =>
        `${side} ${(operations / median(t) / 1e9).toFixed(1)} (ratio ${median(t.map((x, i) => x / times.ours[i])).toFixed(1)})`,
    );
  console.log(`${name}: ours ${(operations / ours / 1e9).toFixed(1)} GFLOP/s, ${others.join(", ")}`);
}

for (const [form, x, y] of [
  ["XY'", [128, 784], [512, 784]],
  ["X'Y", [128, 512], [128, 784]],
  ["XY", [128, 512], [512, 512]],
]) {
  const product = (a, b) => matrixProduct(form, a, b);
  const N = form === "XY'" ? y[0] : y[1];
  await race(
    `${form}, ${x.join(" x ")} and ${y.join(" x ")}`,
    2 * x[0] * x[1] * N,
    { ours: compile(product), library: jax.jit(library(form)) },
    [array(...x), array(...y)],
  );
}

for (const [side, inputs, outputs] of [
  [32, 64, 64],
  [16, 128, 128],
  [8, 256, 256],
  [4, 512, 512],
]) {
  const pass = (form) => {
    const layer = convolution("c", inputs, outputs, { form });
    return (x, A) => {
      const { output, pullback } = layer.train({ "c.weight": A }, {}, x);
      const { input, params } = pullback(output.ref);
      A.dispose();
      return [output, input, params["c.weight"]];
    };
  };
  const sides = { ours: compile(pass("windows")) };
  if (values.lax) sides["lax.conv"] = jax.jit(pass("lax"));
  await race(
    `convolution and both gradients, 16 x ${side} x ${side}, ${inputs} to ${outputs} channels`,
    6 * 16 * side * side * 9 * inputs * outputs,
    sides,
    [array(16, side, side, inputs), array(3, 3, inputs, outputs)],
  );
}

/** The library's product of the same arrays: what is fused with it gives its kernel a name for which we have none. */
function library(form) {
  const { numpy: np } = jax;
  return (a, b) => np.matmul(form === "X'Y" ? a.transpose() : a, form === "XY'" ? b.transpose() : b).mul(1.5);
}
