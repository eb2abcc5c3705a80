import { inputError } from "../errors.ts";
import { bytesOf } from "./array.ts";
import { lazyBytes } from "./memory-bytes.ts";
import { contiguous, readWhole, type StoredArray, sizeOf } from "./stored-array.ts";

/**
 * Weights that a network keeps in parts. Here the weight that they mean gets the name that it has in the network, `fc.weight`; it is computed when it is first read.
 *
 * Weight normalization (Salimans and Kingma 2016) keeps a weight W as a length g and a direction v, W = g v / |v|, the norm over all axes
 * but one. PyTorch stores them as `fc.weight_g` and `fc.weight_v`, or as `fc.parametrizations.weight.original0` and `original1`.
 *
 * Spectral normalization (Miyato et al. 2018) keeps W sigma, and the vectors u and v with which sigma = u' (W sigma) v, the first axis against all others:
 * `fc.weight_orig`, `fc.weight_u`, `fc.weight_v`, or `fc.parametrizations.weight.original` with `0._u` and `0._v`.
 *
 * Pruning (torch.nn.utils.prune) keeps W as it was and a mask of ones and zeros, whose product is the weight: `fc.weight_orig` and `fc.weight_mask`.
 *
 * Layers that were quantized keep weight and bias together, `fc._packed_params._packed_params.0` and `.1`.
 */
const lengthNames: { length: RegExp; direction: string; weight: string }[] = [
  { length: /^(.*)_g$/, direction: "$1_v", weight: "$1" },
  { length: /^(.*)parametrizations\.(\w+)\.original0$/, direction: "$1parametrizations.$2.original1", weight: "$1$2" },
];

const spectralNames: { original: RegExp; u: string; v: string; weight: string }[] = [
  { original: /^(.*)_orig$/, u: "$1_u", v: "$1_v", weight: "$1" },
  {
    original: /^(.*)parametrizations\.(\w+)\.original$/,
    u: "$1parametrizations.$2.0._u",
    v: "$1parametrizations.$2.0._v",
    weight: "$1$2",
  },
];

/** What an array that stands for a weight is called in the network: `fc.weight` for fc.parametrizations.weight.original and fc.weight_orig. Any other name is its own. */
export function nameInNetwork(name: string): string {
  return name.replace(/parametrizations\.(\w+)\.original$/, "$1").replace(/_orig$/, "");
}

/** Adds the weights of all pairs whose shapes belong together, under names that are free. */
export function addNormalizedWeights(file: string, arrays: Map<string, StoredArray>): void {
  for (const [name, g] of [...arrays]) {
    for (const { length, direction, weight } of lengthNames) {
      if (!length.test(name)) continue;
      const v = arrays.get(name.replace(length, direction));
      const own = name.replace(length, weight);
      if (!v || arrays.has(own)) continue;
      const axis = axisOf(g.shape, v.shape);
      if (axis === undefined) continue;
      arrays.set(own, normalized(`${file}, ${own}`, g, v, axis));
      // The direction has the weight's shape, and is not the weight.
      arrays.set(name.replace(length, direction), { ...v, aside: true });
      arrays.set(name, { ...g, aside: true });
    }
  }
}

/** Adds the weights of spectral normalization, under names that are free. */
export function addSpectralWeights(file: string, arrays: Map<string, StoredArray>): void {
  for (const [name, original] of [...arrays]) {
    for (const names of spectralNames) {
      if (!names.original.test(name)) continue;
      const [u, v] = [names.u, names.v].map((to) => arrays.get(name.replace(names.original, to)));
      const own = name.replace(names.original, names.weight);
      const { shape } = original;
      const columns = shape.slice(1).reduce((product, n) => product * n, 1);
      if (!u || !v || arrays.has(own) || u.shape.join() !== `${shape[0]}` || v.shape.join() !== `${columns}`) continue;
      arrays.set(own, spectral(`${file}, ${own}`, original, u, v));
      arrays.set(name, { ...original, aside: true });
    }
  }
}

