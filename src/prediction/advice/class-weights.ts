import { maximum, minimum } from "../../extremes.ts";
import { format, formatAtMost } from "../../number-text.ts";
import { problem } from "../../problem/index.ts";
import type { AnswerOptions } from "../answer.ts";
import { type OwnMargin, ownMargins } from "../classes.ts";
import { type Remedy, remedyOf } from "./remedy.ts";
import {
  concluded,
  leading,
  leastMargin,
  type Probe,
  probe,
  type Situation,
  searching,
  several,
  type Trial,
} from "./situation.ts";
import { spread } from "./spread.ts";
import { averageOne, torchWeights } from "./torch.ts";
import { bestPower, rawPower } from "./weights.ts";

/** Rounds of the way up, of the way up from the best power of the counts, and of the way back. */
const roundsUp = 150;
const roundsFromPower = 50;
const roundsBack = 30;
/** Largest step of a weight's logarithm on the way up, and first step on the way back. */
const stepUp = 0.1;
const stepBack = 0.05;
/** How often weights that were found are raised again on the counts as they are, and the largest step. */
const mostRaises = 30;
const stepThere = 0.03;
/** How much more than the margin the search aims at, and how near it comes. */
const aim = 1e-3;

/**
 * The least weights, class by class: each class that has more than its present one (before all are scaled to average 1) has the margin and little more.
 * First every class that lacks the margin is raised in small steps until none lacks it: raising one weight lowers the margins of the others, and a margin rises
 * steeply where a class comes up from 0. Then what is too much is taken back, each class by a step of its own that is halved whenever its
 * direction turns; the least weights seen that give every class the margin are kept.
 */
export function weightPerClass(situation: Situation): Remedy {
  const { now, rough, margin } = situation;
  const look = weighing(situation, rough, situation.near, { tolerance: searching, leads: true });
  const present = rough.map((_, k) => now.weights?.[k] ?? 1);
  const fromPresent = raised(situation, look, { raw: present, rounds: roundsUp });
  const up = fromPresent.least >= margin ? fromPresent : stronger(fromPresent, raisedFromPower(situation, look));
  const back = up.least >= margin ? takenBack(situation, look, up) : up;
  const { raw, trial: final } = asItIs(situation, back);
  if (final.least < margin) return noneFound(situation, final);
  const weights = final.problem.weights ?? now.counts.map(() => 1);
  const above = raw.filter((r, k) => r > (now.weights?.[k] ?? 1) * (1 + 1e-9)).length;
  return remedyOf(situation, "weight-per-class", final, {
    feasible: true,
    reason: `${several(above)} weighted above the others, by up to ${format(maximum(raw) / minimum(raw))} times; as printed the weights average to 1 over the samples`,
    perClass: [...weights],
    torch: torchWeights(final.problem),
  });
}

/** From the weights of the best power, which are weights class by class too. */
function raisedFromPower(situation: Situation, look: Weighing): Weighed {
  const { at } = bestPower(situation);
  return raised(situation, look, { raw: rawPower(situation.now, at, situation.rough), rounds: roundsFromPower });
}

/** The best weights that were found, where none give every class the margin: those of the best power are among them, solved as they are. */
function noneFound(situation: Situation, final: Trial): Remedy {
  const { now } = situation;
  const power = bestPower(situation);
  const best = stronger(final, power.trial);
  const weights = best.problem.weights ?? now.counts.map(() => 1);
  const ofPower = best === power.trial ? `, those of the best power of the counts, p = ${format(power.at)}` : "";
  return remedyOf(situation, "weight-per-class", best, {
    feasible: false,
    reason: `no weights were found that give every class the margin: the largest margin of the weakest class that was found is ${formatAtMost(best.least)}, with weights from ${format(minimum(weights))} to ${format(maximum(weights))}${ofPower} (raised class by class in up to ${roundsUp} rounds from the present ones, and in ${roundsFromPower} from those of the best power of the counts)`,
    perClass: [...(now.weights ?? now.counts.map(() => 1))],
  });
}

/** The one that leaves the weakest class more; the first where they are alike. */
const stronger = <T extends { least: number }>(a: T, b: T): T => (b.least > a.least ? b : a);

