/**
 * The numbers that the solver was given rather than derived: tolerances, limits, ratios, each with its reason. (Those of the proofs stand beside their error bounds, in the certificates, which share nothing with
 * what found the answer; those that follow from one formula's error stand beside it; the trust region's are of math/newton-cg.ts.) A change is judged by the certificate and by `bench/solver`.
 */

/** Differences of two objectives below so many units of the rounding of one say nothing: it is a sum of terms that are rounded one by one. There a smaller gradient decides. */
export const noiseUnits = 32;

/** Limit of rounds of descent and certificate: each gives a missing direction or more digits. Two thousand random problems of 3 to 42 classes took 3 at most. */
export const mostRounds = 40;

/** How far the descents on the factors go (solve.ts), as relative decrements of math/newton-cg.ts. */
export const efforts = {
  /** gap / objective is about decrement sqrt(J / objective), so 2 times the tolerance asked for suffices; ... */
  share: 2,
  /** ... where a step costs next to nothing, up to so many clusters, ... */
  cheap: 32,
  /** ... this share of it makes Z itself as accurate as the objective. */
  cheapShare: 0.02,
  /** No looser than this, whatever tolerance is asked for: far away the certificate has nothing to say. */
  loosest: 1e-2,
  /** A rough point already tells whether the rank suffices: asked first where there are more clusters than `fewest`. */
  rough: 1e-5,
  fewest: 8,
  /** Each further round of digits. */
  next: 1e-3,
  /** Below this a decrement cannot fall in float64. */
  least: 1e-17,
} as const;

/** A first approach from far away, one factor at a time (alternate.ts): rough, as the other moves next. */
export const approach = { tolerance: 1e-2, maxIterations: 30 } as const;

/** The preconditioner of the factors (preconditioner.ts, coupling.ts). */
export const preconditioning = {
  /**
   * How much of the cross term 2 <G, dA dB'> stays where only its diagonal is known. All of it would leave next to nothing of blocks that the rest of the Hessian holds up; and that is the loss, whose
   * probabilities are the smaller the more clusters there are. Products needed, at 0.6 and at 0.9 to 0.95: of 60 problems with 5 to 100 clusters 3351 and 4371; of four with 300 to 430, 597 and 391.
   */
  shareAlone: (J: number): number => Math.max(0.6, Math.min(0.95, 1 - 20 / J)),
  /** How much of it where what lies off the diagonal is known too (coupling.ts). At 0.95 and 0.98: 691 and 697 products of twelve problems with 130 to 260 clusters, 57 and 37 of LVIS (429). */
  shareTogether: (J: number): number => Math.max(0.95, 1 - 8 / J),
  /** From so many clusters on fewer products pay for the fit and its two factorizations. */
  leastCoupled: 24,
  /** How much of what G has off its diagonal may be left over by a b', relative: measured on 130 random problems, a looser fit costs more products than it saves in one of ten. */
  closeEnough: 0.05,
  /** Turns of the fit, each exact for one side. */
  turns: 6,
} as const;

/** When the certificate's |G|_2 / s asks for a new direction rather than for more digits (solve.ts, points-solve.ts): clearly above 1, by more than the point's own error. */
export const excesses = {
  /** At a rough point. */
  rough: 1e-3,
  /** At one as accurate as the tolerance asks. */
  fine: 1e-6,
  /** Singular values of G^2 above s^2 by this share: directions in the factors already sit at s up to the rounding of a Gram matrix. */
  rounding: 1e-11,
} as const;

/** Singular values of the core, and when its rank is in doubt (solve.ts, fixed-rank.ts). */
export const rankShares = {
  /** Below this share of the largest, and of s (the scale on which they leave 0), a direction of the factors has died out: beneath the accuracy of a Gram matrix of them. */
  died: 1e-12,
  /** The same of the core itself, whose singular values keep their digits. */
  zero: 1e-14,
  /** A column whose length falls by this share when others are taken out of it is in their span. */
  dependent: 1e-13,
  /** Within this share of s of where it leaves 0 more digits of the factors are dear, as a square goes to 0 there: polish.ts takes over. */
  leaving: 1e-2,
  /** A proved answer with a singular value below this share of s may have one too many: polish.ts looks. */
  doubtful: 1e-3,
  /** And one may be missing where |G|_2 exceeds s by this share. */
  missing: 1e-9,
} as const;

/** Shares of the settled point (start.ts) that polish.ts tries: from all of it to where the penalty holds back most. */
export const settledShares = [1, 0.5, 0.2] as const;

/** Of a loss whose residuals are as small as the last digits of a logit this relative gap is what they can prove. */
export const lastDigits = 1e-7;

/** More clusters than this cost more in polish.ts than the digits are worth: blocks of J^3 numbers each. */
export const mostPolished = 128;

/** The same for a loss whose predictions have a finite limit (label smoothing, square loss): there the core is where the solve begins, in fewer steps. */
export const mostPolishedSettled: number = 2 * mostPolished;

