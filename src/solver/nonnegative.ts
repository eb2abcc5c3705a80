/**
 * Nonnegative (ReLU) features (theory, section 7):
 *
 *   (UFM+)  min over Z, b:  (1/N) sum_k n_k w_k CE(z_k + b, k) + lambda_Z sum_k sqrt(n_k) |z_k| + (lambda_b/2)|b|^2
 *
 * For a given bias every class is a problem of its own, solved exactly (nonnegative-column.ts); whether z_k = 0 is decided there by its condition, not by how small
 * z_k became. What is left, phi(b) = min over Z, is convex with a continuous gradient, and Newton's method finds its minimum; without a bias there is nothing left.
 *
 * By symmetry a column of cluster j has J + 1 distinct entries: one of each cluster (its own: of another class), and its own class's.
 *
 * @module
 */
import { targetsOf } from "../loss/index.ts";
import { factorDefinite, gramOfColumns, type NewtonStop, solveDefinite } from "../math/index.ts";
import { type Problem, usualTolerance } from "../problem/index.ts";
import type { ColumnAnswer, ColumnProblem, ColumnStart } from "./column-problem.ts";
import type { BlockAnswer } from "./columns.ts";
import { biasNewton, damping, lineSearch, noiseUnits } from "./constants.ts";
import { entrywiseColumns } from "./entrywise-column.ts";
import { certifyNonnegative, type NonnegativeCertificate } from "./nonnegative-certificate.ts";
import { softmaxColumns } from "./nonnegative-column.ts";
import { type Reduced, reduce } from "./reduced.ts";
import type { Trace } from "./trace.ts";

/** The answer found, with its proof. */
export interface NonnegativeSolution {
  /** Z and b by blocks. */
  answer: BlockAnswer;
  /** Its proof. */
  certificate: NonnegativeCertificate;
  /** Bias of each cluster, and tau of its column: what `from` takes. */
  point: Float64Array;
  /** Why Newton's method on the bias stopped; gradient where there is no bias, as every class is solved exactly. */
  stopped: NewtonStop;
  /** Newton steps. */
  iterations: number;
  /** Columns solved, the unit of work. */
  products: number;
}

/** Accuracy and start. */
export interface NonnegativeOptions {
  /** Relative duality gap of (UFM+) asked for (default 1e-10). */
  tolerance?: number;
  /** Warm start: the point of a nearby problem with the same clusters and the same kind of bias. */
  from?: Float64Array;
  /** Index of a cluster to hold at z = 0, right or wrong: where it is wrong the certificate says so (prediction/vanishing.ts). */
  held?: number;
  /** Is told every Newton step and the proof while the solve goes on. */
  trace?: Trace;
}

/**
 * Solves (UFM+); never throws for lack of accuracy: read the certificate's gaps. Throws RangeError for a `from` of another problem's length.
 */
