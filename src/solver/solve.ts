/**
 * Solves (UFM) for any counts, with a certificate:
 *
 *   min over Z (K x K), b:  (1/N) sum_k n_k w_k CE(z_k + b, k) + lambda_Z |Z D^(1/2)|_* + (lambda_b/2)|b|^2
 *
 * reduce to clusters -> approach one factor at a time -> descend on both (trust-region Newton-CG) -> certify -> while the certificate fails, leave along the singular
 * pairs of the gradient that still descend -> where digits are missing or the rank is in doubt, Newton's method on the core itself (polish.ts), which is also
 * where label smoothing begins. Not reaching the tolerance is a status, not an exception: the best point and its true gap are returned.
 *
 * @module
 */
import { minimize, type NewtonRow, type NewtonStop, type Precision } from "../math/index.ts";
import { type Problem, usualTolerance } from "../problem/index.ts";
import { alternate } from "./alternate.ts";
import { balance, toBlocks } from "./balance.ts";
import { type Certificate, certify } from "./certificate.ts";
import type { BlockAnswer } from "./columns.ts";
import {
  efforts,
  excesses,
  lastDigits,
  mostPolished,
  mostPolishedSettled,
  mostRounds,
  rankShares,
  settledShares,
} from "./constants.ts";
import { factored } from "./factored.ts";
import { newDirections } from "./new-directions.ts";
import { missing, polish } from "./polish.ts";
import { directions, type Reduced, type ReducedPoint, reduce } from "./reduced.ts";
import { settledStart, start } from "./start.ts";
import type { Trace } from "./trace.ts";

/** What is asked of a solve, and where it begins. */
export interface SolveOptions {
  /** Relative duality gap asked for (default 1e-10). */
  tolerance?: number;
  /** Warm start: the point of a nearby problem with the same clusters. */
  from?: ReducedPoint;
  /** Limit of rounds of descent and certificate (default 40). */
  maxRounds?: number;
  /** Whether the gap is all that counts (default false): a direction beneath the tolerance may then be one too many or missing. */
  gapOnly?: boolean;
  /** Is told every Newton step and every proof while the solve goes on. */
  trace?: Trace;
}

/** The best point found, with its proof. */
export interface Solution {
  /** The reduced problem it solves. */
  reduced: Reduced;
  /** The point, for warm starts. */
  point: ReducedPoint;
  /** Z and b by blocks. */
  answer: BlockAnswer;
  /** Its proof. */
  certificate: Certificate;
  /** That of the certificate. */
  relativeGap: number;
  /** Singular values of the core M, descending, `point.rank` of them. */
  coreSingularValues: Float64Array;
  /** certified: the relative gap is within the tolerance. */
  status: "certified" | "inaccurate";
  /** Why Newton's method stopped at this point; "limit" also where the rounds of descent and certificate came to their limit. */
  stopped: NewtonStop;
  /** Newton steps. */
  iterations: number;
  /** Hessian-vector products. */
  products: number;
}

/** Solves (UFM) for free features. Never throws for lack of accuracy: read `status` and `relativeGap`. */
export function solve(problem: Problem, options: SolveOptions = {}): Solution {
  const reduced = reduce(problem);
  const mayPolish = reduced.J <= mostPolished;
  const search = searchIn(problem, reduced, options);
  // Label smoothing holds every probability away from 0, and a square is bent everywhere: there the loss can be so much stiffer than s that the balance of the factors is a long curved
  // valley (fixed-rank.ts), while the core's own optimum is finite and near a closed form.
  if (reduced.loss.settled(reduced) && reduced.J <= mostPolishedSettled) {
    const settled = settledShares.flatMap((share) => settledStart(reduced, share) ?? []);
    const from = options.from ? [options.from] : [start(reduced), ...settled];
    const found = search.polished(...from);
    // Residuals as small as the last digits of a logit say no more.
    if (found.status === "certified" || (reduced.loss.entry && found.relativeGap < lastDigits)) return search.best();
  }
  const before = descend(search, reduced, options, mayPolish);
  let found = before;
  if (mayPolish && (options.gapOnly ? before.status !== "certified" : inDoubt(before))) {
    const after = search.polished(before.point);
    // Where both are proved, the polished point is the one whose rank rests on the conditions of optimality.
    if (after.status === "certified" || after.relativeGap < before.relativeGap) found = after;
  }
  return { ...found, iterations: search.iterations, products: search.products };
}

/** What has been found, and how much was spent on it. */
interface Search {
  iterations: number;
  products: number;
  /** Certifies a point and keeps it if it is the best so far. */
  consider(
    point: ReducedPoint,
    coreSingularValues: Float64Array,
    stopped: NewtonStop,
    residuals?: BlockAnswer["residuals"],
  ): Solution;
  /** Newton's method on the core itself, from the best of the points given. */
  polished(...from: readonly ReducedPoint[]): Solution;
  /** The point with the least gap of all that were considered, of which there must be one. */
  best(): Solution;
}

