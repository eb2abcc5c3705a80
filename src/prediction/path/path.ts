import { checkKeys } from "../../known-keys.ts";
import { type Cluster, family, type ProblemInput, usualTolerance } from "../../problem/index.ts";
import { type PathEvent, pathEvents } from "./events.ts";
import { type PathRange, pathValues } from "./range.ts";
import { type PathRow, pathGroups, pathRows } from "./rows.ts";

/** Predictions along one parameter, with what happens between them. */
export interface Path {
  /** What varies, and between which values. */
  range: PathRange;
  /** Classes that are alike at every value, by descending count, with the counts that were given; the order of `groups` in each row. */
  groups: Pick<Cluster, "classes" | "count" | "size">[];
  /** One a value, ascending. */
  rows: PathRow[];
  /** Where the structure changes, ascending. */
  events: PathEvent[];
  /**
   * The rows at the events' values themselves, ascending, where curves have their corners; none where there are more of them than of other rows. A singular value or a prediction that reaches 0 there is
   * 0 to the accuracy of the event.
   */
  corners: PathRow[];
  /** Whether every row is certified, and every solution that an event was read from. */
  certified: boolean;
  /** Largest relative duality gap of the solutions that events were read from. */
  worstEventGap: number;
  /** What was not looked for, in sentences. */
  notes: string[];
}

/** How well to solve a path. */
export interface PathOptions {
  /** Relative duality gap asked for, default 1e-10. */
  tolerance?: number;
  /** Start each row at its neighbour's answer (default true); false: each from scratch, with the same numbers to the tolerance. */
  warm?: boolean;
}

/** How far a path has come. */
export interface PathProgress {
  /** Rows that are there. */
  done: number;
  /** Values in all; with as many rows it is the events that are looked for. */
  values: number;
  /** The rows that are there, ascending in value. */
  rows: () => PathRow[];
  /** As in `Path`. */
  groups: Path["groups"];
}

/**
 * The predictions along lambda_Z, a weight decay, the samples of the minority or the imbalance: one certified row a value, each started from its neighbour's answer, and the events
 * between, located as `freeEvents` and `nonnegativeEvents` locate theirs. Every row is what `predict` says of its problem. Never throws for lack of accuracy: read `certified`.
 * Throws InputError.
 */
export function predictPath(input: ProblemInput, range: PathRange, options: PathOptions = {}): Path {
  const steps = pathSteps(input, range, options);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** The same in steps, for callers that show progress or stop on the way. */
export function* pathSteps(input: ProblemInput, range: PathRange, options: PathOptions = {}): Generator<PathProgress, Path> {
  checkKeys(options, { tolerance: true, warm: true }, "options");
  const { tolerance = usualTolerance, warm = true } = options;
  const values = pathValues(range);
  const at = family(input, range.over);
  // Both ends are problems before anything is solved.
  for (const end of [values[0], values[values.length - 1]]) at(end);
  const clusters = pathGroups(at, values);
  const groups = clusters.map(({ classes, size }) => ({ classes, count: input.counts[classes[0]], size }));
  const rows = new Array<PathRow | undefined>(values.length);
  const found = (): PathRow[] => rows.filter((row) => row !== undefined);
  let done = 0;
  const progress = (): PathProgress => ({ done, values: values.length, rows: found, groups });
  for (const { index, row } of pathRows(at, range.over, values, { tolerance, warm })) {
    rows[index] = row;
    done++;
    yield progress();
  }
  const between = pathEvents(at, found(), clusters);
  let next = between.next();
  while (!next.done) {
    yield progress();
    next = between.next();
  }
  const { events, worstGap, notes } = next.value;
  return {
    range,
    groups,
    rows: found(),
    events,
    corners: cornersOf(at, range.over, values, events, { tolerance, warm }),
    certified: found().every((row) => row.certified) && worstGap <= Math.max(tolerance, usualTolerance),
    worstEventGap: worstGap,
    notes,
  };
}

function cornersOf(
  at: ReturnType<typeof family>,
  over: PathRange["over"],
  values: readonly number[],
  events: readonly PathEvent[],
  options: { tolerance: number; warm: boolean },
): PathRow[] {
  const [first, last] = [values[0], values[values.length - 1]];
  const between = [...new Set(events.map(({ value }) => value))].filter((x) => x > first && x < last).sort((x, y) => x - y);
  if (between.length === 0 || between.length > values.length) return [];
  // With both ends, so that the classes that are alike at every value are the same as those of the path.
  const rows: PathRow[] = [];
  for (const { index, row } of pathRows(at, over, [first, ...between, last], options)) rows[index] = row;
  return rows.slice(1, -1);
}
