import type { LayerNormProblem, Origin } from "../problem/index.ts";
import type { Prediction } from "./predict.ts";
import type { Searched } from "./search.ts";

/**
 * The document of `nclab predict --ends layer-norm` (theory, section 9.4): the best of many descents on a model that is not convex. It has the fields of nclab.prediction/1, null where they mean
 * nothing here; never `certified`.
 */
export interface LayerNormPrediction
  extends Pick<Prediction, "schema" | "objective" | "rank" | "singularValues" | "Z" | "b" | "vanished" | "cosines" | "seconds">,
    Searched {
  /** The problem as it was solved. */
  problem: Omit<Prediction["problem"], keyof Origin | "lambdaZ" | "lambdaH" | "nonnegative"> & {
    /** X. */
    weightDecay: number;
    /** What stands before the head. */
    ends: LayerNormProblem["ends"];
    /** Of residual networks, whose normalizations are several. */
    branches: null;
    /** Channels of the features. */
    width: number;
    /** Decay of scale and shift of the normalization. */
    lambdaNorm: number;
    /** lambda_Z and lambda_H belong to the convex model. */
    lambdaZ: null;
    /** Belongs to the convex model. */
    lambdaH: null;
    /** No ReLU after the normalization. */
    nonnegative: false;
  };
  /** How the answer was found. */
  method: "layer-norm";
  /** A proved lower bound of the minimum, not a tight one: the convex model with lambda_Z = Lambda/sqrt(N) and a free bias. */
  bound: number;
  /** There is no dual problem whose value is the minimum's. */
  dual: null;
  /** No dual, no gap. */
  gap: null;
  /** No dual, no gap. */
  relativeGap: null;
  /** Values of the two figures where counts are equal and there are no remedies (theory/layer-norm.ts), else null; null too what has no room in the channels, and `crossPolytope` for an odd K. */
  closedForms: { simplex: number | null; crossPolytope: number | null } | null;
  /** Looks at the model of the descent that found it. */
  iterations: number;
  /** What should be known of this problem, in words. */
  notes: string[];
}
