import { adviseQuestion } from "../../src/documents/index.ts";
import { advise, documentByBlocks, expand, remedyKinds, summarize } from "../../src/prediction/index.ts";
import { problem } from "../../src/problem/index.ts";
import type { Jobs, Told } from "./messages.ts";

/** The questions of other tabs, about one's own classes and class by class, which bring presets, tables of counts and advice with them: loaded when the first is asked, so that the first view is quick. */
export { answerByBlocks } from "./answer.ts";

/** A prediction class by class, with Z written out: whoever asks sees to it that the classes are few enough (`mostPredicted`). */
export const predictedOf = ({ names, ...input }: Jobs["predict"]["question"]): Jobs["predict"]["answer"] =>
  expand(documentByBlocks(summarize(problem(input)), names));

/** What to change, with what is being tried. */
export function adviceOn(given: Jobs["advise"]["question"], told: (told: Told) => void): Jobs["advise"]["answer"] {
  const { input, options } = adviseQuestion(given);
  const kinds = options.change ?? remedyKinds;
  let share = 0;
  const progress = (what: string): void => {
    const at = kinds.findIndex((kind) => what === kind || what.startsWith(`${kind}:`));
    // The problem as it is comes first, and is one of the whole.
    if (at >= 0) share = (at + 1) / (kinds.length + 1);
    told({ said: what, share });
  };
  return advise(input, { ...options, progress });
}
