import type { Engine, HostTensors } from "../engine/index.ts";
import type { Network } from "../networks/index.ts";
import { inputRows, type TrainingData } from "./batches.ts";
import { compileStatistics, type Forward } from "./forward.ts";
import { samplesAtATime } from "./outputs.ts";
import { resting } from "./rest.ts";
import { heldArrays, type NetworkState } from "./state.ts";
import { together } from "./together.ts";

/**
 * The statistics of batch normalization over the whole training set, in place of the running averages of the batches'.
 *
 * Theory, section 9.1, is about features that have mean 0 and variance 1 over the training samples; running averages trail behind the
 * parameters, and miss the variance between batches. What a normalization takes depends on the normalizations before it, so the whole
 * set is sent through until nothing changes: each pass makes one more in depth exact.
 *
 * `seen`: indices of the images, as often as an epoch sees each.
 */
export async function wholeSetStatistics(
  { engine, network, data }: { engine: Engine; network: Network; data: TrainingData },
  { params, stats }: NetworkState,
  seen: Int32Array,
): Promise<HostTensors> {
  if (Object.keys(stats).length === 0) return stats;
  const block = Math.min(samplesAtATime(network), seen.length);
  // The last images, fewer than a block, have a program of their own: their mean is over them alone.
  const rest = seen.length % block;
  const made = together();
  try {
    const held = made.add(engine.hold(heldArrays({ params, stats })));
    const programs: Forward[] = [];
    for (const rows of [block, ...(rest > 0 ? [rest] : [])])
      programs.push(made.add(await compileStatistics(engine, network, rows)));
    let now = stats;
    // A normalization has two statistics: as many passes as there are normalizations in a row, and one that sees that nothing changes.
    for (let pass = 0; pass <= Object.keys(stats).length / 2; pass++) {
      const before = doubles(now);
      const momentsOf = (indices: Int32Array): ReturnType<Forward["run"]> => {
        const program = programs.find(({ rows }) => rows === indices.length) as Forward;
        return program.run(held, inputRows(data.train, data.normalization, indices).data);
      };
      const after = await pooled(before, momentsOf, seen, block);
      now = Object.fromEntries(
        Object.entries(after).map(([name, x]) => [name, { shape: [x.length], data: Float32Array.from(x) }]),
      );
      held.write(heldArrays({ stats: now }));
      if (Object.keys(after).every((name) => same(before[name], after[name]))) break;
    }
    return now;
  } finally {
    made.dispose();
  }
}

/** Means and variances of all samples from those of blocks of them, in float64; a block's variance is about the mean in `before`. */
async function pooled(
  before: Record<string, Float64Array>,
  momentsOf: (indices: Int32Array) => Promise<Record<string, Float32Array>>,
  seen: Int32Array,
  block: number,
): Promise<Record<string, Float64Array>> {
  const after = Object.fromEntries(Object.entries(before).map(([name, x]) => [name, new Float64Array(x.length)]));
  const rest = resting();
  for (let from = 0; from < seen.length; from += block) {
    const indices = seen.subarray(from, from + block);
    await rest();
    for (const [name, x] of Object.entries(await momentsOf(indices)))
      for (let j = 0; j < x.length; j++) after[name][j] += (x[j] * indices.length) / seen.length;
  }
  for (const [name, variance] of Object.entries(after)) {
    if (!name.endsWith(".variance")) continue;
    const mean = name.replace(/variance$/, "mean");
    for (let j = 0; j < variance.length; j++) variance[j] -= (after[mean][j] - before[mean][j]) ** 2;
  }
  return after;
}

const doubles = (tensors: HostTensors): Record<string, Float64Array> =>
  Object.fromEntries(Object.entries(tensors).map(([name, { data }]) => [name, Float64Array.from(data)]));

/** Equal to what float32 sums of some hundred samples can tell. */
function same(a: Float64Array, b: Float64Array): boolean {
  const scale = b.reduce((top, x) => Math.max(top, Math.abs(x)), 0);
  return a.every((x, j) => Math.abs(x - b[j]) <= 1e-6 * scale);
}
