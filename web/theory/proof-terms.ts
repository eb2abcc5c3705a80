import { type Answer, bounded } from "./answer.ts";

/**
 * The parts of the two values between which the minimum lies (theory, sections 2, 7 and 10), from the answer as it is shown: what the lines of the proof put in. `objective`, `dual` and `gap` themselves are the
 * certificate's; that these parts add up to them is a check of both (test/web/proof-lines.test.ts). For one or two clusters, so that the norms are those of 2 x 2 matrices and the page needs no kernels.
 */
export interface ProofTerms {
  /** Mean loss. */
  loss: number;
  /** What lambda_Z penalizes, or tau bounds: |Z D^(1/2)|_*, sum_k sqrt(n_k) |z_k|, |Z|_*. */
  norm: number;
  /** (lambda_b/2) |b|^2; 0 where there is no bias or no penalty on it. */
  ridge: number;
  /** |G|_2 of the residuals, sqrt(lambda_max(G+)) of nonnegative features: at most lambda_Z. */
  force: number;
  /** t: what the residuals are multiplied by so that it is. */
  scale: number;
  /** Mean of D(p_t), the entropy for cross-entropy. */
  entropy: number;
  /** |v|, the imbalance of the bias; |v|^2 / (2 lambda_b) is subtracted. */
  imbalance: number;
}

/** A class of a cluster: logits, predictions less targets, one of each cluster and its own. */
interface Column {
  /** y of another class of each cluster. */
  other: number[];
  own: number;
  loss: number;
}

export function proofTerms(p: Answer): ProofTerms {
  const peeled = bounded(p);
  const { N, loss } = p.problem;
  const J = p.clusters.length;
  const copies = (i: number, j: number): number => p.clusters[i].size - (i === j ? 1 : 0);
  const columns = p.clusters.map((_, j) => columnOf(p, j));
  const mean = (of: (j: number) => number): number =>
    p.clusters.reduce((sum, { count, size }, j) => sum + ((count * size) / N) * of(j), 0);
  // What a class's residual enters the norm of the residuals with.
  const masses = p.clusters.map(({ count }) => (peeled ? count / N : Math.sqrt(count) / N));
  const force = p.problem.nonnegative ? sharedForce(p, columns, masses) : freeForce(p, columns, masses);
  const lambdaZ = peeled ? null : (p.problem.lambdaZ as number);
  const scale = lambdaZ === null ? 1 : Math.min(1, lambdaZ / force);
  const entropy = mean((j) => {
    const { other, own } = columns[j];
    const rest = other.reduce((sum, y, i) => sum + copies(i, j) * conjugate[loss](scale * y), 0);
    return rest + ownConjugate[loss](-scale * own);
  });
  let imbalance = 0;
  let ridge = 0;
  const { lambdaB } = p.problem;
  p.clusters.forEach(({ classes, size }, i) => {
    const v = p.clusters.reduce((sum, { count, size: k }, j) => {
      const others = count * (i === j ? k - 1 : k) * columns[j].other[i];
      return sum + others + (i === j ? count * columns[j].own : 0);
    }, 0);
    imbalance += size * ((scale * v) / N) ** 2;
    if (Number.isFinite(lambdaB)) ridge += 0.5 * lambdaB * size * p.b[classes[0]] ** 2;
  });
  return {
    loss: mean((j) => columns[j].loss),
    norm: normOf(p, J),
    ridge,
    force,
    scale,
    entropy,
    imbalance: Math.sqrt(imbalance),
  };
}

/** The logits of a class of cluster j: own, and of another class of each cluster. */
function logitsOf(p: Answer, j: number): { own: number; other: number[] } {
  const k = p.clusters[j].classes[0];
  const u = (i: number): number => p.Z[i][k] + p.b[i];
  return { own: u(k), other: p.clusters.map(({ classes }, i) => u(classes[i === j ? Math.min(1, classes.length - 1) : 0])) };
}

function columnOf(p: Answer, j: number): Column {
  const { own, other } = logitsOf(p, j);
  const copies = p.clusters.map(({ size }, i) => size - (i === j ? 1 : 0));
  const sum = (of: (u: number) => number): number =>
    other.reduce((total, u, i) => total + (copies[i] ? copies[i] * of(u) : 0), 0);
  if (p.problem.loss === "square") return { other, own: own - 1, loss: 0.5 * (own - 1) ** 2 + 0.5 * sum((u) => u * u) };
  if (p.problem.loss === "bce") {
    const softplus = (u: number): number => Math.max(u, 0) + Math.log1p(Math.exp(-Math.abs(u)));
    return {
      other: other.map((u) => 1 / (1 + Math.exp(-u))),
      own: -1 / (1 + Math.exp(own)),
      loss: softplus(-own) + sum(softplus),
    };
  }
  // Of a softmax, without cancellation where the own class has nearly everything.
  const odds = sum((u) => Math.exp(u - own));
  return {
    other: other.map((u, i) => (copies[i] ? Math.exp(u - own) / (1 + odds) : 0)),
    own: -odds / (1 + odds),
    loss: Math.log1p(odds),
  };
}

