import type { RowStorage } from "../row-store.ts";
import { addToSums, type Block, type ClassSums, emptySums, forgetBuffer } from "./first-pass.ts";
import { type Frame, frameOf } from "./frame.ts";
import type { Head } from "./head.ts";
import { distancesFirst } from "./nearest-means.ts";
import { type StageProgress, stage, type WorkProgress } from "./progress.ts";
import { emptyWithin, forgetBuffers, openPass, type SecondPassOptions, type Within } from "./second-pass.ts";
import { addToView, emptyView, type ViewSettings, type ViewState } from "./view/index.ts";

/** Features that come in blocks, as often as they are asked for: from files of any size, over a network, from a generator. */
export interface Stream {
  /** Feature dimension. */
  readonly d: number;
  /** Number of classes. */
  readonly K: number;
  /** Null: none. */
  readonly head: Head | null;
  /** Where matrices with a row a class lie; in memory unless told. */
  readonly storage?: RowStorage;
  /** Rows `from` to `to` in order. */
  blocks(from: number, to: number): AsyncIterable<Block & { first: number }>;
}

/** What the passes are called to whoever is told how far they are. @internal */
export const passNames = { first: "first pass", second: "second pass" } as const;

/** The first pass over rows `from` to `to`. */
export async function firstPass(stream: Stream, from: number, to: number, progress?: WorkProgress): Promise<ClassSums> {
  const sums = emptySums(stream.K, stream.d, stream.storage);
  for await (const block of stream.blocks(from, to)) {
    addToSums(sums, block, block.first);
    progress?.(block.first + block.n - from, to - from);
  }
  forgetBuffer();
  return sums;
}

/** The second pass over rows `from` to `to`, about the means of the first; a view is added to on the way. */
export async function secondPass(
  stream: Stream,
  frame: Frame,
  from: number,
  to: number,
  progress?: WorkProgress,
  { view, ...options }: SecondPassOptions & { view?: ViewState } = {},
): Promise<Within> {
  const within = emptyWithin(frame, stream.head, options);
  const pass = openPass(within, frame, stream.head);
  try {
    for await (const block of stream.blocks(from, to)) {
      pass.add(block);
      if (view) addToView(view, frame, block);
      progress?.(block.first + block.n - from, to - from);
    }
  } finally {
    pass.close();
    forgetBuffers();
  }
  return within;
}

/** Both passes over all `n` rows, with a view of the features where one is asked for. */
export async function bothPasses(
  stream: Stream,
  n: number,
  progress?: StageProgress,
  { view: wanted, ...options }: SecondPassOptions & { view?: ViewSettings } = {},
): Promise<{ frame: Frame; within: Within; view: ViewState | null }> {
  const sums = await firstPass(stream, 0, n, stage(progress, passNames.first));
  const frame = frameOf(sums, stream.storage);
  sums.stored?.close();
  if (stream.head) distancesFirst(frame, progress);
  const view = wanted && emptyView(frame, wanted);
  const within = await secondPass(stream, frame, 0, n, stage(progress, passNames.second), { ...options, view });
  return { frame, within, view: view ?? null };
}
