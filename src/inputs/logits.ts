import { InputError } from "../errors.ts";
import { type Labels, rowBlocks, type StoredArray } from "../features/browser.ts";
import { addLogitEvidence, logitsNote, noEvidence } from "../measure/index.ts";

/** Whether features look like logits, by the first samples and in the words of `logitsNote`; null where they do not. */
export async function logitsIn(features: StoredArray, labels: Labels, d: number): Promise<string | null> {
  const n = Math.min(labels.n, 4096);
  const step = Math.max(1, Math.min(512, Math.floor(2 ** 19 / d)));
  const evidence = noEvidence();
  const columns = labels.blocks(0, n, step)[Symbol.asyncIterator]();
  try {
    for await (const rows of rowBlocks(features, 0, n, step)) {
      const next = await columns.next();
      addLogitEvidence(evidence, { n: rows.n, features: rows.values, labels: next.value as ArrayLike<number> }, d);
    }
  } finally {
    await columns.return?.();
  }
  return logitsNote(evidence, d);
}

/**
 * A weight of p x d turns to a head of d columns where p = d is the number of features. If the features are its outputs, it was turned the wrong way: refused,
 * whatever its bias. `read`: reads the labels if they are of at most `d` classes.
 */
export async function refuseOutputs(
  features: StoredArray,
  d: number,
  weight: { what: string; K: number },
  read: () => Promise<Labels>,
): Promise<void> {
  const labels = await read().catch((error) => {
    // Of more classes than there are columns: these are no logits. Whatever else is wrong with them is said when they are read in earnest.
    if (error instanceof InputError) return null;
    throw error;
  });
  if (!labels || labels.classes !== d || labels.n !== features.shape[0]) return;
  const words = await logitsIn(features, labels, d);
  if (words)
    throw new InputError(
      `${features.what}: expected what enters the last layer, N x ${weight.K} for ${weight.what} of ${d} x ${weight.K}, got numbers that ${words}`,
    );
}
