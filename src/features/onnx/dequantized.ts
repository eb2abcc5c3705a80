import { bytesOf } from "../array.ts";
import type { Contents } from "../contents.ts";
import { lazyBytes } from "../memory-bytes.ts";
import { contiguous, readWhole, type StoredArray, sizeOf } from "../stored-array.ts";
import type { Node } from "./graph.ts";

/** Products of whole numbers, whose scales stand elsewhere in the graph. */
const ofIntegers = new Set([
  "MatMulInteger",
  "QLinearMatMul",
  "QGemm",
  "ConvInteger",
  "QLinearConv",
  "DynamicQuantizeMatMul",
  "MatMulIntegerToFloat",
]);

/**
 * What DequantizeLinear makes of stored whole numbers, under the name that it has in the graph: (x - zero point) scale, both one number or a number for each index of the node's axis. Computed when it
 * is first read. Whole numbers that stand for others are aside. What is quantized in blocks, or does not fit together, is skipped by name.
 */
export function addDequantized(what: string, nodes: readonly Node[], { arrays, skipped }: Contents): void {
  for (const { op, inputs, outputs, flags } of nodes) {
    if (ofIntegers.has(op)) for (const name of inputs) setAside(arrays, name);
    if (op !== "DequantizeLinear" || outputs.length !== 1 || arrays.has(outputs[0])) continue;
    const [x, scale, zero] = inputs.map((name) => arrays.get(name));
    if (!x) continue;
    setAside(arrays, inputs[0]);
    const axes = x.shape.length;
    const axis = flags.get("axis") ?? 1;
    const at = axis < 0 ? axis + axes : axis;
    const fits = (array: StoredArray): boolean =>
      array.shape.every((n) => n === 1) || (array.shape.length === 1 && at < axes && array.shape[0] === x.shape[at]);
    if (!scale || (inputs[2] && !zero) || flags.get("block_size") || ![scale, ...(zero ? [zero] : [])].every(fits)) {
      skipped.set(
        outputs[0],
        `${inputs[0]} is dequantized in a way that is not read: by scales of its own kind (in blocks, or computed)`,
      );
      continue;
    }
    arrays.set(outputs[0], dequantized(`${what}, ${outputs[0]}`, x, { scale, zero, axis: at }));
  }
}

function setAside(arrays: Map<string, StoredArray>, name: string): void {
  const array = arrays.get(name);
  if (array) arrays.set(name, { ...array, aside: true });
}

function dequantized(
  what: string,
  x: StoredArray,
  { scale, zero, axis }: { scale: StoredArray; zero: StoredArray | undefined; axis: number },
): StoredArray {
  const { shape } = x;
  const size = sizeOf(shape, what);
  const bytes = lazyBytes(what, size * 8, async () => {
    const { data } = await readWhole(x);
    const scales = (await readWhole(scale)).data;
    const zeros = zero ? (await readWhole(zero)).data : Float64Array.of(0);
    const after = shape.slice(axis + 1).reduce((product, n) => product * n, 1);
    const index = (e: number, of: Float64Array): number => (of.length === 1 ? of[0] : of[Math.floor(e / after) % shape[axis]]);
    return bytesOf(data.map((value, e) => (value - index(e, zeros)) * index(e, scales)));
  });
  return { what, shape, type: "f8", littleEndian: true, strides: contiguous(shape), bytes, offset: 0 };
}
