import { norm2 } from "../math/index.ts";
import { type RelativeError, relativeErrorOf } from "../measure/index.ts";
import { type ClassGeometry, type LayerNormPrediction, settledLayerNorm } from "../prediction/index.ts";
import type { LayerNormProblem } from "../problem/index.ts";

/**
 * Where a network that ends in layer normalization stands among the local minima of its model (theory, section 9.4). They have other pairs and other ranks than the best one, and Z beside another
 * pairing's says nothing: so Z and b are held against the local minimum that the network stands at, and that one's objective against the best that was found.
 */
export interface LayerNormStanding {
  /** Objective of the best minimum that was found; not proved to be the least. */
  best: number;
  /** The figure that its classes make; null at complete collapse. */
  bestGeometry: ClassGeometry | null;
  /** Objective of the local minimum that descent from the network's Z ends at. */
  settled: number;
  /** Z beside that minimum's. */
  Zerror: RelativeError;
  /** b beside that minimum's; null where that has none (for equal counts: descent leaves of it what is below `zeroBias` of Z). */
  berror: RelativeError;
}

/** What the training's goal is: the problem, and the best minimum found. */
export interface LayerNormGoal {
  problem: LayerNormProblem;
  prediction: LayerNormPrediction;
}

/** Size of a bias, beside that of Z, that descent leaves of one that is 0. */
const zeroBias = 1e-6;

/** Z: K rows of K; b: K. */
export function layerNormStanding({ problem, prediction }: LayerNormGoal, Z: number[][], b: number[]): LayerNormStanding {
  const { network } = settledLayerNorm(problem, Z);
  return {
    best: prediction.objective,
    bestGeometry: prediction.geometry,
    settled: network.objective,
    Zerror: relativeErrorOf(Z.flat(), network.Z),
    berror: relativeErrorOf(b, norm2(network.b) > zeroBias * norm2(network.Z) ? network.b : new Float64Array(b.length)),
  };
}
