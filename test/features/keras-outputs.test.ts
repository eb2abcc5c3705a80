import { expect, test } from "vitest";
import { InputError } from "../../src/errors.ts";
import { findArray } from "../../src/features/index.ts";
import { kerasOutputs } from "../../src/features/keras-outputs.ts";
import { memoryBytes } from "../../src/features/memory-bytes.ts";
import { contiguous, type StoredArray } from "../../src/features/stored-array.ts";

const array = (...shape: number[]): StoredArray => ({
  what: "m.keras",
  shape,
  type: "f4",
  littleEndian: true,
  strides: contiguous(shape),
  bytes: memoryBytes("m.keras", new Uint8Array(0)),
  offset: 0,
});
const arrays = new Map([
  ["layers/dense/vars/0", array(20, 16)],
  ["layers/dense/vars/1", array(16)],
  ["layers/dense_1/vars/0", array(16, 10)],
  ["layers/dense_1/vars/1", array(10)],
  ["layers/dense_2/vars/0", array(16, 10)],
]);

/** A layer as Keras 3.12 writes it in config.json, with what is read of it. */
const layer = (type: string, name: string, from?: string) => ({
  module: "keras.layers",
  class_name: type,
  config: { name },
  name,
  inbound_nodes:
    from === undefined
      ? []
      : [{ args: [{ class_name: "__keras_tensor__", config: { shape: [null, 2], keras_history: [from, 0, 0] } }], kwargs: {} }],
});
const layers = [
  layer("InputLayer", "input_layer"),
  layer("Dense", "hidden", "input_layer"),
  layer("Dense", "main", "hidden"),
  layer("Dense", "aux", "hidden"),
  layer("Softmax", "soft", "main"),
  layer("Add", "sum", "main"),
];
const outputsOf = (output_layers: unknown, own: unknown = layers) =>
  kerasOutputs(
    memoryBytes("config.json", new TextEncoder().encode(JSON.stringify({ config: { layers: own, output_layers } }))),
    arrays,
  );

const main = { head: { weight: "layers/dense_1/vars/0", bias: "layers/dense_1/vars/1" } };
test.each([
  ["one", ["main", 0, 0], main],
  ["one in a list", [["main", 0, 0]], main],
  ["behind a softmax", [["soft", 0, 0]], main],
  ["the logits and their softmax", { a: ["main", 0, 0], b: ["soft", 0, 0] }, main],
  ["without a bias", ["aux", 0, 0], { head: { weight: "layers/dense_2/vars/0" } }],
  [
    "two",
    [
      ["main", 0, 0],
      ["aux", 0, 0],
    ],
    { outputs: ["layers/dense_1/vars/0", "layers/dense_2/vars/0"] },
  ],
  [
    "of another kind",
    [
      ["main", 0, 0],
      ["sum", 0, 0],
    ],
    {},
  ],
  ["a layer that is not there", ["none", 0, 0], {}],
  ["damaged", 7, {}],
] as const)("the output layers say the head: %s", async (_, output, said) => {
  expect(await outputsOf(output)).toEqual(said);
});

test("what is no configuration says nothing", async () => {
  for (const text of ["", "{", "[]", "null", '{"config":{"layers":[null,7],"output_layers":["x",0,0]}}'])
    expect(await kerasOutputs(memoryBytes("config.json", new TextEncoder().encode(text)), arrays)).toEqual({});
  expect(await kerasOutputs(undefined, arrays)).toEqual({});
});

test("of two outputs neither is taken silently", async () => {
  const file = {
    file: "m.keras",
    kind: "keras",
    ordered: false,
    arrays,
    texts: new Map(),
    skipped: new Map(),
    settings: new Map(),
    ...(await outputsOf([
      ["main", 0, 0],
      ["aux", 0, 0],
    ])),
    close: async () => {},
  };
  expect(() => findArray(file, "weight")).toThrow(InputError);
  expect(() => findArray(file, "weight")).toThrow(/--keys weight=NAME.*layers\/dense_1\/vars\/0, layers\/dense_2\/vars\/0/);
  expect(findArray(file, "weight", { weight: "layers/dense_1/vars/0" })?.shape).toEqual([16, 10]);
  expect(findArray(file, "bias", { weight: "layers/dense_1/vars/0" })?.shape).toEqual([10]);
});
