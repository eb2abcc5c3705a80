import { format } from "../number-text.ts";
import { angles } from "../plots/index.ts";
import { predict } from "../prediction/index.ts";
import { problem } from "../problem/index.ts";
import { type Figure, type FigureResult, type ScaleName, thin } from "./figure.ts";
import { countsOf, groupPoint, type TwoGroups } from "./two-groups.ts";

const shape = { kA: 5, kB: 5, ratio: 2, s: 0.1, lambdaB: 0.01 };
const grid = [500, 1000, 1500, 2000, 2500, 3000, 3500, 4000, 4500, 5000, 5500];
/** A fifth of the images on a CPU: the law is in s and the ratio, and n_A only sets where on the curve one is. */
const smallGrid = [50, 100, 200, 400, 800, 1600];

function groups(name: ScaleName): TwoGroups[] {
  return (name === "full" ? grid : smallGrid).map((nA) => {
    const nB = nA / shape.ratio;
    return { kA: 5, kB: 5, nA, nB, lambdaZ: shape.s / (5 * (nA + nB)), lambdaB: shape.lambdaB, features: "relu" as const };
  });
}

/** Figure 9 of Hong & Ling (2023): with r = n_A/n_B = 2 and N lambda_Z = 0.1 fixed, the angles tend to the simplex's as N grows. */
export const fig9: Figure = {
  name: "fig9",
  claim:
    "With n_A/n_B = 2 and Nλ_Z = 0.1 the three mean correlations of the mean predictions tend to −1/9 as n_A grows, like 1/log N.",
  points: (scale) => thin(groups(scale.name), scale).map((g) => groupPoint(`n-a-${g.nA}`, g, scale)),
  conclude(outcomes, scale): FigureResult {
    const gs = thin(groups(scale.name), scale);
    const measured = gs.map((g, i) => ({ nA: g.nA, ...correlations(outcomes[i].outcome.final.Z) }));
    const predicted = gs.map((g) => ({
      nA: g.nA,
      ...correlations(predict(problem({ counts: countsOf(g), lambdaZ: g.lambdaZ, lambdaB: g.lambdaB, nonnegative: true })).Z),
    }));
    const [first, last] = [measured[0], measured[measured.length - 1]];
    const nearer = (key: "withinA" | "withinB" | "between") => ({
      what: `${key}: from n_A = ${first.nA} to ${last.nA}`,
      predicted: `${format(predicted[0][key])} to ${format(predicted[predicted.length - 1][key])}`,
      measured: `${format(first[key])} to ${format(last[key])}`,
      paper: "toward -1/9",
      rule: "ends nearer to -1/9, or within 0.005 of it",
      // The mean between the clusters is at -1/9 from the start: there it must stay.
      holds: Math.abs(last[key] + 1 / 9) < Math.max(Math.abs(first[key] + 1 / 9), 0.005),
    });
    return {
      data: { ...shape, measured, predicted },
      verdicts: [nearer("withinA"), nearer("withinB"), nearer("between")],
      pictures: [
        { name: "angles", draw: (options) => angles({ K: 10, points: measured, predicted }, { width: 760, ...options }) },
      ],
    };
  },
};

/** Mean cosines of the columns of Z within A (classes 0-4), within B (5-9) and between. */
export function correlations(Z: readonly (readonly number[])[]): { withinA: number; withinB: number; between: number } {
  const column = (k: number): number[] => Z.map((row) => row[k]);
  const cosine = (k: number, l: number): number => {
    const [x, y] = [column(k), column(l)];
    return x.reduce((sum, v, i) => sum + v * y[i], 0) / (Math.hypot(...x) * Math.hypot(...y));
  };
  const mean = (ks: number[], ls: number[]): number => {
    const pairs = ks.flatMap((k) => ls.filter((l) => l !== k).map((l) => cosine(k, l)));
    return pairs.reduce((a, b) => a + b, 0) / pairs.length;
  };
  const A = [0, 1, 2, 3, 4];
  const B = [5, 6, 7, 8, 9];
  return { withinA: mean(A, A), withinB: mean(B, B), between: mean(A, B) };
}
