import { InputError, inputError } from "../errors.ts";
import { checkKeys } from "../known-keys.ts";
import type { Matrix } from "../math/index.ts";
import { checkCounts } from "./counts.ts";
import { type ProblemInput, problemKeys } from "./problem.ts";
import { type Origin, type RegularizationInput, regularization } from "./regularization.ts";

/**
 * Soft labels (theory, section 15): samples whose targets are distributions over K classes, M different ones, column m that of n_m samples: label noise, mixtures of images, the next tokens of contexts.
 *
 *   min over Z (K x M), b:  (1/N) sum_m n_m CE(z_m + b, q_m) + lambda_Z |Z D^(1/2)|_* + (lambda_b/2)|b|^2,   CE(u, q) = log sum_k exp(u_k) - q'u,   D = diag(n_1, ..., n_M)
 *
 * The objective has the entropy of the targets in it. A type of its own: its columns are no classes, and no function of the problem of counts takes it.
 */
export interface TargetsProblem extends Readonly<Origin> {
  /** Classes: rows of the targets. */
  readonly K: number;
  /** Columns of targets. */
  readonly M: number;
  /** n_m, samples with each column's target. */
  readonly counts: readonly number[];
  /** Number of samples, sum of n_m. */
  readonly N: number;
  /** What each column gives to which classes: its positive shares by class, which add up to 1. */
  readonly columns: readonly TargetColumn[];
  /** sqrt(lambda_W lambda_H), in the paper's convention like the next three. */
  readonly lambdaZ: number;
  /** Penalty on the head W. */
  readonly lambdaW: number;
  /** Penalty on the features H. */
  readonly lambdaH: number;
  /** Infinity: bias-free; 0: a bias without penalty. */
  readonly lambdaB: number;
}

/** A distribution over classes, without its zeros. */
export interface TargetColumn {
  /** Ascending. */
  readonly classes: readonly number[];
  /** Positive, as many; they add up to 1. */
  readonly shares: readonly number[];
}

/** What `targetsProblem` takes. */
export interface TargetsInput extends RegularizationInput {
  /** Samples of each column: two or more positive integers. */
  counts: readonly number[];
  /** K x M, a column a distribution over K classes. */
  targets: Matrix;
}

/** How far from 1 a column may add up, as float32 leaves it; it is divided by its sum. */
export const columnSumWithin = 1e-5;

/** Checks every value, divides each column by its sum, and converts the regularization. Throws InputError. */
export function targetsProblem(input: TargetsInput & Partial<Omit<ProblemInput, keyof TargetsInput>>): TargetsProblem {
  checkKeys(input, { ...problemKeys, targets: true }, "problem with targets");
  const { targets } = input;
  checkMatrix(targets);
  const K = targets.rows;
  const M = targets.cols;
  if (K < 2) throw inputError("targets", "at least 2 rows, one a class", K);
  const counts = checkCounts([...input.counts]);
  if (counts.length !== M) throw inputError("counts", `${M} counts, one a column of the targets`, counts.length);
  const N = counts.reduce((sum, n) => sum + n, 0);
  if (!Number.isSafeInteger(N)) throw inputError("counts", "a sum below 2^53", N);
  for (const name of ["weights", "offsets", "factors"] as const)
    if (input[name]) throw new InputError(`${name}: expected nothing beside targets, whose columns are no classes, got ${name}`);
  if (input.smoothing)
    throw inputError(
      "smoothing",
      "nothing beside targets: smooth their columns themselves, (1 - eps) q + eps/K",
      input.smoothing,
    );
  const { loss = "cross-entropy" } = input;
  if (loss !== "cross-entropy") throw inputError("loss", "cross-entropy beside targets", loss);
  const found = regularization(input, N);
  if (input.nonnegative || found.ends === "batch-norm-relu")
    throw new InputError(
      "nonnegative: expected features of any sign with targets, got true: which samples would share directions is open (theory, section 15)",
    );
  const columns = Array.from({ length: M }, (_, m) => columnOf(targets, m));
  if (found.lambdaB === 0) {
    const seen = new Set(columns.flatMap(({ classes }) => classes));
    const absent = Array.from({ length: K }, (_, k) => k).find((k) => !seen.has(k));
    if (absent !== undefined)
      throw inputError(
        "lambdaB",
        `a penalty on the bias, or no bias, where no target has a share of class ${absent}: its bias would fall for ever`,
        0,
      );
  }
  return { K, M, counts, N, columns, ...found };
}

/** Throws InputError for anything that is not a matrix of numbers. */
function checkMatrix(targets: unknown): void {
  const { rows, cols, data } = (targets ?? {}) as Partial<Matrix>;
  const whole = [rows, cols].every((size) => Number.isSafeInteger(size) && (size as number) >= 1);
  if (!whole || !((data as unknown) instanceof Float64Array || (data as unknown) instanceof Float32Array))
    throw inputError("targets", "K rows of M shares, or the same as { rows: K, cols: M, data: Float64Array }", targets);
  const values = (rows as number) * (cols as number);
  if (data?.length !== values) throw inputError("targets: data", `${rows} x ${cols} shares`, `${data?.length} numbers`);
}

function columnOf({ data, rows: K, cols: M }: Matrix, m: number): TargetColumn {
  const classes: number[] = [];
  const shares: number[] = [];
  let sum = 0;
  for (let k = 0; k < K; k++) {
    const q = data[k * M + m];
    if (!(q >= 0 && q <= 1 + columnSumWithin)) throw inputError(`targets[${k}][${m}]`, "a share from 0 to 1", q);
    if (q === 0) continue;
    classes.push(k);
    shares.push(q);
    sum += q;
  }
  if (!(Math.abs(sum - 1) <= columnSumWithin))
    throw inputError(`targets: column ${m}`, `shares that add up to 1 (within ${columnSumWithin})`, sum);
  return { classes, shares: shares.map((q) => q / sum) };
}
