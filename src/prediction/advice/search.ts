import { formatAtMost } from "../../number-text.ts";
import type { Problem } from "../../problem/index.ts";
import type { Found as Answer, AnswerOptions } from "../answer.ts";
import { ownMargins } from "../classes.ts";
import type { Outline } from "../predict.ts";
import { enclosed, higher, highest, narrowed, type Tried } from "./interval.ts";
import {
  type Concluded,
  concluded,
  leading,
  leastMargin,
  type Probe,
  probe,
  type Situation,
  searching,
  type Trial,
} from "./situation.ts";

/**
 * The least strength x of a remedy with which every class has the margin. Margins need not grow with x, so the range is walked from its
 * harmless end, and the first interval in which the margin is reached is narrowed. Where no step reaches it, the largest margin between the neighbours of the best step is looked for. With very many different counts that is done on rough ones first; from what it
 * finds a few steps lead to the same on the true counts, where a solve is dear. The search solves to a rough tolerance; what it finds is solved to the one asked for, and
 * strengthened until the margin is there. Every solve starts from the nearest one before it.
 */
export interface Family {
  /** What a remedy of strength x is, in words. */
  name(x: number): string;
  /** Strengths to try, ascending; the first changes nothing. */
  steps: readonly number[];
  /** Whether margins jump with x (default: they do not, but where a class comes up). */
  jumps?: boolean;
  /** The problem at strength x, with these counts. */
  at(x: number, counts: readonly number[]): Problem;
  /** What is made of a solved problem before it is judged (default: nothing). */
  seen?(outline: Outline): Outline;
}

export interface Found {
  /** Null: no strength in the range reaches the margin. */
  x: number | null;
  /** x; where that is null, the best strength that was seen. */
  at: number;
  /** Solved as it is, there. */
  trial: Trial;
}

/** The strength is found to a share of the interval between two steps: to this one, or with very many different counts, where a solve costs more, to the other. */
const fine = 2 ** -20;
const coarse = 2 ** -9;
/** Steps, each twice the one before, from a strength to the one that was meant. */
const mostSteps = 12;
/** Relative duality gap below which a search on counts as they are is not worth its digits. */
const finest = 1e-9;
/** Margins (logits) that differ by less are one, where the largest is looked for. */
const flat = 1e-7;

/** A strength that was tried, with its solution, and how it was solved on which counts. */
interface Place extends Tried {
  solved: Probe;
  how: How;
}

type How = AnswerOptions & { counts: readonly number[] };

export function leastStrength(situation: Situation, family: Family): Found {
  const { rough, now, tolerance, margin, near } = situation;
  const { steps } = family;
  const isRough = rough !== now.counts;
  const how: AnswerOptions = now.nonnegative
    ? { tolerance }
    : { tolerance: isRough ? searching : Math.max(tolerance, finest), leads: true };
  const look = looking(situation, family, { ...how, counts: rough, near });
  const walked: Place[] = [];
  for (const x of steps) {
    walked.push(look(x));
    if (walked[walked.length - 1].over >= 0) break;
  }
  const last = walked[walked.length - 1];
  const step = Math.max(1, walked.length - 1);
  const width = (isRough ? coarse : fine) * (steps[step] - steps[step - 1]);
  const peak = last.over >= 0 ? null : peakOf(look, walked, { width, jumps: family.jumps });
  if (peak === null || peak.over >= 0) {
    const above = peak ?? last;
    const before = walked.findLast((place) => place.x < above.x) ?? walked[0];
    const found = leastBetween(situation, family, { look, ends: [before, above], width, isRough });
    if (found.x !== null || peak === null) return found;
  }
  const trial = settled(situation, family, peak);
  // Rough counts may miss by a hair what the true ones reach.
  return { x: trial.least >= margin ? peak.x : null, at: peak.x, trial };
}

/** The least strength between one that does not do (or changes nothing) and one that does. */
function leastBetween(
  situation: Situation,
  family: Family,
  { look, ends, width, isRough }: { look: (x: number) => Place; ends: readonly [Place, Place]; width: number; isRough: boolean },
): Found {
  const [below, above] = narrowed(look, ends, { width, jumps: family.jumps });
  const led = isRough ? onTrueCounts(situation, family, [below, above], width) : above;
  return strengthened(situation, family, led, width);
}

