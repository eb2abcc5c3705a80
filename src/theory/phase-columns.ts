import type { Phase } from "./phase.ts";
import { letterAt, type PhaseGridInput } from "./phase-grid.ts";

/** A phase along one column of the diagram: from one border to the next. */
export interface PhaseBand {
  /** Which structure. */
  phase: Phase;
  /** In the units of the axis, from < to. */
  from: number;
  /** Where the next band begins, or the axis ends. */
  to: number;
}

/** All of y at one value of x. */
export interface PhaseColumn {
  /** Where it stands. */
  x: number;
  /** In order, without gaps, from the first value of y to the last. */
  bands: PhaseBand[];
}

/** Halvings of a gap between two columns whose bands do not correspond, as a border begins or ends there, or are far from each other, as one is steep. */
const splits = 8;
/** The share of y by which a border may move from one column to the next. */
const stride = 0.02;
/** Halvings of a step of y: a border is found to a share of 2^-45 of it. */
const halvings = 45;

/**
 * The borders of the phase diagram, exact to rounding, for pictures without stairs: at every value of x the bands that y runs through. Where neighbouring columns do not run through the same phases, or a
 * border is steep, columns are put between them.
 * Returned in runs of columns that run through the same phases; the last of a run and the first of the next stand close. Both axes ascending and positive; k_A, which is a whole number, on neither. A phase that begins and ends between two values of y, with the same phase on both sides, is not seen.
 */
export function phaseColumns(input: PhaseGridInput): PhaseColumn[][] {
  const letter = letterAt(input);
  const column = (x: number): PhaseColumn => ({ x, bands: bandsOf((y) => letter(x, y), input.y.values) });
  const { values } = input.y;
  const far = Math.log(values[values.length - 1] / values[0]) * stride;
  const runs: PhaseColumn[][] = [];
  let before: PhaseColumn | undefined;
  for (const asked of input.x.values.map(column)) {
    for (const next of [...(before ? between(before, asked, { column, far, depth: splits }) : []), asked]) {
      if (before && correspond(before, next)) runs[runs.length - 1].push(next);
      else runs.push([next]);
      before = next;
    }
  }
  return runs;
}

/** Whether two columns run through the same phases. */
function correspond(a: PhaseColumn, b: PhaseColumn): boolean {
  return a.bands.length === b.bands.length && a.bands.every(({ phase }, i) => phase === b.bands[i].phase);
}

/** How gaps are filled: with what, where borders count as far from each other (in logarithms), how often a gap is halved. */
interface Filling {
  column(x: number): PhaseColumn;
  far: number;
  depth: number;
}

function between(left: PhaseColumn, right: PhaseColumn, filling: Filling): PhaseColumn[] {
  const { column, far, depth } = filling;
  if (depth === 0 || (correspond(left, right) && near(left, right, far))) return [];
  const middle = column(Math.sqrt(left.x * right.x));
  const half = { ...filling, depth: depth - 1 };
  return [...between(left, middle, half), middle, ...between(middle, right, half)];
}

/** Of columns that correspond. */
function near(a: PhaseColumn, b: PhaseColumn, far: number): boolean {
  return a.bands.every(({ from }, i) => Math.abs(Math.log(from / b.bands[i].from)) <= far);
}

function bandsOf(letter: (y: number) => Phase, values: readonly number[]): PhaseBand[] {
  const end = values[values.length - 1];
  let last: PhaseBand = { phase: letter(values[0]), from: values[0], to: end };
  const bands = [last];
  for (let i = 1; i < values.length; i++) {
    const next = letter(values[i]);
    // Between two values there may be more than one border.
    while (last.phase !== next) {
      last.to = border(letter, last.phase, Math.max(last.from, values[i - 1]), values[i]);
      last = { phase: letter(last.to), from: last.to, to: end };
      bands.push(last);
    }
  }
  return bands;
}

/** Where a phase that holds at `from` and not at `to` ends: the least y without it, as near as halving brings it. */
function border(letter: (y: number) => Phase, phase: Phase, from: number, to: number): number {
  let low = from;
  let high = to;
  for (let i = 0; i < halvings; i++) {
    const middle = Math.sqrt(low) * Math.sqrt(high);
    if (!(middle > low && middle < high)) break;
    if (letter(middle) === phase) low = middle;
    else high = middle;
  }
  return high;
}