export function solveNonnegative(problem: Problem, options: NonnegativeOptions = {}): NonnegativeSolution {
  const { tolerance = usualTolerance, held, from, trace } = options;
  const p = reduce(problem);
  const { J } = p;
  if (from && from.length !== 2 * J)
    throw new RangeError(`solveNonnegative: expected a start of ${2 * J} numbers, got ${from.length}`);
  const model = columnsOf(p, held);
  let here = model.at(
    from?.slice(0, J) ?? new Float64Array(J),
    Array.from({ length: J }, (_, j) => ({ tau: from?.[J + j] ?? 0 })),
  );
  let products = J;
  let iterations = 0;
  let stopped: NewtonStop = "gradient";
  /** Newton's method on the bias, until its decrement is at most `enough`, or at the end of the digits. */
  const descend = (enough: number): void => {
    stopped = "limit";
    let mu = 0;
    for (; iterations < biasNewton.steps; iterations++) {
      const step = model.newton(here, mu);
      const noise = noiseUnits * Number.EPSILON * Math.abs(here.f);
      trace?.({
        stage: "bias",
        iteration: iterations,
        objective: here.f / p.N,
        decrement: Math.sqrt(Math.max(0, step.slope) / Math.abs(here.f)),
        relativeGap: null,
        rank: null,
        radius: null,
        damping: mu,
        products,
      });
      // At the minimum to the last digit there is no step to take.
      if (step.slope <= enough ** 2 * Math.abs(here.f)) {
        stopped = "gradient";
        break;
      }
      let next: Place | null = null;
      const whole = Math.min(1, biasNewton.reach / step.v.reduce((most, x) => Math.max(most, Math.abs(x)), 0));
      let t = whole;
      for (let trials = 0; trials < lineSearch.trials && !next; trials++) {
        const trial = model.at(
          here.bias.map((b, i) => b + t * step.v[i]),
          here.columns,
        );
        products += J;
        const expected = t * (1 - t / 2) * step.slope;
        if (expected > noise ? here.f - trial.f >= lineSearch.share * expected - noise : here.f - trial.f >= -noise) next = trial;
        else t *= lineSearch.shorter;
      }
      if (!next) {
        if (step.slope <= noise || mu > damping.most) {
          stopped = step.slope <= noise ? "rounding" : "radius";
          break;
        }
        mu = Math.max(damping.more * mu, damping.first);
        continue;
      }
      // At the end of the digits a step only counts if it lowers the gradient.
      const done = step.slope <= noise && mu === 0 && model.newton(next, 0).slope > biasNewton.gradientFalls * step.slope;
      if (!done) here = next;
      if (done) {
        stopped = "rounding";
        break;
      }
      if (t === whole) mu = mu < damping.none ? 0 : damping.less * mu;
    }
  };
  const { loose } = biasNewton;
  const early = tolerance >= loose.from;
  if (Number.isFinite(p.biasRidge)) descend(early ? loose.share * tolerance : 0);
  let answer = model.toBlocks(here);
  let certificate = certifyNonnegative(problem, answer, { tolerance });
  if (early && Number.isFinite(p.biasRidge) && !certificate.ufmPlus.certified) {
    descend(0);
    answer = model.toBlocks(here);
    certificate = certifyNonnegative(problem, answer, { tolerance });
  }
  trace?.({
    stage: "proof",
    iteration: iterations,
    objective: certificate.objective,
    decrement: null,
    relativeGap: certificate.ufmPlus.relativeGap,
    rank: null,
    radius: null,
    damping: null,
    products,
  });
  const point = new Float64Array(2 * J);
  point.set(here.bias);
  point.set(here.tau, J);
  return { answer, certificate, point, stopped, iterations, products };
}

/** A bias with the columns that are best for it. */
interface Place {
  bias: Float64Array;
  tau: Float64Array;
  columns: ColumnAnswer[];
  f: number;
}

