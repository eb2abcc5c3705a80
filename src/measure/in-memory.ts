import { inputError } from "../errors.ts";
import { checkKeys } from "../known-keys.ts";
import { cosineHead, unitRows } from "./cosine.ts";
import { addToSums, type Block, emptySums } from "./first-pass.ts";
import { type Frame, frameOf } from "./frame.ts";
import { checkHead, type Head } from "./head.ts";
import { addToView, emptyView, type ViewSettings, type ViewState } from "./view/index.ts";

/** Features, labels and head as arrays. */
export interface InMemory {
  /** n x d, row-major. */
  features: Float32Array | Float64Array;
  /** n class indices, 0..K-1. */
  labels: ArrayLike<number>;
  /** Feature dimension. */
  d: number;
  /** Number of classes. */
  K: number;
  /** K x d weights and K biases of the head. */
  head?: Head;
  /** The head is normalized: logits are scale (default 1) times the cosine of feature and weight, plus the bias (`cosineHead`). */
  cosine?: { scale?: number };
}

const dataKeys: Record<keyof InMemory, true> = { features: true, labels: true, d: true, K: true, head: true, cosine: true };
/** Features and head as both passes take them, block by block. Throws InputError for sizes that do not go together. */
export function checkedData(data: InMemory): {
  K: number;
  d: number;
  head: Head | null;
  blocks: () => Generator<Block & { first: number }>;
} {
  checkKeys(data, dataKeys, "data");
  const { labels, d, K, cosine } = data;
  const n = labels.length;
  whole(d, "d", 1);
  whole(K, "K", 2);
  const given = data.head ?? null;
  if (given) checkHead(given, K, d);
  if (cosine && !given) throw inputError("cosine", "a head beside it", "none");
  if (data.features.length !== n * d)
    throw inputError("features", `${n} x ${d} numbers, one row a label`, `${data.features.length} numbers`);
  const features = cosine ? unitRows(data.features, n, d) : data.features;
  const head = cosine && given ? cosineHead(given, d, cosine.scale) : given;
  const step = blockRows(K, d);
  const blocks = function* (): Generator<Block & { first: number }> {
    for (let first = 0; first < n; first += step) {
      const to = Math.min(n, first + step);
      yield {
        n: to - first,
        features: features.subarray(first * d, to * d),
        labels: Array.prototype.slice.call(labels, first, to) as number[],
        first,
      };
    }
  };
  return { K, d, head, blocks };
}

/** Numbers of a matrix with a row a class from which on it is kept beside the memory where there is such room: half a gigabyte. */
export const manyNumbers: number = 2 ** 26;

/** 64 MB, and half of that where the threads' sums of products, d x d, leave less room. */
const rowsBesideMemory = (d: number): number => (d <= 4096 ? 2048 : Math.max(64, Math.floor(2 ** 22 / d)));

/** Rows of a block: it and its logits are 2 to 4 MB, or half a K x d matrix where that is more, of which a head beside the memory is read once a block. What is summed depends on the cut in its last digit. `p`: numbers of a row that goes beside it. */
export const blockRows = (K: number, d: number, p = 0): number =>
  Math.max(
    1,
    Math.min(K * d > manyNumbers ? rowsBesideMemory(d) : 1024, Math.floor(Math.max(2 ** 19, (K * d) / 2) / Math.max(d, K, p))),
  );

function whole(value: number, what: string, least: number): void {
  if (!(Number.isSafeInteger(value) && value >= least)) throw inputError(what, `a whole number of at least ${least}`, value);
}

/**
 * The features as a picture shows them (nclab/pictures): class means, spread and a sample of points along the leading directions of the class means. `rows`: numbers of the samples, where they are not
 * 0, 1, 2, ... Throws InputError.
 */
export function viewFeatures(
  data: InMemory,
  settings: ViewSettings = {},
  rows?: ArrayLike<number>,
): ViewState & { frame: Frame } {
  const { K, d, blocks } = checkedData(data);
  const sums = emptySums(K, d);
  for (const block of blocks()) addToSums(sums, block, block.first);
  const frame = frameOf(sums);
  const view = emptyView(frame, settings);
  for (const block of blocks())
    addToView(
      view,
      frame,
      rows ? { ...block, rows: Array.prototype.slice.call(rows, block.first, block.first + block.n) } : block,
    );
  return { ...view, frame };
}
