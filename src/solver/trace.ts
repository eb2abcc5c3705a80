/** One look at a solve: a step of Newton's method, or a proof. */
export interface TraceRow {
  /** factors: Newton on the factors of the core (factored.ts); core: on the core itself among those of one rank (polish.ts); bias: nonnegative features, on the bias; proof: a certificate. */
  stage: "factors" | "core" | "bias" | "proof";
  /** Newton steps so far. */
  iteration: number;
  /** Value of the objective. */
  objective: number;
  /** sqrt(g' D^-1 g / |f|): by about half its square the objective can still fall, relatively; null of a proof. */
  decrement: number | null;
  /** Relative duality gap; null of a step, which proves nothing. */
  relativeGap: number | null;
  /** Directions of the core; null of nonnegative features, where no core is factored. */
  rank: number | null;
  /** Of the trust region; null where there is none. */
  radius: number | null;
  /** Damping of the step in place of a trust region (core, bias); null where there is none. */
  damping: number | null;
  /** Hessian-vector products so far; of nonnegative features columns solved. */
  products: number;
}

/** Is told every row, in order, while the solve goes on. */
export type Trace = (row: TraceRow) => void;
