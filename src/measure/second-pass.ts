import { inputError } from "../errors.ts";
import {
  type FoundLogSums,
  gramOfColumns,
  gramSum,
  logSums,
  logSumsByParts,
  timesTranspose,
  transposeTimes,
} from "../math/index.ts";
import type { Block } from "./first-pass.ts";
import { forcesOf } from "./forces.ts";
import { type Frame, meanRowsOf } from "./frame.ts";
import { checkHead, type Head, headRows } from "./head.ts";
import { nearestMeans } from "./nearest-means.ts";
import { fewestResident } from "./row-sums.ts";

/**
 * Second pass, with the class means known: within-class scatter in the span of the means, per-class variances, and what the head says of
 * every sample. States add up like those of the first pass. Work: N d (r + K), memory: a block and O(K d).
 */
export interface Within {
  /** sum over the class of |h - mu_k|^2, K. */
  scatter: Float64Array;
  /** sum over samples of y y', y = h - mu_k in the basis: r x r. */
  projected: Float64Array;
  /** H'H, d x d, where it costs little beside the rest (`mostGramWork`); else null. */
  gram: Float64Array | null;
  /** Samples seen. */
  seen: number;
  /** Sums that need the head; null without one. */
  head: HeadSums | null;
}

/** What the second pass adds up with a head. */
export interface HeadSums {
  /** Samples whose nearest class mean is not the class the head predicts. */
  disagreements: number;
  /** Samples whose nearest class mean is that of their own class; null where a state from before it was counted is among the parts. */
  nearestRight: number | null;
  /** Samples of each class that the head gets right, K. */
  correct: Float64Array;
  /** sum_i (y_i - p_i) h_i' , K x d: what the head's gradient is made of; null where it was not asked for. */
  force: Float64Array | null;
  /** sum_i -log p_i,label. */
  crossEntropy: number;
}

/** N d^2 beyond which H'H would take longer than everything else together. */
export const mostGramWork = 4e9;
/** And d beyond which its eigenvalues, d^3, would. */
export const mostGramFeatures = 1024;

/** What the second pass may leave out, each a good part of its time. */
export interface SecondPassOptions {
  /** Whether H'H may be summed, for the effective rank of the features (default true). */
  gram?: boolean;
  /** Whether the force on the head is summed, without which there is no effective regularization (default true). */
  force?: boolean;
}

/** The state of the second pass before the first block. Throws InputError for a head that is not K x d. */
export function emptyWithin(frame: Frame, head: Head | null, { gram = true, force = true }: SecondPassOptions = {}): Within {
  const { K, d, r } = frame;
  if (head) checkHead(head, K, d);
  return {
    scatter: new Float64Array(K),
    projected: new Float64Array(r * r),
    gram: gram && d <= mostGramFeatures && frame.N * d * d <= mostGramWork ? new Float64Array(d * d) : null,
    seen: 0,
    head: head && {
      disagreements: 0,
      nearestRight: 0,
      correct: new Float64Array(K),
      force: force ? new Float64Array(K * d) : null,
      crossEntropy: 0,
    },
  };
}

/** Adds a block to the second pass. Many blocks one after the other: `openPass`. */
export function addToWithin(state: Within, frame: Frame, head: Head | null, block: Block): void {
  const pass = openPass(state, frame, head);
  pass.add(block);
  pass.close();
}

/** A second pass at work: the state is whole once it is closed. */
export interface OpenPass {
  /** Reads a block at once; its sums may come with the next. */
  add(block: Block): void;
  /** Nothing can be added afterwards. */
  close(): void;
}

/** Adds blocks to `state`. */
export function openPass(state: Within, frame: Frame, head: Head | null): OpenPass {
  const { N, K, d, r } = frame;
  const meanRows = meanRowsOf(frame);
  const projected = N * r * r < fewestResident ? null : gramSum(r);
  const large = head !== null && N * K * d >= fewestResident;
  const logits = large && !head.stored ? logSums(head.W, head.b, K, d) : null;
  // A head that is too large to be kept there; the force takes all its probabilities at once.
  const parts = large && !logits && !state.head?.force ? logSumsByParts(headRows(head), head.b) : null;
  /** What the block before has begun. */
  let finish = (): void => {};
  return {
    add(block) {
      const { n, features, labels } = block;
      const centred = scratch(0, n * d);
      const squares = scratch(3, n);
      for (let i = 0; i < n; i++) {
        squares[i] = centreRow(centred, i * d, features, meanRows.read(labels[i], labels[i] + 1), d);
        state.scatter[labels[i]] += squares[i];
      }
      const Y = frame.basis ? scratch(1, n * r) : centred;
      if (frame.basis) timesTranspose(Y, centred, frame.basis, n, r, d);
      if (projected) projected.add(Y, n);
      else gramOfColumns(state.projected, Y, n, r, true);
      if (state.gram || state.head) {
        const nearest = state.head && nearestMeans(frame, block, Y, frame.basis ? null : squares);
        const H = centred;
        H.set(features.length === n * d ? features : features.subarray(0, n * d));
        if (state.gram) gramOfColumns(state.gram, H, n, d, true);
        if (head && state.head && nearest) {
          const sums = state.head;
          const parted = parts?.of(H, labels, n);
          if (parted) {
            const { best, crossEntropy } = parted;
            for (let i = 0; i < n; i++) addSample(sums, labels[i], nearest[i], best[i], crossEntropy[i]);
          } else if (!logits) addHead(sums, frame, head, block, H, nearest);
          else {
            const begun = logits.begin(H, labels, n);
            finish();
            finish = () => begun.finish((found) => addFound(sums, frame, found, H, nearest));
            // The force is summed with the features, which the next block overwrites.
            if (sums.force) {
              finish();
              finish = () => {};
            }
          }
        }
      }
      state.seen += n;
    },
    close() {
      finish();
      projected?.finish(state.projected);
      logits?.close();
      parts?.close();
    },
  };
}