function searchIn(problem: Problem, reduced: Reduced, { tolerance = usualTolerance, trace }: SolveOptions): Search {
  let best: Solution | undefined;
  const search: Search = {
    iterations: 0,
    products: 0,
    best: () => best as Solution,
    consider(point, coreSingularValues, stopped, residuals) {
      const { iterations, products } = search;
      const answer = { ...toBlocks(reduced, point), residuals };
      const certificate = certify(problem, answer, { tolerance });
      const { relativeGap, objective } = certificate;
      const status = certificate.certified ? "certified" : "inaccurate";
      const proved = { certificate, relativeGap, status } as const;
      const found = { reduced, point, answer, coreSingularValues, stopped, iterations, products, ...proved };
      const noStep = { decrement: null, radius: null, damping: null };
      trace?.({ stage: "proof", iteration: iterations, objective, relativeGap, rank: point.rank, ...noStep, products });
      if (!best || relativeGap < best.relativeGap) best = found;
      return found;
    },
    polished(...from) {
      const { iterations, products } = search;
      const found = polish(
        reduced,
        from,
        trace && ((row) => trace({ ...row, iteration: iterations + row.iteration, products: products + row.products })),
      );
      search.iterations += found.iterations;
      search.products += found.products;
      const plain = search.consider(found.point, found.singularValues, found.stopped);
      if (!found.residuals || plain.status === "certified") return plain;
      const judged = search.consider(found.point, found.singularValues, found.stopped, found.residuals);
      return judged.relativeGap < plain.relativeGap ? judged : plain;
    },
  };
  return search;
}

/** Rounds of descent on the factors, certificate and new directions; the best of what was considered. `mayPolish`: digits that are dear here are left to the core. */
function descend(search: Search, reduced: Reduced, options: SolveOptions, mayPolish: boolean): Solution {
  const { tolerance = usualTolerance, maxRounds = mostRounds, trace } = options;
  const onFactors = (rank: number) => {
    const { iterations, products } = search;
    return ({ iteration, f, decrement, radius, products: more }: NewtonRow): void =>
      trace?.({
        stage: "factors",
        iteration: iterations + iteration,
        objective: f / reduced.N,
        decrement: decrement / Math.sqrt(Math.abs(f)),
        relativeGap: null,
        rank,
        radius,
        damping: null,
        products: products + more,
      });
  };
  let point = options.from ?? start(reduced);
  // What the gap asks of the gradient: gap / objective is at most about decrement sqrt(J / objective). Where a step costs next to nothing, one
  // more makes Z itself as accurate as the objective.
  const care = reduced.J <= efforts.cheap ? efforts.cheapShare : efforts.share;
  const target = Math.min(efforts.loosest, care * tolerance) / Math.sqrt(reduced.J);
  // A rough point already tells whether the rank suffices: worth asking first where digits are dear.
  let asked = reduced.J <= efforts.fewest ? target : Math.max(target, efforts.rough);
  // Steps are directions: their products may be rough where they are what the time goes into. Gradient, values and certificate are not.
  let precision: Precision = mayPolish ? "double" : "single";
  let round = 0;
  for (; round < maxRounds; round++) {
    const model = factored(reduced, point.rank, precision);
    let x = model.pack(point);
    if (round === 0 && !options.from && point.rank > 0) {
      const first = alternate(model, x, reduced.J * point.rank);
      x = first.x;
      search.iterations += first.iterations;
      search.products += first.products;
    }
    const result = minimize(model.at, x, { tolerance: asked, trace: trace && onFactors(point.rank) });
    search.iterations += result.iterations;
    search.products += result.products;
    const balanced = balance(reduced, model.unpack(result.x));
    point = balanced.point;
    const { status, certificate } = search.consider(point, balanced.singularValues, result.stopped);
    if (result.status === "stalled" && precision === "single") {
      precision = "double";
      continue;
    }
    const rough = asked > target;
    if (!rough && (status === "certified" || (mayPolish && result.status === "stalled"))) break;
    // Beside a change of the rank more digits of the factors are dear: a square goes to 0 there.
    if (
      mayPolish &&
      certificate.spectralRatio < 1 + excesses.rough &&
      least(balanced.singularValues) < rankShares.leaving * reduced.s
    )
      break;
    // A gradient clearly above s asks for a new direction; one barely above it, for more digits of the point at hand.
    // A point that has all directions that there are only lacks digits.
    const enough = certificate.spectralRatio < 1 + (rough ? excesses.rough : excesses.fine) && result.status !== "stalled";
    const next = enough || (rough && point.rank >= directions(reduced)) ? null : newDirections(reduced, point);
    if (next) point = next;
    else if (asked <= efforts.least || (mayPolish && asked < target)) break;
    if (rough) asked = target;
    else if (!next) asked *= efforts.next;
  }
  const found = search.best();
  return round === maxRounds && found.status !== "certified" ? { ...found, stopped: "limit" } : found;
}

/**
 * Not proved, a direction missing by less than the gap shows, or one there that may be on its way out: 1e-5 from where it leaves 0 its singular value is
 * 1e-5 s and more, and that of G exceeded s by as much without it.
 */
function inDoubt({ status, certificate, coreSingularValues, reduced, point }: Solution): boolean {
  if (status !== "certified" || least(coreSingularValues) < rankShares.doubtful * reduced.s) return true;
  return certificate.spectralRatio > 1 + rankShares.missing && missing(reduced, point) > rankShares.missing;
}

const least = (descending: Float64Array): number => descending[descending.length - 1] ?? Number.POSITIVE_INFINITY;
