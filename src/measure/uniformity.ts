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

/** Adds up pairs of vectors of the given lengths, those of a vector with the ones from `first` on, by their squared distances (`squares` from `at` on). Vectors as short as `noise` are 0; two directions within rounding are one. */
export function generalizedNc2(
  lengths: Float64Array,
  d: number,
  noise: number,
): {
  addRow: (k: number, first: number, count: number, squares: Float64Array, at: number) => void;
  result: () => GeneralizedNc2 | null;
} {
  const S = d - 2;
  const distance = new Moments();
  const logarithmic = new Moments();
  const riesz = new MomentsOfExponentials();
  const defined = lengths.length > 1 && lengths.every((x) => x > noise);
  let equal = false;
  let values = new Float64Array(0);
  let roots = new Float64Array(0);
  return {
    addRow(k, first, count, squares, at) {
      if (!defined) return;
      if (values.length < count) [values, roots] = [new Float64Array(count), new Float64Array(count)];
      const length = lengths[k];
      // Of directions that are one: 0.
      for (let j = 0; j < count; j++) {
        const other = lengths[first + j];
        // |a/|a| - b/|b||^2 = (|a - b|^2 - (|a| - |b|)^2) / (|a||b|): near directions keep their digits.
        const r2 = Math.max(0, (squares[at + j] - (length - other) ** 2) / (length * other));
        const same = r2 <= rounding * (length / other + other / length);
        values[j] = same ? 0 : r2;
        equal ||= same;
      }
      for (let j = 0; j < count; j++) roots[j] = Math.sqrt(values[j]);
      distance.add(roots, count);
      if (equal) return;
      for (let j = 0; j < count; j++) values[j] = -0.5 * Math.log(values[j]);
      logarithmic.add(values, count);
      for (let j = 0; j < count; j++) values[j] *= S;
      riesz.add(values, count);
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

/** Count, mean and sum of squared deviations, which add up (Chan, Golub, LeVeque 1983). */
class Moments {
  #n = 0;
  #mean = 0;
  #squares = 0;

  /** The first `count` of some numbers. */
  add(numbers: Float64Array, count: number): void {
    let sum = 0;
    for (let j = 0; j < count; j++) sum += numbers[j];
    const mean = sum / count;
    let squares = 0;
    for (let j = 0; j < count; j++) squares += (numbers[j] - mean) ** 2;
    const apart = mean - this.#mean;
    this.#squares += squares + (apart * apart * this.#n * count) / (this.#n + count);
    this.#n += count;
    this.#mean += (apart * count) / this.#n;
  }

  /** As if every number so far had been multiplied. */
  shrink(factor: number): void {
    this.#mean *= factor;
    this.#squares *= factor * factor;
  }

  result(): PairStatistics {
    const variation = this.#mean === 0 ? null : Math.sqrt(this.#squares / this.#n) / Math.abs(this.#mean);
    return { mean: this.#mean, variation };
  }
}

/** Of exp(t), as multiples of the largest: r^-510 leaves float64 where its spread does not. */
class MomentsOfExponentials {
  #scaled = new Moments();
  #top = Number.NEGATIVE_INFINITY;

  /** exp of the first `count` of some numbers, which are overwritten. */
  add(exponents: Float64Array, count: number): void {
    let top = this.#top;
    for (let j = 0; j < count; j++) if (exponents[j] > top) top = exponents[j];
    if (top > this.#top) {
      this.#scaled.shrink(Math.exp(this.#top - top));
      this.#top = top;
    }
    for (let j = 0; j < count; j++) exponents[j] = Math.exp(exponents[j] - top);
    this.#scaled.add(exponents, count);
  }

  result(): PairStatistics {
    const { mean, variation } = this.#scaled.result();
    const whole = (mean ?? 0) * Math.exp(this.#top);
    return { mean: Number.isFinite(whole) ? whole : null, variation };
  }
}
