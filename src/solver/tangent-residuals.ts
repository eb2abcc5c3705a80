import { timesTranspose } from "../math/index.ts";
import { type Frame, gradientBeyond, type Place } from "./fixed-rank.ts";

/**
 * Residuals of a loss that is a sum over the logits, from the conditions of optimality at a core M = U S V' instead of from its logits:
 *
 *   G = -s U V' + (I - U U') G (I - V V')   and   y_other - y_own = min(1 - eps, s/(w sqrt(n))) within a cluster.
 *
 * A residual is a difference of prediction and target; below s/sqrt(n) of about 1e-6 its last digits are rounding, |G|_2 exceeds s by as much, and the bound loses that at first order. These have
 * |G|_2 = s to rounding, and at the optimum they are the same. A point of the dual for the certificate to judge, like any other.
 */
export function tangentResiduals(frame: Frame, place: Place): { other: Float64Array; own: Float64Array } {
  const { p, d } = frame;
  const { J, s, size, count, weight, smoothing } = p;
  const { rank: r, E, V } = place;
  const q = d - r;
  const perp = gradientBeyond(frame, place);
  const columns = new Float64Array(J * d);
  for (let j = 0; j < J; j++) {
    for (let a = 0; a < r; a++) columns[j * d + a] = -s * V[j * r + a];
    for (let b = 0; b < q; b++) columns[j * d + r + b] = perp[j * q + b];
  }
  const G = new Float64Array(J * J);
  timesTranspose(G, E, columns, J, J, d);
  const own = new Float64Array(J);
  const other = G.map((g, e) => {
    const [i, j] = [Math.floor(e / J), e % J];
    const y = g / (weight[j] * Math.sqrt(count[j] * size[i] * size[j]));
    if (i !== j) return y;
    // The whole own cluster, y_own + (k - 1) y_other, over k.
    const apart = Math.min(1 - smoothing, s / (weight[j] * Math.sqrt(count[j])));
    own[j] = y + apart / size[j] - apart;
    return size[j] > 1 ? y + apart / size[j] : 0;
  });
  return { other, own };
}
