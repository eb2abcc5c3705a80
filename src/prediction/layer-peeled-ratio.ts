import { inputError } from "../errors.ts";
import { checkBounds, type NormBounds } from "../problem/index.ts";
import { crossing } from "./crossing.ts";
import { normAlong } from "./layer-peeled.ts";

/** Two groups of classes under bounded norms. */
export interface LayerPeeledGroups extends NormBounds {
  /** Classes of the majority, 1 or more. */
  kA: number;
  /** Classes of the minority, 2 or more. */
  kB: number;
}

/**
 * The ratio n_A/n_B from which on the minority's classifiers are one vector in the Layer-Peeled Model (Fang et al. 2021 found it by solving on grids): there the multiplier is the
 * minority's share of the samples, mu = omega_B = 1/(k_A r + k_B) (theory, section 10). As |Z(mu)|_* falls in mu, that is where |Z|_* at mu = omega_B(r) is K sqrt(E_W E_H): one solve a ratio, and one root in it.
 * To about 1e-12, relative. Throws InputError.
 */
export function layerPeeledRatio({ kA, kB, EW, EH }: LayerPeeledGroups): number {
  checkGroups(kA, kB);
  const { tau } = checkBounds({ EW, EH }, kA + kB);
  const excess = (x: number): number => normAtMerging(kA, kB, Math.exp(x)) / tau - 1;
  // Equal shares: Z = 0 at that multiplier.
  let [low, fLow] = [0, -1];
  let high = 1;
  let fHigh = excess(high);
  while (fHigh < 0) {
    [low, fLow] = [high, fHigh];
    high += 1;
    fHigh = excess(high);
  }
  return Math.exp(crossing(excess, low, fLow, high, fHigh, 1e-14));
}

/** The product E_W E_H at which the minority merges at one ratio n_A/n_B > 1 (below it, it is merged): the same border the other way round, by one solve. 0 at ratio 1. Throws InputError. */
export function layerPeeledProduct({ kA, kB }: Pick<LayerPeeledGroups, "kA" | "kB">, ratio: number): number {
  checkGroups(kA, kB);
  if (!(ratio >= 1 && ratio < Number.POSITIVE_INFINITY)) throw inputError("ratio", "a finite number of at least 1", ratio);
  return ratio === 1 ? 0 : (normAtMerging(kA, kB, ratio) / (kA + kB)) ** 2;
}

function checkGroups(kA: number, kB: number): void {
  if (!(Number.isSafeInteger(kA) && kA >= 1)) throw inputError("kA", "a whole number of at least 1", kA);
  if (!(Number.isSafeInteger(kB) && kB >= 2))
    throw inputError("kB", "a whole number of at least 2: a class that is alone merges with none", kB);
}

/** |Z|_* at the multiplier that is the minority's share. How the bounds divide their product plays no part. */
function normAtMerging(kA: number, kB: number, ratio: number): number {
  const minority = 1 / (kA * ratio + kB);
  const shares = [...new Array<number>(kA).fill(ratio * minority), ...new Array<number>(kB).fill(minority)];
  return normAlong(shares, { EW: 1, EH: 1 })(Math.log(minority)).norm;
}