/** One row minus its class mean; returns |h - mu|^2, in two sums that do not wait for each other. */
function centreRow(to: Float64Array, at: number, from: Float32Array | Float64Array, mean: Float64Array, d: number): number {
  let a = 0;
  let b = 0;
  let j = 0;
  for (; j + 1 < d; j += 2) {
    const x = from[at + j] - mean[j];
    const y = from[at + j + 1] - mean[j + 1];
    to[at + j] = x;
    to[at + j + 1] = y;
    a += x * x;
    b += y * y;
  }
  if (j < d) {
    const x = from[at + j] - mean[j];
    to[at + j] = x;
    a += x * x;
  }
  return a + b;
}

/** `H`: the features in float64. */
function addHead(state: HeadSums, frame: Frame, head: Head, block: Block, H: Float64Array, nearest: Int32Array): void {
  const { K, d } = frame;
  const { n, labels } = block;
  const logits = scratch(2, n * K);
  timesTranspose(logits, H, head.W, n, K, d);
  forcesOf(logits, head.b, labels, n, (i, best, crossEntropy) => {
    addSample(state, labels[i], nearest[i], best, crossEntropy);
  });
  if (state.force) transposeTimes(state.force, logits, H, n, K, d, true);
}

/** The same, of logits that the threads have computed. */
function addFound(state: HeadSums, { K, d }: Frame, found: FoundLogSums, H: Float64Array, nearest: Int32Array): void {
  const { labels } = found;
  const n = labels.length;
  for (let i = 0; i < n; i++) addSample(state, labels[i], nearest[i], found.best(i), found.crossEntropy(i));
  if (!state.force) return;
  const forces = scratch(2, n * K);
  for (let i = 0; i < n; i++) found.force(i, forces, i * K);
  transposeTimes(state.force, forces, H, n, K, d, true);
}

function addSample(state: HeadSums, label: number, nearest: number, best: number, crossEntropy: number): void {
  if (nearest !== best) state.disagreements++;
  if (nearest === label && state.nearestRight !== null) state.nearestRight++;
  if (best === label) state.correct[label]++;
  state.crossEntropy += crossEntropy;
}

const kept: Float64Array[] = [];

/** Buffers of exactly this length, one a use, for block after block: allocating them anew would cost more than the sums. */
function scratch(use: number, length: number): Float64Array {
  if (kept[use]?.length !== length) kept[use] = new Float64Array(length);
  return kept[use];
}

/** Gives back the buffers. @internal */
export function forgetBuffers(): void {
  kept.length = 0;
}

/** The state of both parts together. */
export function mergeWithin(a: Within, b: Within): Within {
  const add = (x: Float64Array, y: Float64Array): Float64Array => {
    if (x.length !== y.length) throw inputError("shards", "parts of one measurement", `sizes ${x.length} and ${y.length}`);
    return x.map((value, i) => value + y[i]);
  };
  return {
    scatter: add(a.scatter, b.scatter),
    projected: add(a.projected, b.projected),
    gram: a.gram && b.gram && add(a.gram, b.gram),
    seen: a.seen + b.seen,
    head:
      a.head && b.head
        ? {
            disagreements: a.head.disagreements + b.head.disagreements,
            nearestRight:
              a.head.nearestRight === null || b.head.nearestRight === null ? null : a.head.nearestRight + b.head.nearestRight,
            correct: add(a.head.correct, b.head.correct),
            force: a.head.force && b.head.force && add(a.head.force, b.head.force),
            crossEntropy: a.head.crossEntropy + b.head.crossEntropy,
          }
        : null,
  };
}