/** Newton's method on the core among those of one rank (polish.ts). */
export const polishing = {
  /**
   * Down to which relative decrement a rank is worth solving for before G is asked for a direction that exceeds s by more than a share of `beyond`: a large
   * excess shows early. What is below 1e-11 is rounding.
   */
  stages: [
    { decrement: 3e-3, beyond: 1e-2 },
    { decrement: 1e-8, beyond: 1e-7 },
    { decrement: 0, beyond: 1e-11 },
  ],
  /** How often a rank may lose a direction without the objective telling that it should: then it only goes where the objective falls. */
  doubts: 4,
  /** Rounds: every direction comes and goes a few times at most. */
  rounds: (J: number): number => 4 * J + 20,
  /** Newton steps at one rank; a thousand random problems took 17 at most. */
  steps: 100,
  /** A decrement that has not halved below this has reached rounding. */
  atRounding: 1e-9,
  /** Forcing of CG: as accurate as the step deserves, within these. */
  forcing: { least: 1e-3, most: 0.1 },
  /** CG steps of one Newton step: where they do not suffice the next one goes on, from a nearer point. */
  cgSteps: 400,
  /** Of the way to where a singular value would be 0, a step goes this share. */
  room: 0.8,
  /** At the end of the digits a step counts if it takes the gradient below this share. */
  gradientFalls: 0.9,
  /** A step shorter than this share of the room asks for more damping. */
  short: 0.2,
  /** The share of the nuclear norm's curvature that is firm: where it begins, its growth, its decay and below which it is none. */
  firm: { first: 0.01, more: 10, less: 0.3, none: 1e-3 },
  /** A new direction's length is cut tenfold until the objective does not rise; below this share it would be lost in the noise. */
  leastShare: 1e-12,
} as const;

/** Damping in the manner of Levenberg and Marquardt (polish.ts, nonnegative.ts), a share of the curvature of the masses. */
export const damping = {
  /** The first, where an undamped step does not lower the objective. */
  first: 1e-3,
  more: 10,
  less: 0.1,
  /** Below this it is dropped, so that Newton's method ends quadratically. */
  none: 1e-5,
  /** From 1/2 on the sum bounds the loss from above: where a thousand does not help, nothing will. */
  most: 1e3,
  /** After a step that had to be cut short. */
  cut: { least: 1e-4, more: 4 },
} as const;

/** Steps are cut until they lower the objective (polish.ts, nonnegative.ts); where so many cuts do not help, damping does. */
export const lineSearch = { trials: 4, shorter: 0.3, share: 0.1 } as const;

/** Newton's method on the bias (nonnegative.ts). */
export const biasNewton = {
  /** Steps; a thousand random problems took fewer than 20. */
  steps: 200,
  /**
   * Longest step. Without a penalty and for small s, phi is all but linear while no class comes to life or dies, and Newton's step can be
   * longer than any bias by as much as s is small.
   */
  reach: 4,
  /** At the end of the digits a step counts if it takes the square of the gradient below this share. */
  gradientFalls: 0.5,
  /** Where no more than such a relative gap is asked for, it ends at a decrement of this share of it: the gap is a few times the decrement at most, and where it is not the rest of the steps follow. */
  loose: { from: 3e-5, share: 0.3 },
} as const;

/** The columns of nonnegative features (nonnegative-newton.ts, nonnegative-roots.ts, entrywise-column.ts). */
export const columnRoots = {
  /** Newton steps of the fast way, which ends quadratically or is given up: the other way is safe (nonnegative-roots.ts). */
  newtonSteps: 20,
  /** The fast way has ended at a step this small; or below `slow`, where steps no longer fall tenfold. */
  newtonEnds: 1e-15,
  slow: 1e-9,
  slowFall: 0.1,
  /** Longest steps of log tau and of nu, so that no exponential overflows. */
  longest: { theta: 2, nu: 20 },
  /** Steps of a bracketed root, each of which halves the bracket at least: float64 has no more to halve. */
  rootSteps: 200,
  /** Longest step of its log tau, until both ends of the bracket are known. */
  rootReach: 4,
  /** Steps of one entry of a column, whose methods climb to the root from one side; their ends come from what a step leaves, and stand there. */
  entrySteps: 60,
  /** Such a root has ended where it moves by this share: two units of rounding. */
  rootEnds: 4e-16,
} as const;

/** Very many counts in bins (binned.ts). */
export const binning = {
  /** Seen on long tails: the gap is about h^2 / 100 for bins of relative width h. Begun a little finer. */
  widthOfGap: 80,
  /** The problem of the bins is solved to this share of the tolerance, which leaves the rest to the bins. */
  share: 0.03,
  /** The next width, by the gap that was seen: a little finer than it asks for, within these shares of the last. */
  next: { share: 0.9, least: 0.1, most: 0.7 },
} as const;

/** The branch of one rank (restricted.ts): where its singular value passes through 0 is asked to nine digits. */
export const restrictedEffort = 1e-11;