/**
 * The highest place between the neighbours of the best step, where no step reaches the margin: margins may rise and fall again between two steps. Where the best step is the first or
 * the last, a place just inside says whether the peak is there.
 */
function peakOf(
  look: (x: number) => Place,
  walked: readonly Place[],
  { width, jumps = false }: { width: number; jumps?: boolean },
): Place {
  const best = walked.reduce(higher);
  const i = walked.indexOf(best);
  const [from, to] = [walked[Math.max(0, i - 1)], walked[Math.min(walked.length - 1, i + 1)]];
  const least = Math.max(width, coarse * (walked[1].x - walked[0].x));
  if (from === best || to === best) {
    const inside = look(best.x + (from === best ? least : -least));
    if (inside.over <= best.over) return best;
    if (inside.over >= 0) return inside;
  }
  return highest(look, [from, to], { width: jumps ? least : width, flat });
}

/** Solves at a strength, starting from the nearest that was solved before, or from `near`. */
function looking(
  { margin, progress }: Situation,
  { name, at, seen = (outline) => outline }: Family,
  how: How,
): (x: number) => Place {
  const places: Place[] = [];
  return (x) => {
    progress(name(x));
    const nearest = places.reduce<Place | null>(
      (best, p) => (best && Math.abs(best.x - x) <= Math.abs(p.x - x) ? best : p),
      null,
    );
    const solved = probe(at(x, how.counts), { ...how, near: nearest?.solved.found ?? how.near });
    const place = { x, over: leastMargin(ownMargins(seen(solved.outline))) - margin, solved, how };
    places.push(place);
    return place;
  };
}

/** The strength on the true counts near the one on rough counts, solved to the tolerance that leads; where none reaches the margin, the last. */
function onTrueCounts(situation: Situation, family: Family, [below, above]: readonly [Place, Place], width: number): Place {
  const { steps } = family;
  const look = looking(situation, family, { counts: situation.now.counts, near: above.solved.found, ...leading(situation) });
  const start = look(above.x);
  // As far as the slope there says, within reason; where it jumps it says nothing.
  const slope = (above.over - below.over) / (above.x - below.x);
  const guess = family.jumps ? width : Math.max(width, Math.min(16 * width, Math.abs(start.over) / slope || 0));
  const [low, high] = enclosed(look, start, { guess, first: steps[0], last: steps[steps.length - 1], tries: mostSteps });
  if (!low || !high) return (high ?? low) as Place;
  return narrowed(look, [low, high], { width, jumps: family.jumps })[1];
}

/** To the tolerance asked for. What a rougher one left out (nothing, wherever it was looked at) is made up for in steps that double. */
function strengthened(situation: Situation, family: Family, led: Place, width: number): Found {
  const last = family.steps[family.steps.length - 1];
  const step = Math.max(1e-9 * led.x, width);
  let here = { at: led.x, trial: settled(situation, family, led) };
  let best = here;
  for (let i = 0; here.trial.least < situation.margin; i++) {
    if (i === mostSteps || here.at >= last) return { x: null, ...best };
    const at = Math.min(last, here.at + step * 2 ** i);
    here = { at, trial: exactly(situation, family, at, here.trial.found) };
    if (here.trial.least > best.trial.least) best = here;
  }
  return { x: here.at, ...here };
}

/** A place as it is, to the tolerance asked for, which it may have been solved to already. */
function settled(situation: Situation, family: Family, { x, solved, how }: Place): Concluded {
  const { now, tolerance } = situation;
  return how.counts === now.counts && !how.leads
    ? concluded(solved, tolerance, family.seen)
    : exactly(situation, family, x, solved.found);
}

/** A strength as it is, to the tolerance asked for. */
function exactly({ now, tolerance, progress }: Situation, { name, at, seen }: Family, x: number, near: Answer): Concluded {
  progress(`${name(x)}, to the tolerance`);
  return concluded(probe(at(x, now.counts), { tolerance, near }), tolerance, seen);
}

/** `from`, ..., `to` in `n` equal steps. */
export function evenly(from: number, to: number, n: number): number[] {
  return Array.from({ length: n + 1 }, (_, i) => from + ((to - from) * i) / n);
}

/** How near it came, where it did not, and where that was looked for. */
export function reached({ at, trial }: Found, what: (x: number) => string): string {
  return `the largest margin of the weakest class that was found is ${formatAtMost(trial.least)}, at ${what(at)} (looked for in even steps, then between the neighbours of the best)`;
}
