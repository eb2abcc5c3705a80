import { format, formatAtLeast, formatAtMost } from "../../number-text.ts";
import { equalizingOffsets } from "../offsets.ts";
import type { Outline } from "../predict.ts";
import { type Remedy, remedyOf } from "./remedy.ts";
import { evenly, leastStrength, reached } from "./search.ts";
import { judged, type Situation, type Trial } from "./situation.ts";
import { torchWeights } from "./torch.ts";
import { powerWeights, powerWords } from "./weights.ts";

/**
 * Logit adjustment after training (Menon et al. 2021): -tau log pi_k is added to the logit of class k, pi_k = n_k/N. Nothing is trained again. Every margin
 * is linear in tau, so the least tau is exact; whether any offsets at all would do is a system of differences (offsets.ts), exact too.
 */
export function offset(situation: Situation): Remedy {
  const { now, margin, present } = situation;
  const most = equalizingOffsets(present.summary).margin;
  const tau = leastTau(present.summary, margin);
  if (tau !== null) {
    const offsets = now.counts.map((n) => -tau * Math.log(n / now.N) || 0);
    return remedyOf(situation, "offset", adjusted(present, offsets), {
      feasible: true,
      reason: `after training, add -tau log(n_k/N) to the logit of class k, tau = ${formatAtLeast(tau)}${tau === 0 ? " (nothing)" : ""}`,
      parameters: { tau },
      perClass: offsets,
    });
  }
  const { offsets } = equalizingOffsets(present.summary);
  if (most >= margin)
    return remedyOf(situation, "offset", adjusted(present, offsets), {
      feasible: true,
      reason: `no tau log(n_k/N) does it, but these offsets, added to the logits after training, do: with them the weakest class has ${format(most)}`,
      perClass: offsets,
    });
  // The best that any offsets do, like every other row.
  return remedyOf(situation, "offset", adjusted(present, offsets), {
    feasible: false,
    reason: `no offsets on the logits give every class the margin: the most that any give the weakest class is ${formatAtMost(Math.max(0, most))}${most <= 1e-6 ? ": the mean predictions of some classes are one" : ""}`,
    perClass: now.counts.map(() => 0),
  });
}

/** What becomes of the classes of a trained network when offsets are added to its logits z + b. */
function adjusted(trial: Trial, offsets: readonly number[]): Trial {
  return { ...trial, ...judged(withOffsets(trial.summary, offsets)) };
}

/** Offsets added to the logits z + b of a trained network. */
function withOffsets(outline: Outline, offsets: readonly number[]): Outline {
  return { ...outline, problem: { ...outline.problem, factors: null, offsets: [...offsets] } };
}

/** The least tau >= 0 with z_kk + b_k - z_jk - b_j + tau log(n_j/n_k) >= m for all k, j; null where there is none. */
function leastTau({ clusters, blocks, b }: Outline, margin: number): number | null {
  let low = 0;
  let high = Number.POSITIVE_INFINITY;
  clusters.forEach((cluster, j) => {
    clusters.forEach((rival, i) => {
      if (i === j && cluster.size < 2) return;
      const lacks = margin - (blocks.own[j] + b[cluster.classes[0]] - blocks.other[i][j] - b[rival.classes[0]]);
      const slope = Math.log(rival.count / cluster.count);
      if (slope > 0) low = Math.max(low, lacks / slope);
      else if (slope < 0) high = Math.min(high, lacks / slope);
      else if (lacks > 0) high = Number.NEGATIVE_INFINITY;
    });
  });
  // A hair more, so that what was asked for is there after rounding too.
  return low <= high ? Math.min(low === 0 ? 0 : low * (1 + 1e-12) + 1e-12, high) : null;
}

/** Weights in training and offsets after it: the least power of the counts with which some offsets give every class the margin. */
export function combined(situation: Situation): Remedy {
  const { now } = situation;
  // The search judges a problem by what offsets make of it.
  const found = leastStrength(situation, {
    name: (p) => `combined: weights n_k^-${format(p)}, offsets after training`,
    steps: evenly(0, 2, 16),
    at: (p, counts) => powerWeights(situation, p, counts),
    seen: (outline) => withOffsets(outline, equalizingOffsets(outline).offsets),
  });
  const { offsets } = equalizingOffsets(found.trial.summary);
  if (found.x === null)
    return remedyOf(situation, "combined", found.trial, {
      feasible: false,
      reason: `no power p from 0 to 2 was found with which weights w_k proportional to ${powerWords(now)} and offsets after training give every class the margin: ${reached(found, (p) => (p === 0 ? "p = 0, offsets alone" : `p = ${format(p)}`))}`,
      perClass: now.counts.map(() => 0),
    });
  return remedyOf(situation, "combined", found.trial, {
    feasible: true,
    reason:
      found.x === 0
        ? "offsets alone (p = 0, no other weights): train as before, then add these offsets to the logits"
        : `train with weights w_k proportional to ${powerWords(now)}, p = ${formatAtLeast(found.x)}, then add these offsets to the logits`,
    parameters: { power: found.x },
    perClass: offsets,
    torch: found.x === 0 ? null : torchWeights(found.trial.problem),
    retrain: found.x > 0,
  });
}
