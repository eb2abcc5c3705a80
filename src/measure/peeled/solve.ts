/**
 * The last two layers of a network whose features come out of a dense layer without normalization (theory, section 9.3): h = V phi + v, logits W h + b, with decay lambda on W, V and v
 * and lambda_b on b. For given inputs phi they solve, exactly, a convex problem in M = W (V, v) and b, where d >= K - 1 features leave M free,
 *
 *   min over M, b:  (1/N) sum_i CE(M psi_i + b, y_i) + lambda |M|_* + (lambda_b/2)|b|^2,   psi_i = (phi_i, 1).
 *
 * On the class means of psi the same problem is a lower bound (the cross-entropy is convex in the logits), exact where M does not see what varies within the classes; in Z = M psi_bar it is
 * |Z B^(1/2)|_* with B the inverse of the means' Gram matrix. It is solved first. Then the samples: M's rows are looked for in a small space that grows by the principal directions of the
 * gradient outside it. The points' coordinates in that space are all that is kept of the samples; each round passes over the file twice and ends with a proof that is about all M.
 *
 * @module
 */
import { inputError } from "../../errors.ts";
import { norm2 } from "../../math/index.ts";
import { type Points, type PointsAnswer, predictionsOf, residualsAt, solvePoints } from "../../solver/index.ts";
import { addToSums, emptySums, sumRows } from "../first-pass.ts";
import { checkFeatureSizes } from "../range.ts";
import { type Basis, coordinates, emptyBasis, extended } from "./basis.ts";
import { type Hidden, lengthOfPsi, psiBlocks } from "./hidden.ts";
import { solveSamples } from "./samples.ts";

/** The penalties of the last two layers, and how well to solve. */
export interface PeeledOptions {
  /** lambda. */
  weightDecay: number;
  /** lambda_b; Infinity: the head has no bias; 0: neither the head's nor the feature layer's bias decays (default: lambda). */
  biasWeightDecay?: number;
  /** Relative gap at which the work ends (default 1e-4). */
  tolerance?: number;
  /** Numbers of points that may be kept (default 2^25: 256 MB); below 3 K a sample the samples are not solved. */
  most?: number;
  /** Only the class means. */
  meansOnly?: boolean;
}

/** An answer to the problem of the samples, with a proof about it. */
export interface PeeledSolution {
  /** samples: solved on them; class-means: solved on the means, and its value on the samples. */
  solved: "samples" | "class-means";
  /** M psi_bar, K x K, rows = logits. */
  Z: Float64Array;
  /** K numbers. */
  b: Float64Array;
  /** Value of the problem of the samples there. */
  objective: number;
  /** Proved lower bound of its minimum. */
  dual: number;
  /** Rank of M. */
  rank: number;
  /** Solution of the problem of the class means with its own proof. */
  classMeans: { Z: Float64Array; b: Float64Array; objective: number; dual: number };
  /** Times that the file was read. */
  passes: number;
}

/** The relative gap, and the numbers of points kept, where nothing else is said. */
export const usualPeeled: { readonly tolerance: number; readonly most: number } = { tolerance: 1e-4, most: 2 ** 25 };

/** Throws InputError for a class without samples, wrong labels, values that are not finite, or options that make no sense. */
export async function solvePeeled(hidden: Hidden, options: PeeledOptions): Promise<PeeledSolution> {
  const {
    weightDecay: lambda,
    biasWeightDecay: lambdaB = lambda,
    tolerance = usualPeeled.tolerance,
    most = usualPeeled.most,
  } = options;
  if (!(lambda > 0 && Number.isFinite(lambda))) throw inputError("weightDecay", "a positive finite number", lambda);
  if (!(lambdaB >= 0)) throw inputError("biasWeightDecay", "a number of at least 0, or inf for no bias", lambdaB);
  const { K } = hidden.stream;
  const q = lengthOfPsi(hidden);
  const { means, labels, counts, squares } = await meansOf(hidden);
  const N = labels.length;
  const basis = extended(emptyBasis(q), means, K);
  const classes: Points = {
    K,
    m: basis.m,
    x: coordinates(basis, means, K),
    labels: Array.from(counts.keys()),
    mass: counts.map((n) => n / N),
    lambda,
    lambdaB,
  };
  const ofMeans = solvePoints(classes);
  const classMeans = {
    Z: predictionsOf(classes, ofMeans.answer),
    b: ofMeans.answer.b,
    objective: ofMeans.certificate.objective,
    dual: ofMeans.certificate.dual,
  };
  const { answer } = ofMeans;
  const begun = { basis, answer, labels, lambda, lambdaB };
  if (options.meansOnly || N * 3 * K > most || q * 3 * K > most) {
    const objective = await valueOnSamples(hidden, begun);
    const { Z, b, dual } = classMeans;
    return { solved: "class-means", Z, b, objective, dual, rank: answer.rank, classMeans, passes: 2 };
  }
  const { dual } = classMeans;
  const found = await solveSamples(hidden, { ...begun, means, squares: squares / N, dual, tolerance, most });
  return { solved: "samples", ...found, classMeans, passes: found.passes + 1 };
}

async function meansOf(
  hidden: Hidden,
): Promise<{ means: Float64Array; labels: Int32Array; counts: Float64Array; squares: number }> {
  const { K } = hidden.stream;
  const q = lengthOfPsi(hidden);
  const sums = emptySums(K, q);
  const labels = new Int32Array(hidden.n);
  let N = 0;
  for await (const block of psiBlocks(hidden)) {
    addToSums(sums, { n: block.count, features: block.psi, labels: block.labels }, block.first, "hidden");
    labels.set(block.labels, block.first);
    N = block.first + block.count;
  }
  checkFeatureSizes(sums.squares, sumRows(sums));
  const empty = sums.counts.indexOf(0);
  if (empty >= 0) throw inputError(`class ${empty}`, "at least one sample of each class", 0);
  const means = sums.sums.map((x, e) => x / sums.counts[Math.floor(e / q)]);
  return { means, labels: labels.subarray(0, N), counts: sums.counts, squares: sums.squares };
}

/** Value of the problem of the samples at the solution of that of the means. */
async function valueOnSamples(
  hidden: Hidden,
  begun: { basis: Basis; answer: PointsAnswer; labels: Int32Array; lambda: number; lambdaB: number },
): Promise<number> {
  const { basis, answer, labels, lambda, lambdaB } = begun;
  const { K } = hidden.stream;
  let loss = 0;
  for await (const { first, count, psi } of psiBlocks(hidden)) {
    const points = {
      K,
      m: basis.m,
      x: coordinates(basis, psi, count),
      labels: labels.subarray(first, first + count),
      mass: new Float64Array(count).fill(1 / labels.length),
      lambda,
      lambdaB,
    };
    loss += residualsAt(points, answer, 0, count).loss;
  }
  const onBias = Number.isFinite(lambdaB) ? (lambdaB / 2) * norm2(answer.b) ** 2 : 0;
  return loss + (lambda / 2) * (norm2(answer.A) ** 2 + norm2(answer.B) ** 2) + onBias;
}
