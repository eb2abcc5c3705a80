import { Sum } from "../math/index.ts";
import { copiesOf, withOwn } from "./columns.ts";
import type { OwnShare, ProvedLoss, Tally } from "./proved-loss.ts";

/** What the certificates know of a loss that is a sum over the logits, of one of its entries. A target q comes with `lack`, 1 - q. */
export interface ProvedEntry {
  /** h'(u) - q: a float64 number that is taken as it is. */
  residual(u: number, q: number, lack: number): number;
  /** h(u) - q u and what makes it 0 or more, right to 8 eps of itself where u is exact. */
  value(u: number, q: number, lack: number): number;
  /** Adds D of `copies` others, and of the own class (proved-loss.ts). */
  other: ProvedLoss["other"];
  own(tally: Tally, own: OwnShare): void;
  fall: ProvedLoss["fall"];
  rise: ProvedLoss["rise"];
  atTarget: ProvedLoss["atTarget"];
  mixture: ProvedLoss["mixture"];
}

const { EPSILON } = Number;

/** No curvature of such an entry exceeds this. */
const mostBent = 1;

/** Such a loss. Its own class's residual is a number of its own. */
export function provedEntrywise(entry: ProvedEntry): ProvedLoss {
  return {
    read(clusters, { v, doubt, own, ownDoubt, smoothing: eps, K }, j) {
      const J = clusters.length;
      const uniform = eps / K;
      const lack = eps * (1 - 1 / K);
      const y = new Float64Array(J);
      const loss = new Sum();
      let error = 0;
      const add = (u: number, moved: number, q: number, rest: number, copies: number): number => {
        const residual = entry.residual(u, q, rest);
        const value = entry.value(u, q, rest);
        loss.add(copies * value);
        // The slope is the residual, itself off by the curvature times what u is off by; the target is a rounded number too.
        const off = moved + 2 * EPSILON * q;
        error += copies * (Math.abs(residual) * off + mostBent * off * off + 8 * EPSILON * value);
        return residual;
      };
      for (let i = 0; i < J; i++) {
        const copies = copiesOf(clusters, i, j);
        if (copies > 0) y[i] = add(v[i], doubt[i], uniform, 1 - uniform, copies);
      }
      const away = -add(own, ownDoubt, 1 - lack, lack, 1);
      return {
        loss: loss.value,
        lossError: error + 2 * EPSILON * loss.absolute,
        ...withOwn(clusters, y, away, j),
      };
    },
    column: withOwn,
    other: entry.other,
    own: entry.own,
    fall: entry.fall,
    rise: entry.rise,
    most({ y, away, turnover }, { K, smoothing }) {
      const uniform = smoothing / K;
      const lack = smoothing * (1 - 1 / K);
      const doubt = 2 * EPSILON * (turnover + smoothing);
      const within = (residual: number, pi: number): number =>
        residual === 0
          ? Number.POSITIVE_INFINITY
          : Math.max(0, (residual < 0 ? entry.fall(pi) : entry.rise(pi)) - doubt) / Math.abs(residual);
      let most = within(-away, 1 - lack);
      for (const r of y) most = Math.min(most, within(r, uniform));
      return most * (1 - 4 * EPSILON);
    },
    atTarget: entry.atTarget,
    mixture: entry.mixture,
  };
}
