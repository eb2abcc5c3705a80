import { type HostTensor, hostTensor } from "../engine/index.ts";
import { WorkError } from "../errors.ts";
import { cholesky, gramOfRows, solveLower, times, timesTranspose } from "../math/index.ts";
import type { FeatureLayer } from "../networks/index.ts";
import { inputRows } from "./batches.ts";
import { compileLayer } from "./forward.ts";
import { resting } from "./rest.ts";
import { heldArrays, type NetworkState } from "./state.ts";
import { wholeSetStatistics } from "./statistics.ts";
import type { Subject } from "./subject.ts";
import { together } from "./together.ts";

/*
 * What the feature layer takes, for all samples, and coordinates in which it is white: mean g g' = I. The ends of a training (last-layer.ts, norm-layer.ts, layer-norm-end.ts, whole-set.ts, decayed-end.ts) are made in these.
 */

/** What the feature layer takes, for the images of `seen`, in float64: n x samples, a column a sample. */
export async function hiddenRows(
  { engine, network, data: { train, normalization } }: Pick<Subject, "engine" | "network" | "data">,
  { params, stats }: NetworkState,
  seen: Int32Array,
): Promise<Float64Array> {
  const { hidden, inputs: n } = network.featureLayer as FeatureLayer;
  const block = Math.min(100, seen.length);
  const made = together();
  const rest = resting();
  const columns = new Float64Array(n * seen.length);
  try {
    const forward = made.add(await compileLayer(engine, hidden, { rows: block, inputs: network.inputs }));
    const held = made.add(engine.hold(heldArrays({ params, stats })));
    for (let from = 0; from < seen.length; from += block) {
      const indices = seen.subarray(from, from + block);
      await rest();
      const { values } = await forward.run(held, inputRows(train, normalization, indices, block).data);
      for (let i = 0; i < indices.length; i++)
        for (let j = 0; j < n; j++) columns[j * seen.length + from + i] = values[i * n + j];
    }
  } finally {
    made.dispose();
  }
  return columns;
}

/** The same under the statistics of all those images. */
export async function wholeSetRows(
  subject: Pick<Subject, "engine" | "network" | "data">,
  state: NetworkState,
  seen: Int32Array,
): Promise<Float64Array> {
  return hiddenRows(subject, { ...state, stats: await wholeSetStatistics(subject, state, seen) }, seen);
}

/** Rows of N x n values as columns in float64, n x N. */
export function columnsOf({ shape: [N, n], data }: HostTensor): Float64Array {
  const columns = new Float64Array(n * N);
  for (let i = 0; i < N; i++) for (let j = 0; j < n; j++) columns[j * N + i] = data[i * n + j];
  return columns;
}

/** Back from n x N float64 columns to N rows of n float32 numbers. */
export function rowsOf(columns: Float64Array, N: number): HostTensor {
  const n = columns.length / N;
  return hostTensor([N, n], (e) => columns[(e % n) * N + Math.floor(e / n)]);
}

/**
 * Columns g (n x N, overwritten) as rows L^-1 g (N x n, float32), with L L' = g g'/N + eps and eps the given share of the mean eigenvalue, a millionth if none is given: what is smaller
 * is no direction.
 */
export function whitened(
  columns: Float64Array,
  N: number,
  n: number,
  share = 1e-6,
): { white: HostTensor["data"]; L: Float64Array } {
  const G = new Float64Array(n * n);
  gramOfRows(G, columns, n, N);
  let trace = 0;
  for (let e = 0; e < n * n; e++) G[e] /= N;
  for (let j = 0; j < n; j++) trace += G[j * n + j];
  // Hidden units that are 0 for every sample leave nothing to divide by; any positive number does for them.
  const eps = trace > 0 ? (share * trace) / n : 1;
  for (let j = 0; j < n; j++) G[j * n + j] += eps;
  const L = cholesky(G, n);
  if (!L)
    throw new WorkError(`last layer: the ${n} hidden values of ${N} samples have no Cholesky factor (mean square ${trace / n})`);
  solveLower(L, columns, n, N);
  const white = new Float32Array(N * n);
  for (let j = 0; j < n; j++) for (let i = 0; i < N; i++) white[i * n + j] = columns[j * N + i];
  return { white, L };
}

/** Takes the mean off each row (n x N, overwritten); returns the means. */
export function centre(columns: Float64Array, n: number, N: number): Float64Array {
  const means = new Float64Array(n);
  for (let j = 0; j < n; j++) {
    const row = columns.subarray(j * N, (j + 1) * N);
    means[j] = row.reduce((a, b) => a + b, 0) / N;
    for (let i = 0; i < N; i++) row[i] -= means[j];
  }
  return means;
}

/** M L of a d x n matrix M. */
export function inWhite(M: HostTensor, L: Float64Array): HostTensor {
  return product(M, L, times);
}

/** L^-1. */
export function inverseFactor(L: Float64Array, n: number): Float64Array {
  const E = new Float64Array(n * n);
  for (let j = 0; j < n; j++) E[j * n + j] = 1;
  solveLower(L, E, n, n);
  return E;
}

/** M L^-1, of the inverse E = L^-1. */
export function fromWhite(M: HostTensor, E: Float64Array): HostTensor {
  return product(M, E, times);
}

/** The gradient in M L of a function of M whose gradient is G: G L^-T. */
export function gradientInWhite(G: HostTensor, E: Float64Array): HostTensor {
  return product(G, E, timesTranspose);
}

function product({ shape, data }: HostTensor, square: Float64Array, multiply: typeof times): HostTensor {
  const [d, n] = shape;
  const made = new Float64Array(data.length);
  multiply(made, Float64Array.from(data), square, d, n, n);
  return { shape, data: Float32Array.from(made) };
}
