import { inputError } from "../../src/errors.ts";
import type { FeatureView } from "../../src/measure/index.ts";

/** The view of the features in a document of `nclab measure --picture means|umap --json`; null: it has none. `where` names it in messages. Throws InputError for what is not of its form. */
export function viewIn(document: Record<string, unknown>, K: number, where: string): FeatureView | null {
  const { view } = document;
  if (view === undefined || view === null) return null;
  const v = view as Partial<FeatureView>;
  const q = Array.isArray(v.shares) ? v.shares.length : -1;
  const list = (value: unknown, n: number, of: (x: unknown) => boolean): boolean =>
    Array.isArray(value) && value.length === n && value.every(of);
  const numbers = (n: number) => (value: unknown) => list(value, n, Number.isFinite);
  const orNull = (of: (x: unknown) => boolean) => (value: unknown) => value === null || of(value);
  const n = Array.isArray(v.sample?.points) ? v.sample.points.length : -1;
  const valid =
    q >= 0 &&
    q <= 3 &&
    n >= 0 &&
    Number.isInteger(v.seed) &&
    numbers(q)(v.shares) &&
    list(v.means, K, orNull(numbers(q))) &&
    list(
      v.covariances,
      K,
      orNull((C) => list(C, q, numbers(q))),
    ) &&
    list(v.sample?.points, n, numbers(q)) &&
    list(v.sample?.classes, n, (k) => Number.isInteger(k) && (k as number) >= 0 && (k as number) < K) &&
    (!v.umap || (Number.isInteger(v.umap.neighbours) && list(v.umap.points, n, numbers(2))));
  if (!valid)
    throw inputError(`${where}: view`, "shares, means, covariances and a sample, as nclab measure --picture writes them", view);
  return view as FeatureView;
}
