import type { Frame } from "./frame.ts";
import type { Head, Within } from "./second-pass.ts";
import { groupsWithin } from "./structure.ts";

/**
 * Class by class: which one is nearest, how far, by how much the head tells them apart at the class means, and who has merged or vanished.
 * Logits at a class mean are z_k + b, z_k = W mu_k.
 */
export interface ClassReport {
  /** Class index. */
  class: number;
  /** Its samples. */
  count: number;
  /** The class with the nearest mean; null where there is no other. */
  nearest: number | null;
  /** |mu_k - mu_nearest|. */
  distance: number | null;
  /** The same beside the root mean square of |mu_l - g~| over classes. */
  relativeDistance: number | null;
  /** sqrt(v_k): root mean square distance of the class's samples from their mean. */
  spread: number | null;
  /** Own logit at the class mean minus the largest other; negative: the mean itself is misclassified. */
  margin: number | null;
  /** The class with that largest other logit. */
  rival: number | null;
  /** |z_k|. */
  predictionNorm: number | null;
  /** Share of its samples that the head gets right; null without a head. */
  accuracy: number | null;
  /** Classes that it has merged with, itself among them; null where it stands alone. */
  merged: number[] | null;
  /** Whether its mean prediction is 0. */
  vanished: boolean;
}

/** Merged: closer than this share of the scale; vanished: shorter than this share of the longest. As in `mergedGroups`. */
const tolerance = 0.05;

/** One report a class, in the order of classes. */
export function perClass(frame: Frame, within: Within, head: Head | null): ClassReport[] {
  const { K, r, counts, present, projected } = frame;
  let squares = 0;
  for (const k of present) for (let a = 0; a < r; a++) squares += projected[k * r + a] ** 2;
  const scale = Math.sqrt(squares / Math.max(1, present.length));
  const apart = (k: number, l: number): number => {
    let sum = 0;
    for (let a = 0; a < r; a++) sum += (projected[k * r + a] - projected[l * r + a]) ** 2;
    return Math.sqrt(sum);
  };
  const logits = head && logitsAtMeans(frame, head);
  const norms = logits?.norms;
  const longest = norms ? Math.max(...norms) : 0;
  // With a head, classes have merged when their predictions have; without one, when their means have.
  const groups = logits
    ? groupsWithin(present, logits.apart, tolerance * Math.SQRT2 * logits.largest)
    : groupsWithin(present, apart, tolerance * Math.SQRT2 * scale);
  const groupOf = new Map(groups.flatMap((group) => group.map((k) => [k, group] as const)));
  return Array.from({ length: K }, (_, k) => {
    const occurs = counts[k] > 0;
    let nearest: number | null = null;
    let distance = Number.POSITIVE_INFINITY;
    if (occurs) {
      for (const l of present) {
        if (l === k) continue;
        const far = apart(k, l);
        if (far < distance) {
          distance = far;
          nearest = l;
        }
      }
    }
    const rival = occurs && logits ? logits.rivalOf(k) : null;
    return {
      class: k,
      count: counts[k],
      nearest,
      distance: nearest === null ? null : distance,
      relativeDistance: nearest === null || scale === 0 ? null : distance / scale,
      spread: occurs ? Math.sqrt(within.scatter[k] / counts[k]) : null,
      margin: rival?.margin ?? null,
      rival: rival?.rival ?? null,
      predictionNorm: occurs && norms ? norms[k] : null,
      accuracy: occurs && within.head ? within.head.correct[k] / counts[k] : null,
      merged: groupOf.get(k) ?? null,
      vanished: occurs && norms !== undefined && norms[k] <= tolerance * longest,
    };
  });
}

/** The classes in most trouble first: vanished, merged, then by margin (or by relative distance where there is no head). */
export function ranked(reports: readonly ClassReport[]): ClassReport[] {
  const score = (c: ClassReport): number => c.margin ?? c.relativeDistance ?? Number.POSITIVE_INFINITY;
  const group = (c: ClassReport): number => (c.vanished ? 0 : c.merged ? 1 : c.count > 0 ? 2 : 3);
  return [...reports].sort((a, b) => group(a) - group(b) || compare(score(a), score(b)) || a.class - b.class);
}

const compare = (a: number, b: number): number => (a < b ? -1 : a > b ? 1 : 0);

interface Logits {
  /** |z_k|. */
  norms: Float64Array;
  /** max |Z|. */
  largest: number;
  apart(k: number, l: number): number;
  rivalOf(k: number): { margin: number; rival: number };
}

function logitsAtMeans({ K, d, means, present }: Frame, { W, b }: Head): Logits {
  // Columns of Z as rows.
  const z = new Float64Array(K * K);
  let largest = 0;
  for (const k of present) {
    for (let i = 0; i < K; i++) {
      let dot = 0;
      for (let j = 0; j < d; j++) dot += W[i * d + j] * means[k * d + j];
      z[k * K + i] = dot;
      largest = Math.max(largest, Math.abs(dot));
    }
  }
  const norms = Float64Array.from({ length: K }, (_, k) => Math.hypot(...z.subarray(k * K, k * K + K)));
  return {
    norms,
    largest,
    apart(k, l) {
      let sum = 0;
      for (let i = 0; i < K; i++) sum += (z[k * K + i] - z[l * K + i]) ** 2;
      return Math.sqrt(sum);
    },
    rivalOf(k) {
      let rival = k === 0 ? 1 : 0;
      for (let i = 0; i < K; i++) if (i !== k && z[k * K + i] + b[i] > z[k * K + rival] + b[rival]) rival = i;
      return { margin: z[k * K + k] + b[k] - z[k * K + rival] - b[rival], rival };
    },
  };
}
