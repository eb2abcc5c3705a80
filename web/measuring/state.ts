import type { Found, FromMeasuring, Measured } from "./messages.ts";
import { type Choice, lacking, usualChoice } from "./question.ts";
import { rolesOf } from "./roles.ts";

/** What is known of the files that are measured in the page, as a value, and what changes it. */
export interface MeasuringState {
  /** The files that were given, in their order. */
  names: readonly string[];
  /** What is in them; empty until that is known. */
  found: readonly Found[];
  choice: Choice;
  phase: Phase;
  /** Why the last measurement came to nothing. */
  error: string | null;
}

export type Phase =
  | { is: "nothing" }
  | { is: "listing" }
  /** For the visitor: something is lacking, or was changed since. */
  | { is: "waiting" }
  | { is: "measuring"; at: { file: string; stage: string; share: number } | null }
  | ({ is: "measured" } & Measured);

export type Happening =
  | { kind: "given"; names: readonly string[] }
  | { kind: "chosen"; change: Partial<Choice> }
  | { kind: "asked" }
  | { kind: "stopped" }
  | { kind: "cleared" }
  | Exclude<FromMeasuring, { kind: "loaded" }>;

export const noFiles: MeasuringState = {
  names: [],
  found: [],
  choice: usualChoice,
  phase: { is: "nothing" },
  error: null,
};

/** The state after something has happened. */
export function stateAfter(state: MeasuringState, happening: Happening): MeasuringState {
  switch (happening.kind) {
    case "given":
      return { ...state, names: happening.names, phase: { is: "listing" }, error: null };
    case "listed": {
      const { found } = happening;
      // A file keeps what it was said to be for.
      const before = kept(state, found);
      const roles = { ...rolesOf(found), ...before };
      // Arrays that were picked are those of files that were there before.
      const keys = Object.keys(before).length > 0 ? state.choice.keys : {};
      const choice = { ...state.choice, roles, keys };
      const due = lacking(found, choice) === null;
      return { ...state, found, choice, phase: due ? { is: "measuring", at: null } : { is: "waiting" } };
    }
    case "chosen": {
      // Files that are being looked into are looked into all the same.
      const phase = state.phase.is === "listing" ? state.phase : ({ is: "waiting" } as const);
      return { ...state, choice: { ...state.choice, ...happening.change }, phase, error: null };
    }
    case "asked":
      return lacking(state.found, state.choice) === null
        ? { ...state, phase: { is: "measuring", at: null }, error: null }
        : state;
    case "progress":
      return state.phase.is === "measuring" ? { ...state, phase: { is: "measuring", at: happening } } : state;
    case "measured": {
      const { kind: _, ...measured } = happening;
      return { ...state, phase: { is: "measured", ...measured } };
    }
    case "failed":
      return { ...lookedInto(state), phase: { is: "waiting" }, error: happening.message };
    case "stopped":
      // Of the first files nothing is known: there is nothing to wait with.
      return { ...lookedInto(state), phase: { is: state.found.length > 0 ? "waiting" : "nothing" } };
    case "cleared":
      return noFiles;
  }
}

/** Where files were looked into and it is not known what is in them, there are those before. */
const lookedInto = (state: MeasuringState): MeasuringState =>
  state.phase.is === "listing" ? { ...state, names: state.found.map(({ name }) => name) } : state;

/** Roles that were known before, of files that are still there. */
function kept({ found: before, choice }: MeasuringState, found: readonly Found[]): Choice["roles"] {
  const known = before.map(({ name }) => name).filter((name) => found.some((one) => one.name === name));
  return Object.fromEntries(known.map((name) => [name, choice.roles[name]]));
}

/** Which files are there after some were dropped: beside those before, where these wait for something; else the new ones alone. */
export function namesAfter({ names, phase }: MeasuringState, dropped: readonly string[]): string[] {
  const goesOn = phase.is === "listing" || phase.is === "waiting";
  return goesOn ? [...new Set([...names, ...dropped])] : [...dropped];
}

/** Whether files hold no features by themselves: then they belong to those that were measured before them. */
export const belongsToOthers = ({ choice, names }: MeasuringState): boolean =>
  !names.some((name) => choice.roles[name] === "features");
