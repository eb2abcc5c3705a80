import { sameShape, sizeOf } from "../graph.ts";
import { type Attribute, type ConstantValue, modelFile, type OperatorNode, type Value } from "./model-file.ts";

/** The runtime's own operators. */
const own = "com.microsoft";

/** Sessions have no more threads: what the bits of products are made independent of. */
export const mostThreads = 16;

/** The runtime shares products of fewer multiplications among no threads. */
const onlyOneThread = 65_536;

/** Numbers that are added up one by one. */
const longestSum = 4096;
/** Twice the threads that there are at most, so that none has a single row. */
const leastRows = 2 * mostThreads;

/** The divisor of n that is nearest to a number above 1; 1 for a prime. */
function divisorNear(n: number, wanted: number): number {
  for (let d = Math.floor(wanted); d > 1; d--) if (n % d === 0) return d;
  return 1;
}

/** Operators of a model as they are appended, each once: the same operator of the same inputs is the same value. */
export class Operators {
  readonly nodes: OperatorNode[] = [];
  readonly constants: ConstantValue[] = [];
  readonly inputs: Value[] = [];
  #known = new Map<string, Value[]>();
  #count = 0;

  #name(): string {
    return `t${this.#count++}`;
  }

  input(name: string, shape: readonly number[]): Value {
    const value = { name, shape };
    this.inputs.push(value);
    return value;
  }

  /** The operator's outputs, of these shapes. */
  operators(
    type: string,
    inputs: readonly (Value | null)[],
    shapes: readonly (readonly number[])[],
    attributes: Readonly<Record<string, Attribute>> = {},
    domain?: string,
  ): Value[] {
    const names = inputs.map((x) => x?.name ?? "");
    const key = `${type} ${names} ${JSON.stringify(attributes)} ${shapes.length}`;
    const before = this.#known.get(key);
    if (before) return before;
    const outputs = shapes.map((shape) => ({ name: this.#name(), shape }));
    this.nodes.push({ type, inputs: names, outputs: outputs.map(({ name }) => name), attributes, domain });
    this.#known.set(key, outputs);
    return outputs;
  }

  /** The operator's one output. */
  op(
    type: string,
    inputs: readonly (Value | null)[],
    shape: readonly number[],
    attributes: Readonly<Record<string, Attribute>> = {},
    domain?: string,
  ): Value {
    return this.operators(type, inputs, [shape], attributes, domain)[0];
  }

  constant(data: Float32Array | BigInt64Array, shape: readonly number[]): Value {
    const key = `${data.constructor.name} ${shape}: ${data}`;
    const before = this.#known.get(key);
    if (before) return before[0];
    const value = { name: this.#name(), shape, data };
    this.constants.push(value);
    this.#known.set(key, [value]);
    return value;
  }

  number(x: number): Value {
    return this.constant(Float32Array.of(x), []);
  }

  /** Whole numbers, as operators take shapes and axes. */
  whole(numbers: readonly number[]): Value {
    return this.constant(BigInt64Array.from(numbers, BigInt), [numbers.length]);
  }

  reshape(x: Value, shape: readonly number[]): Value {
    return sameShape(x.shape, shape) ? x : this.op("Reshape", [x, this.whole(shape)], shape);
  }

  /** The axes in another order; nothing is moved where only axes of length 1 change places. */
  transpose(x: Value, order: readonly number[]): Value {
    const shape = order.map((axis) => x.shape[axis]);
    const long = order.filter((axis) => x.shape[axis] !== 1);
    if (long.every((axis, i) => i === 0 || axis > long[i - 1])) return this.reshape(x, shape);
    return this.op("Transpose", [x], shape, { perm: order });
  }

  /** The same under another name. */
  copy(x: Value): Value {
    const value = { name: this.#name(), shape: x.shape };
    this.nodes.push({ type: "Identity", inputs: [x.name], outputs: [value.name] });
    return value;
  }

  /** Broadcast to a shape. */
  expand(x: Value, shape: readonly number[]): Value {
    if (sizeOf(x.shape) === sizeOf(shape)) return this.reshape(x, shape);
    return this.op("Expand", [x, this.whole(shape)], shape);
  }

  concat(values: readonly Value[], axis: number): Value {
    if (values.length === 1) return values[0];
    const length = values.reduce((total, { shape }) => total + shape[axis], 0);
    const shape = values[0].shape.map((n, a) => (a === axis ? length : n));
    return this.op("Concat", values, shape, { axis });
  }

  /** From `starts`, every `steps`-th, `lengths` many, along these axes. */
  slice(
    x: Value,
    axes: readonly number[],
    starts: readonly number[],
    lengths: readonly number[],
    steps: readonly number[] = axes.map(() => 1),
  ): Value {
    const shape = x.shape.map((n, a) => (axes.includes(a) ? lengths[axes.indexOf(a)] : n));
    if (sameShape(shape, x.shape)) return x;
    const ends = starts.map((start, i) => start + (lengths[i] - 1) * steps[i] + 1);
    return this.op("Slice", [x, this.whole(starts), this.whole(ends), this.whole(axes), this.whole(steps)], shape);
  }

  /** With zeros before and after along the axes. */
  pad(x: Value, before: readonly number[], after: readonly number[] = before): Value {
    if ([...before, ...after].every((n) => n === 0)) return x;
    const shape = x.shape.map((n, a) => n + before[a] + after[a]);
    return this.op("Pad", [x, this.whole([...before, ...after]), this.number(0)], shape);
  }

  /**
   * The product of two matrices, either turned first. The runtime gives threads rows of the product, or columns where there are more of those; then the length of its partial sums depends on how many
   * columns a thread has, below 65 of them, and with it the last bits. Columns are given in sixteens, some threads one more than others. So a product of more columns than rows is computed turned, unless
   * all of the most threads have 128 columns or one partial sum holds it all.
   */
  product(x: Value, y: Value, turnX = false, turnY = false): Value {
    const [rows, depth] = turnX ? [x.shape[1], x.shape[0]] : x.shape;
    const columns = turnY ? y.shape[0] : y.shape[1];
    if (columns > rows && columns <= 128 * mostThreads && depth > 128)
      return this.transpose(this.product(y, x, !turnY, !turnX), [1, 0]);
    // A thread's only row would be computed in another way than one of several.
    if (rows > 1 && rows >= columns && rows < 2 * mostThreads && rows * columns * depth >= onlyOneThread) {
      const axis = Number(turnX);
      const more = this.pad(x, [0, 0], axis === 0 ? [2 * mostThreads - rows, 0] : [0, 2 * mostThreads - rows]);
      return this.slice(this.product(more, y, turnX, turnY), [0], [0], [rows]);
    }
    // Not "Gemm", which the runtime would turn back.
    const turned = { transA: Number(turnX), transB: Number(turnY) };
    return this.op("FusedMatMul", [x, y], [rows, columns], turned, own);
  }

  /**
   * Sums of more than some thousand numbers in parts: the runtime adds float32 numbers up one by one, and a hundred thousand of them lose three digits. It gives few rows to threads one by one and many by blocks,
   * which it adds up in another way: so no part is a sum to less than `leastRows` rows, but for one.
   */
  sum(x: Value, axes: readonly number[], keep: boolean): Value {
    if (axes.length === 0) return x;
    const shape = x.shape.flatMap((n, a) => (axes.includes(a) ? (keep ? [1] : []) : [n]));
    const summed = axes.reduce((count, axis) => count * x.shape[axis], 1);
    const left = sizeOf(x.shape) / summed;
    if (summed > longestSum) {
      const parts = divisorNear(summed, Math.sqrt(summed));
      // To one number: rows of the numbers in any order.
      if (left === 1 && parts >= leastRows) return this.reshape(this.#inParts(this.reshape(x, [parts, summed / parts])), shape);
      // Leading axes, as of a matrix's rows.
      const leading = axes.every((axis, i) => axis === i);
      if (left > 1 && leading && parts > 1)
        return this.reshape(this.#inParts(this.reshape(x, [parts, summed / parts, left])), shape);
      // Images whose channels stay: each channel of each image first.
      const [batch, ...inside] = axes;
      const pixels = inside.reduce((count, axis) => count * x.shape[axis], 1);
      if (batch === 0 && inside.length > 0 && sizeOf(x.shape) / pixels >= leastRows)
        return this.reshape(this.sum(this.sum(x, inside, true), [0], true), shape);
    }
    return this.op("ReduceSum", [x, this.whole(axes)], shape, { keepdims: Number(keep) });
  }

  /** Over the second axis, then over the first. */
  #inParts(x: Value): Value {
    return this.sum(this.op("ReduceSum", [x, this.whole([1])], [x.shape[0], ...x.shape.slice(2)], { keepdims: 0 }), [0], false);
  }

  model(outputs: readonly Value[]): Uint8Array {
    return modelFile({ nodes: this.nodes, constants: this.constants, inputs: this.inputs, outputs });
  }
}