/** Weights (before they are scaled to average 1), solved: the margins, and the answer for the next to start from. */
interface Weighed {
  raw: readonly number[];
  margins: OwnMargin[];
  least: number;
  found: Probe["found"];
}

type Weighing = (raw: readonly number[]) => Weighed;

/** Solves with weights, each time from the answer before. */
function weighing({ input }: Situation, counts: readonly number[], start: Probe["found"], options: AnswerOptions): Weighing {
  let near = start;
  return (raw) => {
    const weighted = problem({ ...input, counts, weights: averageOne(raw, counts) });
    const { found, outline } = probe(weighted, { ...options, near });
    near = found;
    const margins = ownMargins(outline);
    return { raw, margins, least: leastMargin(margins), found };
  };
}

/** What a class lacks of the margin and a little more: at most 0 where it lacks nothing. */
function lacking({ own, margin: has }: OwnMargin, margin: number): number {
  return own ? margin * (1 + aim) - has : Math.max(margin, margin - has);
}

/** The way up: the first weights that give every class the margin; where none do, the best on the way. */
function raised(
  { margin, progress }: Situation,
  look: Weighing,
  { raw: start, rounds }: { raw: readonly number[]; rounds: number },
): Weighed {
  let at = look(start);
  let best = at;
  for (let round = 0; round < rounds && at.least < margin; round++) {
    progress(`weight-per-class: raising, round ${round + 1} of at most ${rounds}`);
    const { raw, margins } = at;
    const lacks = margins.map((m) => Math.max(0, lacking(m, margin)));
    // Raising all alike changes nothing: where every class lacks something, what all lack is left out.
    const all = minimum(lacks);
    at = look(raw.map((r, k) => r * Math.exp(Math.min(stepUp, lacks[k] - all))));
    best = stronger(best, at);
  }
  return best;
}

/** The way back; the least that give every class the margin. */
function takenBack({ margin, now, progress }: Situation, look: Weighing, up: Weighed): Weighed {
  const floor = (k: number): number => now.weights?.[k] ?? 1;
  const step = up.raw.map(() => stepBack);
  const way = up.raw.map(() => 1);
  let at = up;
  let best = up;
  for (let round = 0; round < roundsBack; round++) {
    progress(`weight-per-class: taking back, round ${round + 1} of ${roundsBack}`);
    const { raw, margins } = at;
    at = look(
      raw.map((r, k) => {
        const lacks = lacking(margins[k], margin);
        const direction = lacks > 0 ? 1 : r > floor(k) ? -1 : 0;
        if (direction === 0) return r;
        if (direction !== way[k]) step[k] *= 0.5;
        way[k] = direction;
        return Math.max(floor(k), r * Math.exp(direction * Math.min(step[k], Math.abs(lacks))));
      }),
    );
    if (at.least >= margin && sum(at.raw) < sum(best.raw)) best = at;
  }
  return best;
}

/** With the counts as they are, to the tolerance: what rounded counts and the search's tolerance left out is made up for, as far as the search had come. */
function asItIs(situation: Situation, { raw: searched, found, least }: Weighed): { raw: readonly number[]; trial: Trial } {
  const { margin, now, rough, tolerance, input, progress } = situation;
  const isRough = rough !== now.counts;
  let raw = isRough ? spread(now, rough, searched) : searched;
  let near = found;
  let left = least >= margin ? mostRaises : 0;
  const raise = (margins: readonly OwnMargin[]): void => {
    raw = raw.map((r, k) => r * Math.exp(Math.max(0, Math.min(stepThere, lacking(margins[k], margin)))));
    left--;
    progress(`weight-per-class: on the counts as they are, raising, round ${mostRaises - left} of at most ${mostRaises}`);
  };
  if (isRough && left > 0) {
    const look = weighing(situation, now.counts, found, leading(situation));
    let led = look(raw);
    while (led.least < margin && left > 0) {
      raise(led.margins);
      led = look(raw);
    }
    near = led.found;
  }
  for (;;) {
    progress("weight-per-class: to the tolerance");
    const weights = averageOne(raw, now.counts);
    const trial = concluded(probe(problem({ ...input, weights }), { tolerance, near }), tolerance);
    if (trial.least >= margin || left <= 0) return { raw, trial };
    raise(ownMargins(trial.summary));
    near = trial.found;
  }
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