const logOf = (x: number): number => (x > 0 ? x * Math.log(x) : 0);
const keptOf = (x: number): number => (x < 1 ? (1 - x) * Math.log1p(-x) : 0);

/** D of one prediction y of another class. */
const conjugate: Record<Answer["problem"]["loss"], (y: number) => number> = {
  "cross-entropy": (y) => -logOf(y),
  bce: (y) => -logOf(y) - keptOf(y),
  square: (y) => -0.5 * y * y,
};
/** D of the own class's prediction 1 - lost. */
const ownConjugate: Record<Answer["problem"]["loss"], (lost: number) => number> = {
  "cross-entropy": (lost) => -keptOf(lost),
  bce: (lost) => -keptOf(lost) - logOf(lost),
  square: (lost) => lost - 0.5 * lost * lost,
};

/** sqrt(n_j) |z_own - z_other| within clusters, and the core's singular values. */
function normOf(p: Answer, J: number): number {
  if (!p.problem.nonnegative) return p.singularValues.reduce((sum, x) => sum + x, 0);
  return p.clusters.reduce((sum, { classes, count, size }, j) => {
    const k = classes[0];
    let squares = p.Z[k][k] ** 2;
    for (let i = 0; i < J; i++) {
      const others = p.clusters[i].size - (i === j ? 1 : 0);
      if (others > 0) squares += others * p.Z[p.clusters[i].classes[i === j ? 1 : 0]][k] ** 2;
    }
    return sum + size * Math.sqrt(count) * Math.sqrt(squares);
  }, 0);
}

/** |G|_2: within a cluster k - 1 equal values, and the J x J core. */
function freeForce({ clusters }: Answer, columns: readonly Column[], masses: readonly number[]): number {
  const J = clusters.length;
  const core: TwoByTwo = [0, 0, 0, 0];
  let within = 0;
  clusters.forEach(({ size }, j) => {
    const { own, other } = columns[j];
    if (size > 1) within = Math.max(within, masses[j] * Math.abs(own - other[j]));
    for (let i = 0; i < J; i++)
      core[2 * i + j] = masses[j] * (i === j ? own + (size - 1) * other[j] : Math.sqrt(clusters[i].size * size) * other[i]);
  });
  return Math.max(within, normOfTwo(core));
}

/** sqrt(lambda_max(G+)), G+ the Gram matrix of the residuals with its negative entries off the diagonal set to 0. */
function sharedForce({ clusters }: Answer, columns: readonly Column[], masses: readonly number[]): number {
  const J = clusters.length;
  const gram: TwoByTwo = [0, 0, 0, 0];
  const inner = (j: number, m: number): number => {
    let sum = columns[j].own * columns[m].other[j] + columns[m].own * columns[j].other[m];
    for (let i = 0; i < J; i++) {
      const rows = clusters[i].size - (i === j ? 1 : 0) - (i === m ? 1 : 0);
      if (rows > 0) sum += rows * columns[j].other[i] * columns[m].other[i];
    }
    return sum;
  };
  for (let j = 0; j < J; j++)
    for (let m = 0; m < J; m++) {
      const { own, other } = columns[j];
      const squared = own * own + other.reduce((sum, y, i) => sum + (clusters[i].size - (i === j ? 1 : 0)) * y * y, 0);
      const k = clusters[j].size;
      const value =
        j === m
          ? squared + (k > 1 ? (k - 1) * Math.max(0, inner(j, j)) : 0)
          : Math.sqrt(k * clusters[m].size) * Math.max(0, inner(j, m));
      gram[2 * j + m] = masses[j] * masses[m] * value;
    }
  // Positive semidefinite: its norm is its largest eigenvalue.
  return Math.sqrt(normOfTwo(gram));
}

/** Row by row. */
type TwoByTwo = [number, number, number, number];

/** The largest singular value. */
function normOfTwo([a, b, c, d]: TwoByTwo): number {
  return (Math.hypot(a + d, b - c) + Math.hypot(a - d, b + c)) / 2;
}