/** Factors of a nearby answer (nearby.ts) keep what is above this share of the largest eigenvalue of a Gram matrix, a millionth of the direction: such a matrix tells no more. */
export const nearbyShare = 1e-12;

/** Efforts of the problem of points (points-solve.ts), as `efforts`. */
export const pointEfforts = {
  /** gap / objective is about decrement sqrt(rank / objective): a tenth of the tolerance leaves room. */
  share: 0.1,
  /** The bias alone, before there is a direction: it is only where the first directions are asked for. */
  bias: 1e-6,
  /** Where a step costs next to nothing, up to so many logits, some more steps make M itself as accurate as the objective. */
  cheap: 10_000,
  moreSteps: 20,
  /** Each further round, from a rough point and from one as accurate as was asked. */
  roughFall: 0.1,
  next: 1e-2,
} as const;

/** A first approach where ranks are large (points-grow.ts). */
export const growing = {
  /** Efforts of the descents, and how often after one of them the gradient is asked for more directions, which takes the time of many products. */
  stages: [
    { effort: 1e-1, widenings: 3 },
    { effort: 1e-2, widenings: 1 },
    { effort: 3e-3, widenings: 0 },
    { effort: 1e-3, widenings: 0 },
  ],
  /** After them: the nearer residuals prove about 5e-7 there. */
  lastEffort: 3e-4,
  /** Share of the directions at M = 0 that come first. */
  firstShare: 0.15,
  /** Fewer directions than this are taken all at once, by the usual way. */
  fewDirections: 48,
  /** Directions are dropped whose singular value is this share, times the effort, of the largest: as many as the effort cannot tell from 0. */
  dropShare: 0.3,
} as const;

/** Points a block of products: what of them is in memory at a time beside the points. */
export const pointBlock = 512;

/** Where the factors of points begin (points-start.ts). */
export const pointStart = {
  /** Up to this many numbers in the smaller direction of M the settled start is looked for: it takes an SVD by rotations. */
  mostSettled: 200,
  /** It is taken where its penalty is at most this share of its value: the optimum is near it then. */
  settledShare: 0.1,
  /** Singular values below this share of the largest are rounding. */
  zero: 1e-13,
  /** The loss along a new direction bends at least by this share of its force: its length is finite. */
  leastCurvature: 1e-12,
} as const;

/** Searches among local minima, of features of few dimensions and of layer normalization (fixed-dimension.ts, layer-norm*.ts, exchanges.ts). */
export const searching = {
  /** Looks of one descent, at most. */
  looks: 5000,
  /** It ends where the gradient is this share of the penalty's at the size of the factors (a weight of 1): objectives are then right to a share of 1e-10 or so. */
  gradientShare: 1e-6,
  /** Of the descent that is kept, as far as rounding lets it: features of few dimensions, layer normalization and its looks. */
  gradientShareOfBest: { dimension: 1e-10, layerNorm: 1e-9 },
  looksOfBest: 1000,
  /** Standard deviation of the logits at a random start: classes begin apart, whatever the strength. */
  startingLogits: 4,
  /** Descents, where nothing else is said. */
  starts: 16,
  /** Two objectives this near, relative to the smaller, are one. */
  found: 1e-6,
  /** Exchanges that are tried, at most: of classes that all differ, all pairs of 24. */
  exchanges: 300,
  /** An exchange counts where it leads lower by this share: more than two descents to one minimum differ by. */
  lower: 1e-9,
  /** Stationary points of a part of the directions are saddles: this share of every direction leads off them. */
  offSaddle: 1e-2,
  /**
   * Layer normalization: up to this many classes every second start has all channels: with unequal counts those find the better pairs, where few channels find the better codes of many
   * classes.
   */
  fewClasses: 14,
  /** The own logit of a built start of layer normalization, in the middle of what is usual: 0 at complete collapse, 10 at small decay. */
  ownLogit: 3,
  /** From this many times Lambda on a bias's decay is so much stiffer than all else that descents of layer normalization need the bias in other units. */
  stiffBias: 1e4,
  /** Start directions that repel each other: steps, their length, and how fast exp(steep (u'v - 1)) forgets those that are far. */
  repelling: { steps: 100, step: 0.3, steep: 8 },
} as const;

/** Descent on the factored problem (descent.ts): a way to see what descent does, not to solve. */
export const descending = {
  /** Standard deviation of a start, in the variables in which all penalties have curvature 1: small beside any optimum of interest. */
  scale: 0.1,
  /** Ends where the projected gradient is this share of its first value. */
  tolerance: 1e-9,
  steps: 100_000,
  firstStep: 1e-2,
  /**
   * The penalties have curvature 1 in the variables used, so a step of 1 along them leads straight to 0, which is a saddle point: half of that is the
   * longest allowed, so that it is the landscape that decides and not a leap.
   */
  longest: 0.5,
  /** Armijo's rule: the objective falls by this share of what the slope promises; a step is halved so often at most. */
  share: 1e-4,
  halvings: 60,
  /** A class is dead where its prediction is below this share of the largest logit, or of 1. */
  dead: 1e-6,
} as const;
