import type { State } from "../state.ts";
import type { Answer } from "./answer.ts";
import { isBounded } from "./parameters.ts";

/** What holds where the dials stand at an end that their labels and sliders do not foresee, in sentences; null: they do not. */
export function situation(dials: State, answer: Answer | null): string | null {
  const said = [
    // Where 0 is least under one penalty of Z it is the only least under every larger one.
    ...(answer && !isBounded(dials) && answer.vanished.length === answer.problem.K
      ? ["Z = 0 at every larger λ_Z too: raising it changes nothing more."]
      : []),
  ];
  return said.length > 0 ? said.join(" ") : null;
}
