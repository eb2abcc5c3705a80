import { lossNames } from "../../src/loss/index.ts";
import type { PathData } from "../../src/plots/index.ts";
import { noPhases } from "../controls/loss-choice.ts";
import type { Jobs } from "../solver/messages.ts";
import type { State } from "../state.ts";
import { anglesAlong } from "./along.ts";
import type { Answer } from "./answer.ts";
import { groupsOf, withSamples } from "./groups.ts";
import { boundedInputOf, inputOf, isBounded, keyOf, refused } from "./parameters.ts";
import { type Axes, axesFor, type Borders } from "./phase-data.ts";

/**
 * What the first tab knows, as a value: where the dials stand, the answer that came last, and the pictures that take longer and are asked for when the dials rest. `after` says what an event makes of it,
 * `wanted` what should be asked; nothing here touches the document or a worker.
 */
export interface TheoryState {
  /** Where the dials stand. */
  dials: State;
  /** Where they rested last: what the slow pictures are of. */
  rest: State | null;
  /** The newest answer, and the dials that it is for. */
  answer: { of: State; prediction: Answer } | null;
  /** Why there is none to these dials; null: nothing is wrong. */
  error: string | null;
  /** Pictures that follow. */
  phases: Slow<{ borders: Borders; axes: Axes }>;
  spectrum: Slow<Spectrum>;
  angles: Slow<readonly Answer[]>;
}

export const slowParts = ["phases", "spectrum", "angles"] as const;
export type SlowPart = (typeof slowParts)[number];

/** What is drawn, of which question; or words in its place. `asked`: the question that is on its way, or the last. */
export interface Slow<V> {
  asked: string | null;
  shown: { key: string; of: State; value: V } | null;
  words: string | null;
}

/** Singular values along lambda_Z with their events; under bounded norms along the ratio. */
export type Spectrum =
  | ({ kind: "lambda"; list: Jobs["events"]["answer"] } & Jobs["singularValues"]["answer"])
  | { kind: "ratio"; ratio: number | null; data: PathData };

export type TheoryEvent =
  | { kind: "moved"; dials: State }
  | { kind: "rested" }
  | { kind: "answered"; of: State; prediction: Answer }
  | { kind: "failed"; of: State; message: string }
  | { kind: "asked"; part: SlowPart; key: string }
  | { kind: "drawn"; part: "phases"; key: string; of: State; value: { borders: Borders; axes: Axes } }
  | { kind: "drawn"; part: "spectrum"; key: string; of: State; value: Spectrum }
  | { kind: "drawn"; part: "angles"; key: string; of: State; value: readonly Answer[] }
  /** There is none. `key`: of the question that failed; null: there is none to ask. */
  | { kind: "missing"; part: SlowPart; key: string | null; words: string };

const nothing: Slow<never> = { asked: null, shown: null, words: null };

export const begin = (dials: State): TheoryState => ({
  dials,
  rest: null,
  answer: null,
  error: refused(dials),
  phases: nothing,
  spectrum: nothing,
  angles: nothing,
});

export function after(state: TheoryState, event: TheoryEvent): TheoryState {
  switch (event.kind) {
    case "moved":
      return { ...state, dials: event.dials, error: refused(event.dials) };
    case "rested":
      return { ...state, rest: state.dials };
    case "answered":
      return { ...state, answer: { of: event.of, prediction: event.prediction }, error: refused(state.dials) };
    case "failed":
      return { ...state, error: refused(state.dials) ?? event.message };
    case "asked":
      return { ...state, [event.part]: { ...state[event.part], asked: event.key } };
    case "drawn":
      // An answer to dials that have gone on is shown until that to the newest comes; where there is none to ask, none comes.
      if (state[event.part].asked === null) return state;
      return { ...state, [event.part]: { ...state[event.part], shown: event, words: null } };
    case "missing":
      // A question that failed says nothing of the one after it.
      if (event.key !== null && event.key !== state[event.part].asked) return state;
      // The same words again change nothing.
      if (state[event.part].words === event.words && state[event.part].asked === null) return state;
      return { ...state, [event.part]: { asked: null, shown: null, words: event.words } };
  }
}

/** What a slow picture asks: the question's key, or words where there is none to ask. */
export type Wanted = { key: string } | { words: string };

/** What each of them should ask where the dials rest. */
export function wanted(dials: State): Record<SlowPart, Wanted> {
  return { phases: phasesWanted(dials), spectrum: { key: spectrumKey(dials) }, angles: { key: anglesKey(dials) } };
}

function phasesWanted(dials: State): Wanted {
  const { kA, kB, lambdaB, loss } = dials;
  const { larger, smaller } = groupsOf(dials);
  if (isBounded(dials)) {
    if (smaller.k < 2) return { words: "The border is that at which the minority merges: it needs two classes or more." };
    const { x, ratio } = axesFor(dials);
    return { key: ["layer-peeled", larger.name, kA, kB, ...x, ...ratio].join() };
  }
  if (loss !== lossNames[0]) return { words: noPhases };
  if (kA < 2 || kB < 2) return { words: "The phases are those of two clusters of two or more classes each." };
  const axes = axesFor(dials);
  return { key: [larger.name, kA, kB, smaller.n, lambdaB, ...axes.x, ...axes.ratio].join() };
}

/** Everything but the dial that runs along the axis. */
export function spectrumKey(dials: State): string {
  return isBounded(dials) ? anglesKey(dials) : keyOf({ ...dials, lambdaZ: 1 });
}

const anglesKey = (dials: State): string =>
  keyOf({ ...dials, ...withSamples(groupsOf(dials).larger.name, anglesAlong(dials).at(-1) ?? 0) });

/** The problem of the dials, for whichever model they are of. */
export const questionOf = (
  dials: State,
): { model: "penalties"; input: ReturnType<typeof inputOf> } | { model: "bounds"; input: ReturnType<typeof boundedInputOf> } =>
  isBounded(dials) ? { model: "bounds", input: boundedInputOf(dials) } : { model: "penalties", input: inputOf(dials) };
