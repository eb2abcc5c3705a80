import type { LossName } from "../loss/index.ts";
import type { ClassGeometry, Distances, Summary } from "../prediction/index.ts";
import type { Branches } from "./branches.ts";
import type { Collapse } from "./collapse.ts";
import type { Comparison } from "./compare.ts";
import type { Duality } from "./duality.ts";
import type { Effective } from "./effective.ts";
import type { EffectiveRank } from "./effective-rank.ts";
import type { ClassReport } from "./per-class.ts";
import type { SharedDirections } from "./shared.ts";
import type { Shots } from "./shots.ts";
import type { GeneralizedNc2 } from "./uniformity.ts";

/** The document `nclab measure --json` prints (schema nclab.measurement/1). */
export interface Measurement extends Collapse, Duality {
  /** Name and version of this document. */
  schema: "nclab.measurement/1";
  /** Samples. */
  N: number;
  /** Classes. */
  K: number;
  /** Feature dimension. */
  d: number;
  /** Samples of each class. */
  counts: number[];
  /** The figure that the class means make about their mean; null where they are equal, and for more than 1000 classes. */
  geometry: ClassGeometry | null;
  /**
   * How far Z, head and class features are from the simplex, from SELI, and from the limit of vanishing regularization of the problem that is compared with (theory, section 12); without a head
   * `Z` and `weights` are null. Null where a class does not occur, and for more than 2000 classes.
   */
  distances: Distances | null;
  /** Classes that share directions, of features that are nonnegative; null for others, and for more than 1000 classes. */
  shared: SharedDirections | null;
  /** Z[i][k] = w_i . mu_k (no bias), null for a class k that does not occur; null without a head, and for more than 2000 classes. */
  Z: (number | null)[][] | null;
  /** Bias of the head, K numbers; null without a head. */
  b: number[] | null;
  /** How far Z is from constant blocks, over max |Z| (theory, section 8); null where it is undefined. */
  blockDeviation: number | null;
  /** Share of each class's samples that the head gets right; null without a head or for a class that does not occur. */
  accuracy: (number | null)[] | null;
  /** Share of all samples that the head gets right; null without a head. */
  accuracyOverall: number | null;
  /** The same by how many samples a class has: mean over classes; null without a head. */
  shots: Shots | null;
  /** Generalized NC2 of the class means' directions; null where a class mean equals the mean of them. */
  gnc2: GeneralizedNc2 | null;
  /** Mean over classes of |cos(mu_k, m)|, m the mean of features from elsewhere (Ammar et al. 2024); null where none were given, or a mean is 0. */
  nc5: number | null;
  /** How many directions are in use. */
  effectiveRank: EffectiveRank;
  /** Mean over samples of -log of the probability that the head gives their class; null without a head. */
  crossEntropy: number | null;
  /** Effective regularization; null without head or weight decay. */
  effective: Effective | null;
  /** Over how many residual branches the features are split; null where no weight decay alone was said of the network. */
  branches: Branches | null;
  /** Beside the prediction; null where none was asked for. */
  comparison: Comparison | null;
  /** The lambdas that the comparison's prediction used, and where they came from. */
  comparedAt: { lambdaZ: number; lambdaB: number; nonnegative: boolean; loss: LossName; from: "stated" | "effective" } | null;
  /** Why a measure is null, in words. */
  notes: string[];
}

/** A measurement with the report on every class, those in the order of classes. */
export interface ClassMeasurement extends Measurement {
  /** Groups of classes whose mean predictions (without a head: whose means) cannot be told apart. */
  merged: number[][];
  /** Classes whose mean prediction is 0. */
  vanished: number[];
  /**
   * When mean predictions count as one, and as 0: nearer than this share of the largest distance of any two; shorter than this share of the longest;
   * and in both cases nearer than `leastLogit`.
   */
  rule: { merged: number; vanished: number; leastLogit: number };
  /** One report a class. */
  classes: ClassReport[];
  /** How many classes have which status, and whether offsets on the logits put all right (null for more than 2000 classes); null without a head. */
  summary: Summary | null;
}
