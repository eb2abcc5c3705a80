/**
 * Learning rate and regularization by epoch, as functions of the share of training done.
 *
 *   paper-4.3  learning rate 0.1 for the first third, 0.01 for the second, 0.001 for the last; lambda_W and lambda_H ten times smaller
 *              for the first sixth, so that features and head do not vanish before they have learned anything
 *   paper-4.1  learning rate 0.1 for the first sixth, 0.01 for the second, 0.001 for the rest
 *   cosine     learning rate 0.1, falling to 0 along half a cosine; cosine-high the same from 0.3. Faster to the terminal phase than the paper's steps, whose last
 *              two thirds at 0.001 move a small network hardly at all (docs/figures.md has the numbers); 0.3 is too much for linear features
 *   stable-decay  learning rate 0.1 for two thirds, then to 0 along half a cosine; lambda_W and lambda_H as in paper-4.3. How far classes beyond their
 *              threshold have merged goes with the sum of the rates at full penalties, which is 3.3 times that of paper-4.3 in as many epochs
 *   decay-ramp  learning rate 0.1 for two thirds, then to 0 along half a cosine; lambda_W and lambda_H (or the decay in their place) grow in proportion to the
 *              epochs over the first 40 %. For networks that weight decay alone regularizes: features are learned before they are pressed together
 *   decay-peak  learning rate as in decay-ramp; the decays grow to `peak` times their own over the first 30 %, stay there to 60 %, and fall to their own, geometrically, until 85 %. For
 *              layer normalization, whose local minima keep the directions that a training begins with: where the decay is strong only few directions are stable (docs/weight-decay.md)
 *   learn-first  learning rate 0.1 along half a cosine to 0 over 40 % with lambda_W and lambda_H at 3 % of their own; then 0.1 again, held to 70 %, and to 0 along half a
 *              cosine, while they grow to their own by equal factors until 60 %. For networks that take many epochs to tell the images of rare classes apart: near its
 *              threshold a class whose features are pressed together before that does not come back (docs/figures.md has the numbers)
 *
 * @module
 */
import { inputError } from "../errors.ts";

/** Names of the schedules. */
export const schedules = [
  "paper-4.3",
  "paper-4.1",
  "cosine",
  "cosine-high",
  "stable-decay",
  "decay-ramp",
  "decay-peak",
  "learn-first",
] as const;
/** One of `schedules`. */
export type ScheduleName = (typeof schedules)[number];

/** What holds during one epoch. */
export interface Rates {
  /** Of stochastic gradient descent. */
  learningRate: number;
  /** Factor on lambda_W and lambda_H. */
  regularization: number;
}

/** The share of the learning rate that step `step` of all (from 0) takes where the first `steps` are a warmup: 1/steps, 2/steps, ... 1. */
export function warmupShare(step: number, steps: number): number {
  return step + 1 < steps ? (step + 1) / steps : 1;
}

/** The height of `decay-peak` where none is given. */
export const usualPeak = 20;

/** The rates of epoch `epoch` (counted from 0) of `epochs`. Compared in whole numbers: no boundary moves by rounding. `peak`: of `decay-peak`. */
export function ratesAt(schedule: ScheduleName, epoch: number, epochs: number, peak: number = usualPeak): Rates {
  const before = (numerator: number, denominator: number): boolean => denominator * epoch < numerator * epochs;
  if (schedule === "paper-4.3")
    return { learningRate: before(1, 3) ? 0.1 : before(2, 3) ? 0.01 : 0.001, regularization: before(1, 6) ? 0.1 : 1 };
  if (schedule === "paper-4.1") return { learningRate: before(1, 6) ? 0.1 : before(1, 3) ? 0.01 : 0.001, regularization: 1 };
  if (schedule === "cosine" || schedule === "cosine-high") {
    const peak = schedule === "cosine" ? 0.1 : 0.3;
    return { learningRate: (peak / 2) * (1 + Math.cos((Math.PI * epoch) / epochs)), regularization: 1 };
  }
  if (schedule === "learn-first") {
    const share = epoch / epochs;
    const fallen = before(2, 5) ? share / 0.4 : before(7, 10) ? 0 : (share - 0.7) / 0.3;
    const grown = before(2, 5) ? 0 : before(3, 5) ? (share - 0.4) / 0.2 : 1;
    return { learningRate: 0.05 * (1 + Math.cos(Math.PI * fallen)), regularization: 0.03 ** (1 - grown) };
  }
  if (schedule === "stable-decay" || schedule === "decay-ramp" || schedule === "decay-peak") {
    const decayed = before(2, 3) ? 0 : (3 * epoch) / epochs - 2;
    const done = (epoch + 1) / epochs;
    const regularization = {
      "stable-decay": before(1, 6) ? 0.1 : 1,
      "decay-ramp": Math.min(1, (5 * (epoch + 1)) / (2 * epochs)),
      "decay-peak": peak * Math.min(1, done / 0.3) * peak ** -Math.min(1, Math.max(0, (done - 0.6) / 0.25)),
    }[schedule];
    return { learningRate: 0.05 * (1 + Math.cos(Math.PI * decayed)), regularization };
  }
  throw inputError("schedule", schedules.join(" or "), schedule);
}