function columnsOf(p: Reduced, held: number | undefined) {
  const { J, K, s, size, smoothing: eps } = p;
  const hasBias = Number.isFinite(p.biasRidge);
  const problems = Array.from({ length: J }, (_, j): ColumnProblem => {
    const entries = Array.from({ length: J + 1 }, (_, i) => i);
    const row = (i: number): number => (i === J ? j : i);
    return {
      copies: Float64Array.from(entries, (i) => (i === J ? 1 : size[i] - (i === j ? 1 : 0))),
      factor: Float64Array.from(entries, (i) => p.factor[row(i)]),
      target: Float64Array.from(entries, (i) => eps / K + (i === J ? 1 - eps : 0)),
      logit: Float64Array.from(entries, (i) => p.offset[row(i)]),
      scale: p.weight[j] * Math.sqrt(p.count[j]),
      s,
    };
  });
  const { entry, shiftFree } = p.loss;
  const kind = entry ? entrywiseColumns(entry, targetsOf(p)) : softmaxColumns;
  // Adding a multiple of 1/Delta to the bias changes no probability of a softmax: at its optimum there is none.
  const ell = size.map((k, i) => k / p.factor[i]);
  const ellLength = size.reduce((sum, k, i) => sum + k / p.factor[i] ** 2, 0);
  const mass = size.map((k, j) => k * p.weight[j] * p.count[j]);

  const at = (given: Float64Array, near: readonly ColumnStart[]): Place => {
    const bias = given.slice();
    if (hasBias && shiftFree) {
      const share = bias.reduce((sum, b, i) => sum + ell[i] * b, 0) / ellLength;
      for (let i = 0; i < J; i++) bias[i] -= share / p.factor[i];
    }
    const tau = new Float64Array(J);
    let f = 0;
    const columns = problems.map((base, j) => {
      const logit = base.logit.map((x, i) => x + base.factor[i] * bias[i === J ? j : i]);
      const here = { ...base, logit };
      const column = kind.solve(here, near[j], j === held);
      tau[j] = column.tau;
      const { value, length } = kind.lossOf(here, column);
      f += mass[j] * value + size[j] * s * Math.sqrt(p.count[j]) * length;
      return column;
    });
    if (hasBias) for (let i = 0; i < J; i++) f += 0.5 * p.biasRidge * size[i] * bias[i] ** 2;
    return { bias, tau, columns, f };
  };

  /** Newton's step for phi; mu: damping, a share of sum_j mass_j |change of the logits|^2. */
  const newton = ({ bias, columns }: Place, mu: number): { v: Float64Array; slope: number } => {
    const g = new Float64Array(J);
    const diagonal = new Float64Array(J);
    // Rows whose outer products come off the diagonal: one or two a column.
    const along = new Float64Array(2 * J * J);
    let total = 0;
    columns.forEach((column, j) => {
      const { copies, factor } = problems[j];
      const { R, out } = kind.response(problems[j], column);
      const row = (i: number): number => (i === J ? j : i);
      total += mass[j];
      const root = Math.sqrt(mass[j]);
      for (let i = 0; i <= J; i++) {
        if (copies[i] === 0) continue;
        const a = row(i);
        g[a] += mass[j] * copies[i] * factor[i] * column.y[i];
        diagonal[a] += mass[j] * copies[i] * factor[i] ** 2 * R[i];
        out.forEach((e, l) => {
          along[(2 * j + l) * J + a] += root * copies[i] * factor[i] * R[i] * e[i];
        });
      }
    });
    const H = new Float64Array(J * J);
    gramOfColumns(H, along, 2 * J, J);
    for (let e = 0; e < J * J; e++) H[e] = -H[e];
    for (let a = 0; a < J; a++) H[a * J + a] += diagonal[a];
    for (let a = 0; a < J; a++) {
      g[a] += p.biasRidge * size[a] * bias[a];
      H[a * J + a] += size[a] * (p.biasRidge + mu * total * p.factor[a] ** 2);
    }
    // The direction 1/Delta has no curvature but the ridge's: any will do, as no step goes there.
    let trace = 0;
    if (shiftFree) for (let a = 0; a < J; a++) trace += H[a * J + a];
    for (let a = 0; a < J; a++) for (let b = 0; b <= a; b++) H[a * J + b] += ((trace / J) * ell[a] * ell[b]) / ellLength / K;
    factorDefinite(H, J);
    const v = g.map((x) => -x);
    solveDefinite(H, J, v);
    let slope = 0;
    for (let a = 0; a < J; a++) slope -= g[a] * v[a];
    return { v, slope };
  };

  /** z = -tau Delta o y; of a softmax the y sum to 0. */
  const toBlocks = ({ bias, columns }: Place): BlockAnswer => {
    const other = new Float64Array(J * J);
    const own = new Float64Array(J);
    // The y keep their digits where those of z + b - q are lost; a softmax makes its own.
    const residuals = entry ? { other: new Float64Array(J * J), own: new Float64Array(J) } : undefined;
    columns.forEach(({ tau, y }, j) => {
      const { factor, copies } = problems[j];
      if (residuals) {
        for (let i = 0; i < J; i++) if (copies[i] > 0) residuals.other[i * J + j] = y[i];
        residuals.own[j] = y[J];
      }
      if (tau === 0) return;
      for (let i = 0; i < J; i++) if (copies[i] > 0) other[i * J + j] = -tau * factor[i] * y[i];
      own[j] = -tau * factor[J] * y[J];
    });
    return { other, own, bias: bias.slice(), residuals };
  };

  return { at, newton, toBlocks };
}
