import { type Gaps, separates } from "./cluster-law.ts";
import type { LossClusters } from "./clusters.ts";

/**
 * The in-cluster gaps alpha_j of a softmax, eliminated exactly. For fixed core and bias the optimal alpha_j obeys the cluster law (theory, section 3)
 *
 *   p_own - p_other = 1 - eps - s / (w Delta sqrt(n)) =: m,
 *
 * which for x = exp(Delta alpha) and T = sum of the other clusters' weights, relative to the cluster's mean logit, reads
 *
 *   x (1 - m) = 1 + m (k - 1) + m T x^(1/k).
 *
 * As phi(log x) = (1 - m) - (1 + m (k-1)) / x - m T x^(1/k - 1) is increasing and concave, Newton's method started at a lower bound (either of
 * the last two terms dropped) climbs to the root monotonically.
 *
 * `logits` (J x J): those of the core and bias alone, the cluster's mean logit on the diagonal.
 */
export function softmaxGaps(p: LossClusters, shortfall: Float64Array, logits: Float64Array): Gaps {
  const { J, size } = p;
  const alpha = new Float64Array(J);
  let any = false;
  for (let j = 0; j < J; j++) any ||= separates(p, j);
  if (!any) return { alpha, norm: 0 };
  const top = new Float64Array(J).fill(Number.NEGATIVE_INFINITY);
  const sum = new Float64Array(J);
  for (let i = 0; i < J; i++)
    for (let j = 0; j < J; j++) if (i !== j) top[j] = Math.max(top[j], p.factor[i] * logits[i * J + j] + p.offset[i]);
  for (let i = 0; i < J; i++)
    for (let j = 0; j < J; j++) if (i !== j) sum[j] += size[i] * Math.exp(p.factor[i] * logits[i * J + j] + p.offset[i] - top[j]);
  let norm = 0;
  for (let j = 0; j < J; j++) {
    if (!separates(p, j)) continue;
    const own = p.factor[j] * logits[j * J + j] + p.offset[j];
    const logT = J > 1 ? Math.log(sum[j]) + top[j] - own : Number.NEGATIVE_INFINITY;
    const x = logOfRoot(size[j], shortfall[j], logT);
    alpha[j] = x / p.factor[j];
    norm += (size[j] - 1) * Math.sqrt(p.count[j]) * alpha[j];
  }
  return { alpha, norm };
}

/** log x for cluster size k, r = 1 - m in (0, 1) and log T. */
function logOfRoot(k: number, r: number, logT: number): number {
  const m = 1 - r;
  const share = 1 - 1 / k;
  // 1 + m (k - 1) = r + m k; the bound log((r + m k) / r) as log1p keeps alpha exact near the threshold.
  const logOther = Math.log(m) + logT;
  let u = Math.max(Math.log1p((m * k) / r), (logOther - Math.log(r)) / share);
  for (let i = 0; i < 50; i++) {
    const first = (r + m * k) * Math.exp(-u);
    const second = Math.exp(logOther - u * share);
    const step = (r - first - second) / (first + share * second);
    u -= step;
    if (!(step < -1e-16 * u)) break;
  }
  return u;
}
