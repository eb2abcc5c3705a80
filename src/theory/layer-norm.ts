import { decreasingRoot } from "../math/index.ts";

/**
 * Layer normalization before the head, K classes of equal count, neither shift nor bias (theory, section 9.4):
 *
 *   min over A, U:   (1/K) sum_k CE(A u_k, k) + lambda |A|_*,   |u_k|^2 <= d,   by Lambda = lambda / sqrt(d) alone.
 *
 * Closed forms for K class directions that see each other all in the same way: u_k/sqrt(d) a spherical code in m dimensions with sum_k u_k = 0, sum_k u_k u_k' = (K d/m) I, in which every
 * direction has cosine t_l to N_l others, and those add up to a multiple of it. Then A = (c/d) U' and
 *
 *   value(c) = log(1 + sum_l N_l e^(-c (1 - t_l))) + Lambda c sqrt(K m),
 *
 * c the own logit, c (1 - t_l) the margins. It is stationary in A and U where it is least in c, and c = 0 is the least iff Lambda sqrt(K m) >= (1/K) sum_l N_l (1 - t_l) = 1 (the cosines
 * of a direction add up to -1).
 *
 *   simplex          m = K - 1   t = -1/(K-1)           margin c K/(K-1)   Lambda (K-1)^(3/2)/sqrt(K) a unit of it
 *   cross-polytope   m = K/2     t = 0 (K-2 times), -1  margin c           Lambda K/sqrt(2)
 *
 * The longer the margins (the smaller Lambda), the more the price of a unit of margin decides, sqrt(K m)/(1 - t_max): cross-polytopes are cheaper than simplices from K = 6 on, but they are not
 * the cheapest codes there are. The half cube of 16 directions in 5 dimensions (t = 1/5 ten times, -3/5 five times) has sqrt(80)/(4/5) = 11.18 where 8 pairs have 11.31, and the 27 directions
 * of Schlaefli's in 6 dimensions (t = 1/4 sixteen times, -1/2 ten times) have 16.97 where the cross-polytope's rule would give 19.09.
 */
export interface SphericalCode {
  /** Number of directions, K. */
  K: number;
  /** Dimension m that they span. */
  rank: number;
  /** How many others a direction sees at which cosine; their numbers add up to K - 1. */
  sees: readonly { cosine: number; times: number }[];
}

/** A code's value in the model. */
export interface CodeValue {
  /** Value of the model. */
  objective: number;
  /** Own logit c = z_kk; 0: complete collapse. */
  own: number;
  /** Smallest margin, c (1 - t_max). */
  margin: number;
}

/** K directions as far apart as K can be: all cosines -1/(K-1). K at least 2. */
export function simplex(K: number): SphericalCode {
  return { K, rank: K - 1, sees: [{ cosine: -1 / (K - 1), times: K - 1 }] };
}

/** K/2 orthogonal pairs of opposite directions. Throws RangeError for an odd K. */
export function crossPolytope(K: number): SphericalCode {
  if (!(K >= 2 && K % 2 === 0)) throw new RangeError(`crossPolytope: expected an even K, got ${K}`);
  return {
    K,
    rank: K / 2,
    sees: [{ cosine: -1, times: 1 }, ...(K > 2 ? [{ cosine: 0, times: K - 2 }] : [])],
  };
}

/** The least value that a code reaches. `strength`: Lambda = sqrt(lambda_W lambda_norm / d). */
export function codeValue({ K, rank, sees }: SphericalCode, strength: number): CodeValue {
  const price = strength * Math.sqrt(K * rank);
  const others = (c: number): number => sees.reduce((sum, { cosine, times }) => sum + times * Math.exp(-c * (1 - cosine)), 0);
  // d loss/dc = -sum_l N_l (1 - t_l) e^(-c (1 - t_l)) / (1 + others), rising from -1 at c = 0 to 0.
  const gain = (c: number): number =>
    sees.reduce((sum, { cosine, times }) => sum + times * (1 - cosine) * Math.exp(-c * (1 - cosine)), 0) / (1 + others(c));
  const most = sees.reduce((m, { cosine }) => Math.max(m, cosine), -1);
  // Beyond this c the gain is below the price: it is at most 2 K e^(-c (1 - t_max)).
  const end = price < 1 ? Math.log((2 * K) / price) / (1 - most) : 0;
  const own = decreasingRoot((c) => gain(c) - price, 0, end);
  return { objective: Math.log1p(others(own)) + price * own, own, margin: own * (1 - most) };
}
