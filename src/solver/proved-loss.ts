import { Sum } from "../math/index.ts";
import type { Cluster } from "../problem/index.ts";
import type { AnswerColumn, Column } from "./columns.ts";

/**
 * What the certificates know of a loss f(u) - <q, u> + constant: its residuals y = grad f(u) - q at an answer, and, for any point pi = q + y of f*'s domain, the lower bound
 *
 *   loss(u, q) >= <y, u> + D(pi),   D(pi) = constant - f*(pi)   (cross-entropy: the entropy of pi).
 *
 * This is the certificates' own arithmetic: it shares nothing with the losses that the solver minimizes (src/loss), so that a mistake there cannot prove itself here.
 */
export interface ProvedLoss {
  /** Residuals, loss and its rounding at the logits of a class of cluster j. */
  read(clusters: readonly Cluster[], logits: ColumnLogits, j: number): AnswerColumn;
  /** A column of residuals `y` and -`away` of the own class, which a loss without shifts may leave out: it is the sum of the others. */
  column(clusters: readonly Cluster[], y: Float64Array, away: number, j: number, uniform: number): Column;
  /** Adds to D what `copies` other classes with residual `step` and target `uniform` make of it. */
  other(tally: Tally, copies: number, step: number, uniform: number): void;
  /** Adds what the own class makes of it. */
  own(tally: Tally, own: OwnShare): void;
  /** By how much a prediction pi may fall, and by how much it may rise, before it leaves f*'s domain. */
  fall(pi: number): number;
  rise(pi: number): number;
  /** The largest factor on the residuals of a column that leaves its predictions in the domain, a little less for the rounding of its own. */
  most(column: Column, problem: { K: number; smoothing: number }): number;
  /** D(q). */
  atTarget(K: number, smoothing: number): number;
  /**
   * The points with which residuals are mixed (free-bias.ts): q_mean moved by no more than itself, fall and rise allow. `apart`: |p - q|^2 is at most that; `depth`: D(p) is at least minus
   * that.
   */
  mixture(K: number): { apart: number; depth: number };
}

/** The logits of a column and what is known of them. */
export interface ColumnLogits {
  /** One a cluster: of its classes (of the own cluster: of another class). */
  v: Float64Array;
  /** How far rounding can have moved each. */
  doubt: Float64Array;
  /** Of the own class. */
  own: number;
  /** See doubt. */
  ownDoubt: number;
  /** Largest logit of the classes that there are. */
  top: number;
  /** Label smoothing. */
  smoothing: number;
  /** Number of classes. */
  K: number;
}

/** The own class of a column: its prediction is 1 - `lost`, its residual -`step`. */
export interface OwnShare {
  step: number;
  lost: number;
  /** How far rounding can have moved `lost`. */
  doubt: number;
  /** 1 less its target. */
  lack: number;
}

/** A sum, and how far rounding can have moved its terms. */
export class Tally {
  readonly sum: Sum = new Sum();
  error: number = 0;
}
