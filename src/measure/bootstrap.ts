import { type Random, random } from "../math/index.ts";
import { addToSums, type Block, emptySums } from "./first-pass.ts";
import { type Frame, frameOf } from "./frame.ts";
import type { Stream } from "./passes.ts";
import { addToWithin, emptyWithin, type Within } from "./second-pass.ts";

/**
 * Bootstrap within classes: every replicate draws n_k samples with replacement from the n_k of class k, so that the counts stay what they are,
 * and is measured like the data. It says how the measures would vary with other samples of the same classes, and nothing of other
 * training runs. Drawing with replacement makes samples coincide: the scatter of a class shrinks by 1/n_k on average, and a class of one
 * sample has none.
 *
 * The multiplicities are drawn while the samples stream by: of m draws that are left for s samples, the next sample gets Binomial(m, 1/s).
 * Replicate b has a generator of its own, so both passes draw the same, and memory is K d numbers a replicate.
 */
export async function bootstrap(
  stream: Stream,
  n: number,
  counts: ArrayLike<number>,
  { replicates, seed, force }: { replicates: number; seed: number; force?: boolean },
  use: (frame: Frame, within: Within) => void,
): Promise<void> {
  const { K, d, head } = stream;
  const together = Math.max(1, Math.floor(2 ** 24 / (4 * K * d)));
  for (let first = 0; first < replicates; first += together) {
    const group = Array.from({ length: Math.min(together, replicates - first) }, (_, i) => first + i);
    const sums = group.map(() => emptySums(K, d));
    let draws = group.map((b) => drawer(counts, seed, b));
    for await (const block of stream.blocks(0, n))
      group.forEach((_, i) => {
        addToSums(sums[i], resampled(block, d, draws[i]));
      });
    const frames = sums.map((of) => frameOf(of));
    const withins = frames.map((frame) => emptyWithin(frame, head, { gram: false, force }));
    draws = group.map((b) => drawer(counts, seed, b));
    for await (const block of stream.blocks(0, n))
      group.forEach((_, i) => {
        addToWithin(withins[i], frames[i], head, resampled(block, d, draws[i]));
      });
    frames.forEach((frame, i) => {
      use(frame, withins[i]);
    });
  }
}

/** How often the next sample, of class k, is drawn. */
type Draw = (k: number) => number;

function drawer(counts: ArrayLike<number>, seed: number, replicate: number): Draw {
  const r = random(seed + replicate * 2 ** 32);
  const samples = Float64Array.from(counts);
  const draws = Float64Array.from(counts);
  return (k) => {
    const times = binomial(draws[k], 1 / samples[k], r);
    samples[k]--;
    draws[k] -= times;
    return times;
  };
}

/** By inversion: the mean is about 1 here. */
function binomial(m: number, p: number, r: Random): number {
  if (p >= 1) return m;
  let u = r.uniform();
  let chance = (1 - p) ** m;
  let times = 0;
  while (u >= chance && times < m) {
    u -= chance;
    times++;
    chance *= ((m - times + 1) / times) * (p / (1 - p));
  }
  return times;
}

function resampled({ n, features, labels }: Block, d: number, draw: Draw): Block {
  const rows: number[] = [];
  for (let i = 0; i < n; i++) for (let times = draw(labels[i]); times > 0; times--) rows.push(i);
  const Type = features instanceof Float32Array ? Float32Array : Float64Array;
  const copy = new Type(rows.length * d);
  rows.forEach((row, i) => {
    copy.set(features.subarray(row * d, row * d + d), i * d);
  });
  return { n: rows.length, features: copy, labels: rows.map((row) => labels[row]) };
}

/** The quantile q of finite values, between neighbours by linear interpolation; null for none. */
export function quantile(values: readonly number[], q: number): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const at = q * (sorted.length - 1);
  const low = Math.floor(at);
  return sorted[low] + (at - low) * (sorted[Math.min(low + 1, sorted.length - 1)] - sorted[low]);
}
