import type { LayerNormProblem, Origin } from "../problem/index.ts";
import type { ClassGeometry } from "./class-geometry.ts";
import type { Summary } from "./class-summary.ts";
import type { PredictedClass } from "./classes.ts";
import type { Distances } from "./distances.ts";
import type { PredictedCluster, Prediction } from "./predict.ts";
import type { Search } from "./search.ts";

/**
 * The document of `nclab predict --ends layer-norm` (theory, section 9.4): the best of many descents on a model that is not convex. It has the fields of nclab.prediction/1, null where they mean
 * nothing here; never `certified`.
 */
export interface LayerNormPrediction
  extends Pick<Prediction, "schema" | "objective" | "rank" | "singularValues" | "Z" | "b" | "vanished" | "cosines" | "seconds"> {
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
  /** Never: the model is not convex. */
  certified: false;
  /** Why it is not certified, in a sentence. */
  reason: string;
  /** Of the convex model. */
  bins: null;
  /** Of nonnegative features. */
  ufmPlus: null;
  /** Of the convex model. */
  phase: null;
  /** Of the convex model. */
  criticalCount: null;
  /** Classes of equal count. They need not be alike: `margin` is null, `merged` goes by distances. */
  clusters: PredictedCluster[];
  /** The figure that the class features make; null at complete collapse. */
  geometry: ClassGeometry | null;
  /** How far Z, head and class features are from the simplex and from SELI (theory, section 12); no limit of vanishing decay is known. */
  distances: Distances;
  /** Values of the two figures where counts are equal and there are no remedies (theory/layer-norm.ts), else null; null too what has no room in the channels, and `crossPolytope` for an odd K. */
  closedForms: { simplex: number | null; crossPolytope: number | null } | null;
  /** How the answer was found. */
  search: Search;
  /** Looks at the model of the descent that found it. */
  iterations: number;
  /** What should be known of this problem, in words. */
  notes: string[];
  /** What becomes of each class. */
  classes: PredictedClass[];
  /** How many classes have which status. */
  summary: Summary;
}
