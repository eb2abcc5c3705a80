import { describe, expect, test } from "vitest";
import { random } from "../../src/math/random.ts";
import { layerNormProblem } from "../../src/problem/index.ts";
import { improvedByExchanges } from "../../src/solver/exchanges.ts";
import { descendFromExchange, descendFromRandom, polished } from "../../src/solver/layer-norm-descent.ts";

const alike = { weights: null, offsets: null, factors: null };
const distinct = (K: number): number[] => Array.from({ length: K }, (_, k) => k + 1);

/** Who stands where, and what it costs: places in ascending order of count cost least. */
const ordered = (counts: readonly number[]) => ({
  from: { places: counts.map((_, k) => k), objective: 1 },
  descend: ({ places }: { places: number[] }, k: number, l: number) => {
    const to = places.slice();
    [to[k], to[l]] = [to[l], to[k]];
    return { places: to, objective: 1 + to.reduce((sum, at, i) => sum + counts[i] * at, 0) };
  },
});

describe("exchanges of classes", () => {
  test("until none leads lower, or as many as are tried at most", () => {
    const tries = (K: number) => {
      const seen: [number, number][] = [];
      const { tried, exhausted } = improvedByExchanges({ K, counts: distinct(K), ...alike }, { objective: 1 }, (_, k, l) => {
        seen.push([k, l]);
        return { objective: 1 };
      });
      expect(seen).toHaveLength(tried);
      return [tried, exhausted];
    };
    // K (K - 1)/2 pairs: 276, 300, 325.
    expect(tries(24)).toEqual([276, true]);
    expect(tries(25)).toEqual([300, true]);
    expect(tries(26)).toEqual([300, false]);
  });

  test("what it ends at is what sorting gives", () => {
    const r = random(2);
    const counts = r.shuffle(distinct(9));
    const { from, descend } = ordered(counts);
    const start = { ...from, objective: 1 + from.places.reduce((sum, at, i) => sum + counts[i] * at, 0) };
    const { best, exhausted } = improvedByExchanges({ K: 9, counts, ...alike }, start, descend);
    expect(exhausted).toBe(true);
    // The sum of products is least where the largest counts have the smallest places.
    expect(best.places).toEqual(counts.map((n) => 9 - n));
  });

  test("classes that differ in a weight, an offset or a factor alone are exchanged too, and no others", () => {
    const pairs = (more: { weights?: number[]; offsets?: number[]; factors?: number[] }): string => {
      const seen: string[] = [];
      improvedByExchanges({ K: 3, counts: [5, 5, 5], ...alike, ...more }, { objective: 1 }, (_, k, l) => {
        seen.push(`${k}${l}`);
        return { objective: 1 };
      });
      return seen.join(" ");
    };
    expect(pairs({})).toBe("");
    expect(pairs({ weights: [1, 2, 1] })).toBe("01 12");
    expect(pairs({ offsets: [0, 0, 1] })).toBe("02 12");
    expect(pairs({ factors: [2, 1, 1] })).toBe("01 02");
  });

  test("exchanging two classes that are alike, with their biases, changes nothing: the descent has nothing to do", () => {
    const p = layerNormProblem({ counts: [50, 50, 50, 5, 5, 5], weightDecay: 0.02, ends: "layer-norm", width: 64 });
    let unlike = 0;
    for (let seed = 0; seed < 3; seed++) {
      const end = polished(p, descendFromRandom(p, 6, seed));
      const { at } = end.model;
      for (const [k, l] of [
        [0, 1],
        [0, 2],
        [1, 2],
        [3, 4],
        [3, 5],
        [4, 5],
      ]) {
        const exchanged = descendFromExchange(p, end, k, l);
        expect(exchanged.evaluations).toBe(1);
        expect(exchanged.objective / end.objective).toBeCloseTo(1, 13);
        expect(exchanged.x[at.b + k]).toBe(end.x[at.b + l]);
        if (Math.abs(end.x[at.b + k] - end.x[at.b + l]) > 1e-3) unlike++;
      }
    }
    // In pairs of unlike classes the bias is another one than in pairs of like ones.
    expect(unlike).toBeGreaterThan(0);
  });
});
