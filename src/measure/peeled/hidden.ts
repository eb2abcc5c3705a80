import { timesTranspose, transposeTimes } from "../../math/index.ts";
import { type Points, type PointsAnswer, residualsAt } from "../../solver/index.ts";
import type { Stream } from "../passes.ts";
import type { WorkProgress } from "../progress.ts";
import type { Basis } from "./basis.ts";

/**
 * What the feature layer takes, in blocks: psi_i = (phi_i, 1), the 1 standing for the layer's own bias. Without it (a bias that does not decay costs nothing and joins that of the
 * head) psi_i = phi_i.
 */
export interface Hidden {
  /** phi with the labels, a block at a time; its `d` is p. */
  readonly stream: Stream;
  /** Rows of the stream. */
  readonly n: number;
  /** Whether psi ends in a 1. */
  readonly withOne: boolean;
  /** Told how far a pass is. */
  readonly progress?: WorkProgress;
}

/** A block of psi. */
export interface PsiBlock {
  /** Index of its first sample among those that belong to a class. */
  first: number;
  count: number;
  /** count x q. */
  psi: Float64Array;
  labels: ArrayLike<number>;
}

/** Length of psi. */
export const lengthOfPsi = ({ stream, withOne }: Hidden): number => stream.d + (withOne ? 1 : 0);

/** psi of all samples, in order. The numbers are overwritten by the next block. */
export async function* psiBlocks(hidden: Hidden): AsyncGenerator<PsiBlock> {
  const { stream, n, withOne, progress } = hidden;
  const p = stream.d;
  const q = lengthOfPsi(hidden);
  let room = new Float64Array(0);
  let first = 0;
  for await (const block of stream.blocks(0, n)) {
    if (room.length < block.n * q) room = new Float64Array(block.n * q);
    for (let i = 0; i < block.n; i++) {
      room.set(block.features.subarray(i * p, i * p + p), i * q);
      if (withOne) room[i * q + p] = 1;
    }
    yield { first, count: block.n, psi: room.subarray(0, block.n * q), labels: block.labels };
    first += block.n;
    progress?.(block.first + block.n, n);
  }
}

/** Writes the coordinates of all psi in the rows `from` and on of a basis into `x` (N x width, from column `at` on). */
export async function projectOnto(hidden: Hidden, basis: Basis, from: number, x: Float64Array, width: number): Promise<void> {
  const { q } = basis;
  const fresh = basis.m - from;
  const rows = basis.rows.subarray(from * q);
  let room = new Float64Array(0);
  for await (const { first, count, psi } of psiBlocks(hidden)) {
    if (room.length < count * fresh) room = new Float64Array(count * fresh);
    timesTranspose(room, psi, rows, count, fresh, q);
    for (let i = 0; i < count; i++) x.set(room.subarray(i * fresh, (i + 1) * fresh), (first + i) * width + from);
  }
}

/** sum omega (p - q) psi' (K x q) at an answer to the problem of the points' coordinates. */
export async function forceOn(hidden: Hidden, points: Points, answer: PointsAnswer): Promise<Float64Array> {
  const q = lengthOfPsi(hidden);
  const G = new Float64Array(points.K * q);
  for await (const { first, count, psi } of psiBlocks(hidden)) {
    const { weighted } = residualsAt(points, answer, first, count);
    transposeTimes(G, weighted, psi, count, points.K, q, true);
  }
  return G;
}
