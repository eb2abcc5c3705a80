/** Mean over pairs, and population standard deviation over |mean|; null where they are infinite or not defined. */
export interface PairStatistics {
  /** Over the pairs. */
  mean: number | null;
  /** Standard deviation / |mean|. */
  variation: number | null;
}

/**
 * Generalized NC2 (Liu, Yu, Weller, Schoelkopf 2023, "Generalizing and decoupling neural collapse via hyperspherical uniformity gap"): how evenly the directions of the centred class means lie on
 * the sphere, by kernels of the distance r of two unit vectors. Every kernel is constant over the pairs of a simplex ETF: `variation` is 0 there.
 */
export interface GeneralizedNc2 {
  /** r */
  distance: PairStatistics;
  /** -log r */
  logarithmic: PairStatistics;
  /** r^-S, S = d - 2 with d the dimension of the features; -r^-S where S is negative. */
  riesz: PairStatistics;
}

/** What rounding leaves of r^2 between equal directions, for vectors of one length. */
const rounding = 32 * Number.EPSILON;

/** Adds up pairs of vectors of the given lengths by their squared distance. Vectors as short as `noise` are 0; two directions within rounding are one. */
export function generalizedNc2(
  lengths: Float64Array,
  d: number,
  noise: number,
): { add: (k: number, l: number, squared: number) => void; result: () => GeneralizedNc2 | null } {
  const S = d - 2;
  const distance = moments();
  const logarithmic = moments();
  const riesz = momentsOfExponentials();
  const defined = lengths.length > 1 && lengths.every((x) => x > noise);
  let equal = false;
  return {
    add(k, l, squared) {
      if (!defined) return;
      // |a/|a| - b/|b||^2 = (|a - b|^2 - (|a| - |b|)^2) / (|a||b|): near directions keep their digits.
      const r2 = Math.max(0, (squared - (lengths[k] - lengths[l]) ** 2) / (lengths[k] * lengths[l]));
      const same = r2 <= rounding * (lengths[k] / lengths[l] + lengths[l] / lengths[k]);
      distance.add(same ? 0 : Math.sqrt(r2));
      equal ||= same;
      if (equal) return;
      const log = 0.5 * Math.log(r2);
      logarithmic.add(-log);
      riesz.add(-S * log);
    },
    result() {
      if (!defined) return null;
      const none = { mean: null, variation: null };
      const found = { distance: distance.result(), logarithmic: none, riesz: none };
      if (equal) return found;
      const { mean, variation } = riesz.result();
      return {
        ...found,
        logarithmic: logarithmic.result(),
        riesz: { mean: mean === null ? null : S < 0 ? -mean : mean, variation },
      };
    },
  };
}

/** Welford's updates. */
function moments(): { add: (x: number) => void; shrink: (factor: number) => void; result: () => PairStatistics } {
  let n = 0;
  let mean = 0;
  let squares = 0;
  return {
    add(x) {
      n++;
      const apart = x - mean;
      mean += apart / n;
      squares += apart * (x - mean);
    },
    /** As if every number so far had been multiplied. */
    shrink(factor) {
      mean *= factor;
      squares *= factor * factor;
    },
    result: () => ({ mean, variation: mean === 0 ? null : Math.sqrt(squares / n) / Math.abs(mean) }),
  };
}

/** Of exp(t), as multiples of the largest: r^-510 leaves float64 where its spread does not. */
function momentsOfExponentials(): { add: (t: number) => void; result: () => PairStatistics } {
  const scaled = moments();
  let top = Number.NEGATIVE_INFINITY;
  return {
    add(t) {
      if (t > top) {
        scaled.shrink(Math.exp(top - t));
        top = t;
      }
      scaled.add(Math.exp(t - top));
    },
    result() {
      const { mean, variation } = scaled.result();
      const whole = (mean ?? 0) * Math.exp(top);
      return { mean: Number.isFinite(whole) ? whole : null, variation };
    },
  };
}
