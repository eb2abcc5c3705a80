import { gramOfColumns, gramOfRows, matrix, singularValues, symmetricEigenvalues } from "../math/index.ts";
import { format } from "../number-text.ts";
import type { Frame } from "./frame.ts";
import { mostGramFeatures, mostGramWork, type Within } from "./second-pass.ts";
import { jacobiMost } from "./span.ts";

/** exp of the entropy of the singular values as shares of their sum (Roy and Vetterli 2007): how many directions are in use; null where it is not measured, or all are 0. */
export interface EffectiveRank {
  /** Of the features as they are, N x d. */
  features: number | null;
  /** Of M, the class means about their mean. */
  means: number | null;
}

/** Up to this many classes the singular values of M take seconds. */
const mostClasses = 2000;

export function effectiveRank(frame: Frame, { gram }: Within, note: (text: string) => void): EffectiveRank {
  const { K, r, present, N, d } = frame;
  if (!gram) note(`effectiveRank of the features is left out: ${whyNot(N, d)}`);
  const few = present.length <= mostClasses;
  if (!few) note(`effectiveRank of the means is left out: up to ${mostClasses} classes are looked at`);
  return {
    features: gram && ofEigenvalues(gram, d),
    means: few && r > 0 ? ofRows(frame.projected, K, r) : null,
  };
}

function whyNot(N: number, d: number): string {
  if (d > mostGramFeatures) return `${d} features, above ${mostGramFeatures}`;
  const work = N * d * d;
  if (work > mostGramWork) return `N d^2 is ${format(work, 2)}, above ${format(mostGramWork, 2)}`;
  return "the sums that it needs were not taken";
}

function ofRows(rows: Float64Array, n: number, p: number): number | null {
  if (Math.min(n, p) <= jacobiMost) return ofSingularValues(singularValues(n >= p ? matrix(n, p, rows) : turned(rows, n, p)));
  const most = Math.min(n, p);
  const gram = new Float64Array(most * most);
  if (p <= n) gramOfColumns(gram, rows, n, p);
  else gramOfRows(gram, rows, n, p);
  return ofEigenvalues(gram, most);
}

function turned(rows: Float64Array, n: number, p: number): ReturnType<typeof matrix> {
  const out = matrix(p, n);
  for (let i = 0; i < n; i++) for (let j = 0; j < p; j++) out.data[j * n + i] = rows[i * p + j];
  return out;
}

/** Of the roots of a Gram matrix's eigenvalues. What is below n eps of the largest is rounding: its root would count as a direction. */
function ofEigenvalues(gram: Float64Array, n: number): number | null {
  const values = symmetricEigenvalues(matrix(n, n, gram));
  const largest = values.reduce((most, x) => Math.max(most, x), 0);
  return ofSingularValues(values.map((x) => (x > n * Number.EPSILON * largest ? Math.sqrt(x) : 0)));
}

function ofSingularValues(S: Float64Array): number | null {
  const sum = S.reduce((a, b) => a + b, 0);
  if (sum === 0) return null;
  return Math.exp(-S.reduce((entropy, x) => (x > 0 ? entropy + (x / sum) * Math.log(x / sum) : entropy), 0));
}
