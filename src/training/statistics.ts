import { allToHost, compile, dispose, type Network, refs, type Tensor, type Tensors, toDevice } from "../networks/index.ts";
import { inputRows, type TrainingData } from "./batches.ts";
import { samplesAtATime } from "./outputs.ts";
import type { StepState } from "./step.ts";

/**
 * The statistics of batch normalization over the whole training set, in place of the running averages of the batches'.
 *
 * Theory, section 9.1, is about features that have mean 0 and variance 1 over the training samples; running averages trail behind the
 * parameters, and miss the variance between batches. What a normalization takes depends on the normalizations before it, so the whole
 * set is sent through until nothing changes: each pass makes one more in depth exact.
 *
 * `seen`: indices of the images, as often as an epoch sees each. Returns statistics on the device; the given state stays the caller's.
 */
export async function wholeSetStatistics(
  network: Network,
  { params, stats }: Pick<StepState, "params" | "stats">,
  data: TrainingData,
  seen: Int32Array,
): Promise<Tensors> {
  const forward = compile((p: Tensors, s: Tensors, x: Tensor): Tensors => {
    const found: Tensors = {};
    network.body.apply(p, s, x, found).dispose();
    return found;
  }) as unknown as Forward;
  let now = refs(stats);
  try {
    // A normalization has two statistics: as many passes as there are normalizations in a row, and one that sees that nothing changes.
    for (let pass = 0; pass <= Object.keys(stats).length / 2; pass++) {
      const before = await valuesOf(now);
      const after = await pooled(
        before,
        (indices) => forward(refs(params), refs(now), toDevice(inputRows(data.train, data.normalization, indices))),
        seen,
        samplesAtATime(network),
      );
      dispose(now);
      now = Object.fromEntries(
        Object.entries(after).map(([name, x]) => [name, toDevice({ shape: [x.length], data: Float32Array.from(x) })]),
      );
      if (Object.keys(after).every((name) => same(before[name], after[name]))) break;
    }
    return now;
  } finally {
    forward.dispose();
  }
}

interface Forward {
  (params: Tensors, stats: Tensors, x: Tensor): Promise<Tensors>;
  dispose(): void;
}

/** Means and variances of all samples from those of blocks of them, in float64; a block's variance is about the mean in `before`. */
async function pooled(
  before: Record<string, Float64Array>,
  momentsOf: (indices: Int32Array) => Promise<Tensors>,
  seen: Int32Array,
  block: number,
): Promise<Record<string, Float64Array>> {
  const after = Object.fromEntries(Object.entries(before).map(([name, x]) => [name, new Float64Array(x.length)]));
  for (let from = 0; from < seen.length; from += block) {
    const indices = seen.subarray(from, from + block);
    const moments = await momentsOf(indices);
    for (const [name, x] of Object.entries(await valuesOf(moments)))
      for (let j = 0; j < x.length; j++) after[name][j] += (x[j] * indices.length) / seen.length;
    dispose(moments);
  }
  for (const [name, variance] of Object.entries(after)) {
    if (!name.endsWith(".variance")) continue;
    const mean = name.replace(/variance$/, "mean");
    for (let j = 0; j < variance.length; j++) variance[j] -= (after[mean][j] - before[mean][j]) ** 2;
  }
  return after;
}

async function valuesOf(tensors: Tensors): Promise<Record<string, Float64Array>> {
  return Object.fromEntries(Object.entries(await allToHost(tensors)).map(([name, { data }]) => [name, Float64Array.from(data)]));
}

/** Equal to what float32 sums of some hundred samples can tell. */
function same(a: Float64Array, b: Float64Array): boolean {
  const scale = b.reduce((top, x) => Math.max(top, Math.abs(x)), 0);
  return a.every((x, j) => Math.abs(x - b[j]) <= 1e-6 * scale);
}
