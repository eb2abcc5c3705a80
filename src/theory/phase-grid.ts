import { inputError } from "../errors.ts";
import type { Convention } from "../problem/index.ts";
import { nonnegativePhase } from "./nonnegative-phase.ts";
import { type Phase, phase } from "./phase.ts";

/**
 * The phase diagram of two clusters over any two of its parameters (paper Figure 2 and section 4.3): every cell is classified by closed form
 * comparisons and one sign (phase.ts), so a million cells cost about a second.
 */
export const phaseParameters = ["lambdaZ", "ratio", "nB", "lambdaB", "kA"] as const;
/** One of `phaseParameters`. */
export type PhaseParameter = (typeof phaseParameters)[number];

/** A point of the diagram's space: k_A, k_B whole and >= 2, n_A = ratio n_B (need not be whole), ratio >= 1, lambdaB Infinity for no bias, 0 for one without penalty. */
export type PhasePoint = Record<PhaseParameter | "kB", number>;

/** One axis of the diagram. */
export interface PhaseAxis {
  /** What runs along it. */
  parameter: PhaseParameter;
  /** Its values, in the order wanted. */
  values: readonly number[];
}

/** What to draw: two axes, everything else fixed. */
export interface PhaseGridInput {
  /** The parameter within a row. */
  x: PhaseAxis;
  /** The parameter from row to row; another one than that of x. */
  y: PhaseAxis;
  /** Everything that is not on an axis; what is on one is overridden. */
  fixed: PhasePoint;
  /**
   * Weight decay in place of lambdaZ (theory, section 9): what stands at `lambdaZ` is then the decay X, and lambda_Z = sqrt(X Y/(J N)), Y the decay of the
   * normalization (`norm`, default X). `bias`: decay of the head's bias, default X; `fixed.lambdaB` is not looked at.
   */
  weightDecay?: { branches: number; norm?: number; bias?: number };
  /** How lambdaZ and lambdaB are meant (problem/regularization.ts); default paper. */
  convention?: Convention;
  /** Nonnegative features: the letters a, c, d of nonnegative-phase.ts. */
  nonnegative?: boolean;
}

/** One string a value of y, one letter (a, b, c, d) a value of x. Throws InputError naming the parameter. */
export function phaseGrid(input: PhaseGridInput): string[] {
  const letter = letterAt(input);
  return input.y.values.map((v) => input.x.values.map((u) => letter(u, v)).join(""));
}

/** The letter at a value of x and one of y. Throws InputError naming the parameter where an axis or a fixed value is none. */
export function letterAt({
  x,
  y,
  fixed,
  weightDecay,
  convention = "paper",
  nonnegative = false,
}: PhaseGridInput): (u: number, v: number) => Phase {
  if (x.parameter === y.parameter) throw inputError("axes", "two different parameters", `${x.parameter} twice`);
  for (const name of [...phaseParameters, "kB"] as const) {
    const axis = [x, y].find((a) => a.parameter === name);
    for (const value of axis ? axis.values : [fixed[name]]) checkPhaseParameter(name, value);
  }
  const letter = nonnegative ? nonnegativePhase : phase;
  const half = convention === "no-half" ? 2 : 1;
  const at: PhasePoint = { ...fixed };
  return (u, v) => {
    at[x.parameter] = u;
    at[y.parameter] = v;
    const { kA, kB, nB } = at;
    const nA = at.ratio * nB;
    const N = kA * nA + kB * nB;
    if (weightDecay) {
      const { branches, norm = at.lambdaZ, bias = at.lambdaZ } = weightDecay;
      return letter({ kA, kB, nA, nB, lambdaZ: Math.sqrt((at.lambdaZ * norm) / (branches * N)), lambdaB: bias });
    }
    const lambdaZ = (at.lambdaZ * half) / (convention === "mean" ? Math.sqrt(N) : 1);
    return letter({ kA, kB, nA, nB, lambdaZ, lambdaB: at.lambdaB * half });
  };
}

/** `what`: the name to use in the message. */
export function checkPhaseParameter(name: PhaseParameter | "kB", value: number, what: string = name): void {
  const rules: Record<typeof name, [boolean, string]> = {
    lambdaZ: [value > 0 && value < Number.POSITIVE_INFINITY, "a positive finite number"],
    lambdaB: [value >= 0, "a number of at least 0, or inf"],
    ratio: [value >= 1 && value < Number.POSITIVE_INFINITY, "a finite number of at least 1 (n_A / n_B)"],
    nB: [value >= 1 && value < Number.POSITIVE_INFINITY, "a finite number of at least 1"],
    kA: [Number.isSafeInteger(value) && value >= 2, "a whole number of at least 2 (the closed forms are for clusters)"],
    kB: [Number.isSafeInteger(value) && value >= 2, "a whole number of at least 2 (the closed forms are for clusters)"],
  };
  const [valid, rule] = rules[name];
  if (!valid) throw inputError(what, rule, value);
}
