import { inputError } from "../errors.ts";
import { type Random, randomFromState } from "../math/index.ts";

/** What a stream of random numbers is for; streams of different purposes never meet. */
const purposes = { train: 0, test: 1, subset: 2 } as const;

/**
 * A random stream of its own for every (seed, purpose, class, index). The four numbers fill different bits of the
 * generator's 96-bit seed, so two different streams never start alike: a training sample cannot come back as a test
 * sample, and sample i is the same however many are asked for.
 *
 * `seed` is a whole number in 0..2^53-1, `klass` one in 0..255, `index` one in 0..2^32-1.
 */
export function stream(seed: number, purpose: keyof typeof purposes, klass: number, index: number): Random {
  const high = Math.floor(seed / 2 ** 32); // 21 bits
  const a = seed >>> 0;
  const b = ((high << 11) | (purposes[purpose] << 8) | klass) >>> 0;
  const generator = randomFromState([a, b, index >>> 0, 1]);
  // sfc32 needs 15 rounds to mix 96 bits of seed; a call of uniform() is two.
  for (let i = 0; i < 10; i++) generator.uniform();
  return generator;
}

/** Refuses a seed that is not a whole number in 0..2^53-1. */
export function checkSeed(seed: number): number {
  if (!Number.isSafeInteger(seed) || seed < 0) throw inputError("seed", "a whole number in 0..2^53-1", seed);
  return seed;
}
