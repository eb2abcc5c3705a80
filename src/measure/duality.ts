import { eachBlock } from "../row-store.ts";
import { type Frame, meanRowsOf } from "./frame.ts";
import { type Head, headRows } from "./head.ts";

/** Measures of how head and class means answer each other that other packages report beside NC3. */
export interface Duality {
  /** | S/|S|_F - (I - J/K)/sqrt(K-1) |_F with S = W M' (Zhu et al. 2021; Kothapalli 2023); null where S is 0 or a class does not occur. */
  nc3Structure: number | null;
  /** Population variance over classes of w_k . (mu_k - g~), uniform duality; null where a class does not occur. */
  unc3: number | null;
}

/**
 * Sums S column by column, as mean predictions come (z_k = W mu_k). With E = (I - J/K)/sqrt(K-1), of norm 1, and s = tr S/sqrt(K-1) = <S, E> (rows of S add up to 0), D^2 = |S/s - E|^2 is
 * summed entry by entry and |S/s|^2 = a^2 = 1 + D^2: the square asked for is 2 - 2/a = 2 D^2/(a (a + 1)), in which nothing cancels near collapse. Where s is not positive it is 2 - 2 s/|S|.
 */
export function duality(
  frame: Frame,
  head: Head,
): { add: (k: number, z: Float64Array) => void; result: (note: (text: string) => void) => Duality } {
  const { K, d, present, classMean } = frame;
  const whole = present.length === K;
  const root = Math.sqrt(K - 1);
  const own = new Float64Array(K);
  const centre = new Float64Array(K);
  const meanRows = meanRowsOf(frame);
  if (whole)
    eachBlock(headRows(head), (W, from, count) => {
      const means = meanRows.read(from, from + count);
      for (let k = from, e = 0; k < from + count; k++)
        for (let j = 0; j < d; j++, e++) {
          own[k] += W[e] * (means[e] - classMean[j]);
          centre[k] += W[e] * classMean[j];
        }
    });
  const s = own.reduce((a, b) => a + b, 0) / root;
  let squares = 0;
  let apart = 0;
  return {
    add(k, z) {
      if (!whole) return;
      let [sum, away] = [squares, apart];
      for (let i = 0; i < K; i++) {
        const x = i === k ? own[k] : z[i] - centre[i];
        sum += x * x;
        away += (x / s - ((i === k ? 1 : 0) - 1 / K) / root) ** 2;
      }
      squares = sum;
      apart = away;
    },
    result(note) {
      if (!whole) return { nc3Structure: null, unc3: null };
      const mean = own.reduce((a, b) => a + b, 0) / K;
      const unc3 = own.reduce((sum, x) => sum + (x - mean) ** 2, 0) / K;
      if (squares === 0) {
        note("W M' is 0: nc3Structure is undefined");
        return { nc3Structure: null, unc3 };
      }
      const a = Math.sqrt(1 + apart);
      const square = s > 0 ? (2 * apart) / (a * (a + 1)) : 2 - (2 * s) / Math.sqrt(squares);
      return { nc3Structure: Math.sqrt(square), unc3 };
    },
  };
}