/** Adds the weights and biases that pruning keeps as a product, under names that are free. */
export function addPrunedWeights(file: string, arrays: Map<string, StoredArray>): void {
  for (const [name, original] of [...arrays]) {
    const own = name.replace(/_orig$/, "");
    const mask = arrays.get(`${own}_mask`);
    if (own === name || !mask || arrays.has(own) || mask.shape.join() !== original.shape.join()) continue;
    arrays.set(own, product(`${file}, ${own}`, original, mask));
    arrays.set(name, { ...original, aside: true });
    arrays.set(`${own}_mask`, { ...mask, aside: true });
  }
}

function product(what: string, x: StoredArray, y: StoredArray): StoredArray {
  const bytes = lazyBytes(what, sizeOf(x.shape, what) * 8, async () => {
    const [data, factors] = [(await readWhole(x)).data, (await readWhole(y)).data];
    return bytesOf(data.map((value, e) => value * factors[e]));
  });
  return { what, shape: x.shape, type: "f8", littleEndian: true, strides: contiguous(x.shape), bytes, offset: 0 };
}

const packedNames: { packed: RegExp; own: string }[] = [
  { packed: /^(.*)_packed_params\._packed_params\.0$/, own: "$1weight" },
  { packed: /^(.*)_packed_params\._packed_params\.1$/, own: "$1bias" },
];

/** Gives the weights and biases of quantized layers the names that they have in the network, where these are free. */
export function addPackedWeights(arrays: Map<string, StoredArray>): void {
  for (const [name, array] of [...arrays])
    for (const { packed, own } of packedNames) {
      if (!packed.test(name) || arrays.has(name.replace(packed, own))) continue;
      arrays.set(name.replace(packed, own), array);
      arrays.set(name, { ...array, aside: true });
    }
}

function spectral(what: string, original: StoredArray, u: StoredArray, v: StoredArray): StoredArray {
  const size = sizeOf(original.shape, what);
  const bytes = lazyBytes(what, size * 8, async () => {
    const W = (await readWhole(original)).data;
    const [left, right] = [(await readWhole(u)).data, (await readWhole(v)).data];
    let sigma = 0;
    for (let i = 0; i < left.length; i++)
      for (let j = 0; j < right.length; j++) sigma += left[i] * W[i * right.length + j] * right[j];
    if (sigma === 0) throw inputError(`${what}: spectral normalization`, "a norm u'Wv that is not 0", sigma);
    for (let e = 0; e < size; e++) W[e] /= sigma;
    return bytesOf(W);
  });
  return { what, shape: original.shape, type: "f8", littleEndian: true, strides: contiguous(original.shape), bytes, offset: 0 };
}

/** The axis that g has in common with v, -1 where g is one number for all of v; undefined where they do not belong together. */
function axisOf(g: readonly number[], v: readonly number[]): number | undefined {
  if (g.every((n) => n === 1)) {
    if (g.length === 0) return -1;
    return g.length === v.length ? Math.max(0, v.indexOf(1)) : undefined;
  }
  const axis = g.findIndex((n) => n !== 1);
  const one = g.every((n, a) => a === axis || n === 1);
  return one && g.length === v.length && g[axis] === v[axis] ? axis : undefined;
}

function normalized(what: string, g: StoredArray, v: StoredArray, axis: number): StoredArray {
  const size = sizeOf(v.shape, what);
  const bytes = lazyBytes(what, size * 8, async () => {
    const [lengths, directions] = [(await readWhole(g)).data, (await readWhole(v)).data];
    const after = v.shape.slice(axis + 1).reduce((product, n) => product * n, 1);
    const row = (e: number): number => (axis < 0 ? 0 : Math.floor(e / after) % v.shape[axis]);
    const squares = new Float64Array(lengths.length);
    for (let e = 0; e < size; e++) squares[row(e)] += directions[e] ** 2;
    if (squares.some((s) => s === 0))
      throw inputError(`${what}: weight normalization`, "directions that are not 0", "one that is");
    for (let e = 0; e < size; e++) directions[e] *= lengths[row(e)] / Math.sqrt(squares[row(e)]);
    return bytesOf(directions);
  });
  return { what, shape: v.shape, type: "f8", littleEndian: true, strides: contiguous(v.shape), bytes, offset: 0 };
}
