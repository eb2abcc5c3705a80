import type { Entry } from "../loss/index.ts";
import { decreasingRoot } from "../math/index.ts";
import type { BlockValues } from "./blocks.ts";

/**
 * Balanced classes, n_k = n, under a loss that is a sum over the logits (theory, section 14), whatever the bias costs:
 *
 *   Z = alpha (I - J/K) + beta J/K,   b = c 1,   with own and other logits u = z + c.
 *
 * With rho = s/sqrt(n), m = min(1, rho), and T = y_own + (K - 1) y_other, the sum of a class's residuals, the conditions of optimality are
 *
 *   in alpha:  y_other - y_own = m                     (14.2)
 *   in beta:   T = -rho where beta > 0,  T = rho where beta < 0,  |T| <= rho where beta = 0
 *   in c:      K lambda_b c = -T.
 *
 * The first says the residuals by T, y_other = (T + m)/K and y_own = y_other - m, and they say the logits; so beta = u_own + (K - 1) u_other - K c increases in T, and T is its zero
 * or the end of [-rho, rho] that is nearer. For the square loss the zero is -lambda_b/(1 + lambda_b); for binary cross-entropy it is a root in one variable.
 */
export interface BalancedEntrywise extends BlockValues {
  /** z_own - z_other: 0 iff the classes have merged, s >= sqrt(n). The singular value sqrt(n) alpha of Z D^(1/2) is there K - 1 times. */
  alpha: number;
  /** z_own + (K - 1) z_other; sqrt(n) |beta| is the other singular value. */
  beta: number;
  /** y = prediction less target, to full precision. */
  residuals: { other: Float64Array; own: Float64Array };
}

/** `entry`: the loss of one logit. `n`: samples a class. `lambdaB` from 0 to Infinity (no bias). */
export function balancedEntrywise(
  { logit }: Pick<Entry, "logit">,
  { K, n, lambdaZ, lambdaB }: { K: number; n: number; lambdaZ: number; lambdaB: number },
): BalancedEntrywise {
  const rho = K * Math.sqrt(n) * lambdaZ;
  const m = Math.min(1, rho);
  const at = (T: number): { y: number; own: number; other: number; sum: number } => {
    const y = (T + m) / K;
    // 1 + y_own, and 1 less that.
    const other = logit(y, 1 - y);
    const own = rho >= 1 ? other : logit(1 - (m - y), m - y);
    return { y, own, other, sum: own + (K - 1) * other };
  };
  const betaAt = (T: number): number => at(T).sum + (T === 0 ? 0 : T / lambdaB);
  // Without a penalty on c, T = 0. Otherwise predictions stay in [0, 1].
  const most = Math.min(rho, (K - 1) * m);
  const T = lambdaB === 0 ? 0 : decreasingRoot((t) => -betaAt(t), -m, most);
  const { y, own, other, sum } = at(T);
  const atEnd = lambdaB !== 0 && Math.abs(T) === rho;
  const c = lambdaB === 0 ? sum / K : lambdaB === Number.POSITIVE_INFINITY ? 0 : -T / lambdaB / K;
  const beta = atEnd ? betaAt(T) : 0;
  const alpha = own - other;
  return {
    alpha,
    beta,
    other: Float64Array.of((beta - alpha) / K),
    own: Float64Array.of(rho >= 1 ? beta / K : beta / K + (1 - 1 / K) * alpha),
    bias: Float64Array.of(c),
    residuals: { other: Float64Array.of(y), own: Float64Array.of(y - m) },
  };
}
