/**
 * Seeded random numbers. Randomness is an argument in this project, never a global: whoever needs it gets a generator.
 *
 * The generator is sfc32 (Chris Doty-Humphrey's "small fast counter" generator, 128 bits of state), seeded through
 * splitmix32 so that neighbouring seeds give unrelated streams. Its state is four integers that a checkpoint can hold.
 */
export interface Random {
  /** Uniform in [0, 1), 53 bits. */
  uniform(): number;
  /** Standard normal (polar Box-Muller, one value a call, nothing cached: the state alone says what comes next). */
  normal(): number;
  /** Uniform integer in 0..n-1. */
  integer(n: number): number;
  /** Fisher-Yates shuffle in place; returns its argument. */
  shuffle<T extends { length: number; [i: number]: unknown }>(values: T): T;
  /** Four unsigned 32-bit integers; `randomFromState` continues from them. */
  state(): [number, number, number, number];
}

/** A generator for a seed: any whole number from 0 to 2^53 - 1. */
export function random(seed: number): Random {
  let h = seed >>> 0;
  const split = (): number => {
    h = (h + 0x9e3779b9) >>> 0;
    let z = h;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
  // The high half of a seed above 2^32 must matter too.
  const high = Math.floor(seed / 2 ** 32) >>> 0;
  const state: [number, number, number, number] = [split(), split() ^ high, split(), 1];
  const generator = randomFromState(state);
  for (let i = 0; i < 12; i++) generator.uniform();
  return generator;
}

/** A generator that continues from a saved state. */
export function randomFromState(from: readonly [number, number, number, number]): Random {
  let [a, b, c, d] = from.map((x) => x >>> 0) as [number, number, number, number];
  const next = (): number => {
    const t = (((a + b) >>> 0) + d) >>> 0;
    d = (d + 1) >>> 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) >>> 0;
    c = ((c << 21) | (c >>> 11)) >>> 0;
    c = (c + t) >>> 0;
    return t;
  };
  const uniform = (): number => ((next() >>> 5) * 67108864 + (next() >>> 6)) / 9007199254740992;
  const integer = (n: number): number => Math.floor(uniform() * n);
  return {
    uniform,
    integer,
    normal() {
      for (;;) {
        const x = 2 * uniform() - 1;
        const y = 2 * uniform() - 1;
        const r = x * x + y * y;
        if (r > 0 && r < 1) return x * Math.sqrt((-2 * Math.log(r)) / r);
      }
    },
    shuffle(values) {
      for (let i = values.length - 1; i > 0; i--) {
        const j = integer(i + 1);
        const t = values[i];
        values[i] = values[j];
        values[j] = t;
      }
      return values;
    },
    state: () => [a >>> 0, b >>> 0, c >>> 0, d >>> 0],
  };
}
