import { beforeAll, describe, expect, test } from "vitest";
import {
  compile,
  hostTensor,
  jax,
  matrixProduct,
  type NetworkInput,
  network,
  startBackend,
  type Tensor,
  toDevice,
} from "../../src/networks/index.ts";
import { isReplaced, kernelsOf } from "../../src/networks/threads.ts";
import { initialState, toStep } from "../../src/training/state.ts";
import { compileStep } from "../../src/training/step.ts";
import { expectClose } from "./gradients.ts";

beforeAll(() => startBackend("wasm"));

const matrix = (rows: number, columns: number): Tensor =>
  toDevice(hostTensor([rows, columns], (i) => Math.sin(1.3 * i + (i % 7) ** 2)));

describe.each([
  ["XY", [20, 30], [30, 16]],
  ["XY'", [20, 30], [16, 30]],
  ["X'Y", [30, 20], [30, 16]],
] as const)("%s", (form, [m, n], [k, l]) => {
  test("compiled, by our kernel, agrees with the library's in float64", async () => {
    const product = compile((x: Tensor, y: Tensor) => matrixProduct(form, x, y));
    const double = (x: Tensor): Tensor => x.astype(jax.numpy.float64);
    const expected = matrixProduct(form, double(matrix(m, n)), double(matrix(k, l)));
    const result = await product(matrix(m, n), matrix(k, l));
    // Sums of 30 terms of at most 1: 30 u < 2e-6.
    expectClose(result, await expected.data(), 4e-6);
    const sent = await kernelsOf(async () => {
      await jax.blockUntilReady(await product(matrix(m, n), matrix(k, l)));
    });
    expect(sent.filter(({ kernelHash }) => isReplaced(kernelHash))).toHaveLength(1);
  });
});

test("a product whose width is no multiple of 8 stays the library's", async () => {
  const product = compile((x: Tensor, y: Tensor) => matrixProduct("XY", x, y));
  await jax.blockUntilReady(await product(matrix(5, 6), matrix(6, 10)));
  const sent = await kernelsOf(async () => {
    await jax.blockUntilReady(await product(matrix(5, 6), matrix(6, 10)));
  });
  expect(sent.filter(({ kernelHash }) => isReplaced(kernelHash))).toHaveLength(0);
});

test("what is under way while the products of another function are looked for is computed all the same", async () => {
  const powers = (x: Tensor): Tensor[] => {
    const all = [x];
    for (let i = 0; i < 12; i++) all.push(matrixProduct("XY", all[i].ref, x.ref).mul(0.1));
    return all;
  };
  const compiled = compile(powers);
  const expected = await Promise.all((await compiled(matrix(64, 64))).map((y) => y.data()));
  const again = await compiled(matrix(64, 64));
  // Sent, as one is read, and not waited for; then a function of shapes that are new.
  const read = again[1].ref.data();
  const other = compile((x: Tensor, y: Tensor) => matrixProduct("XY", matrixProduct("XY", x, y.ref), y));
  const [result] = await Promise.all([
    other(matrix(40, 56), matrix(56, 56)),
    compiled(matrix(64, 64)).then((all) => all[12].data()),
  ]);
  await jax.blockUntilReady(result);
  await read;
  for (const [i, y] of again.entries()) expect(await y.data()).toEqual(expected[i]);
});

// Products of a step: one forward and one for the parameters' gradient a layer, and one backward for each but the first; the head's ten classes are no
// whole panels.
const steps: [NetworkInput["name"], side: number, products: number][] = [
  ["mlp", 8, 2 + 2 + 1],
  ["cnn", 8, 4 + 4 + 3],
  // Stem, two in each of three blocks, and two pointwise ones.
  ["resnet8", 8, 9 + 9 + 8],
];

test.each(steps)(
  "every product of a training step of %s stands apart and has a kernel of its own",
  async (name, side, products) => {
    const net = network({ name, features: "relu", channels: 1, height: side, width: side, classes: 10, bias: true });
    const step = compileStep(net, { momentum: 0.9, weightDecay: 0 });
    const x = hostTensor([4, net.inputs], (i) => Math.sin(i));
    const y = hostTensor([4, 10], (i) => Number(i % 11 === 0));
    const rates = { learningRate: 0.1, lambdaW: 1e-3, featurePenalty: 0.1, lambdaB: 0.01 };
    let { step: state } = toStep(initialState(net, 1));
    state = await step(state, { x: toDevice(x), y: toDevice(y) }, rates);
    await jax.blockUntilReady(state.sums.loss);
    const sent = await kernelsOf(async () => {
      state = await step(state, { x: toDevice(x), y: toDevice(y) }, rates);
      await jax.blockUntilReady(state.sums.loss);
    });
    expect(sent.filter(({ kernelHash }) => isReplaced(kernelHash))).toHaveLength(products);
  },
);
