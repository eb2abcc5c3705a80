/**
 * What float32 can be trusted with: which of many is nearest, where its error is less than what lies between.
 */

/** Half a unit in the last place of float32. */
const half = 2 ** -24;

/** Lengths from here on, squared and summed, may leave float32. */
export const longestSingle = 1e15;

/**
 * By how much an inner product of r terms is off that is computed in float32 from float64 vectors whose lengths have this product: (r + 4) u |x| |y| (Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., (3.3)
 * and (3.5), u = 2^-24, with a term for the rounding of the factors), in whatever order terms are added. What underflows there is below 1e-45 `longestSingle` a term.
 */
export const errorOfSingle = (r: number, product: number): number => 1.01 * (r + 4) * half * product + r * 1e-30;
