import { type Question, questionOf } from "../../src/documents/index.ts";
import { format } from "../../src/number-text.ts";
import {
  documentByBlocks,
  firstAnswer,
  layerPeeledByBlocks,
  predictLayerPeeled,
  summarizeTelling,
} from "../../src/prediction/index.ts";
import { type Jobs, roughly, type Told } from "./messages.ts";

/** What the solver tells of a step. */
type Step = Parameters<NonNullable<Parameters<typeof summarizeTelling>[1]["trace"]>>[0];

/** The command's own question, answered by blocks. */
export function answerByBlocks(
  { input, names, first }: Jobs["answer"]["question"],
  told: (told: Told) => void,
): Jobs["answer"]["answer"] {
  const question: Question = questionOf(input);
  if (question.model === "layer-peeled") {
    told({ said: "looking for the multiplier of the bounds", share: null });
    return layerPeeledByBlocks(predictLayerPeeled(question.problem, { tolerance: question.tolerance }), names);
  }
  if (question.model !== "counts") throw new TypeError(`the page asks for no ${question.model}`);
  const trace = (step: Step): void => told(said(step));
  if (first) return firstAnswer(question.problem, { tolerance: roughly, trace }, names);
  const solved = (relativeGap: number): void => told(madeOf(relativeGap));
  return documentByBlocks(summarizeTelling(question.problem, { tolerance: question.tolerance, trace, solved }), names);
}

/** What is done when the optimum is there: nothing of it tells how far it is. */
export const madeOf = (relativeGap: number): Told => ({
  said: `solved, proved to a relative gap of ${format(relativeGap, 2)}; what is left are singular values, angles and distances`,
  share: null,
  stays: true,
});

/** Shares of the objective below this are lost when two objectives are subtracted. */
const rounding = 1e-16;

/** A step in words; half the square of its decrement is about what the objective can still fall. */
export function said({ stage, iteration, decrement, relativeGap }: Step): Told {
  if (stage === "proof") return { said: `proved to a relative gap of ${format(relativeGap, 2)}`, share: null };
  if (decrement === null) return { said: `step ${iteration}`, share: null };
  const left = decrement ** 2 / 2;
  const above = left < rounding ? "at the optimum to rounding" : `about ${format(left, 2)} of the objective above the optimum`;
  return { said: `step ${iteration}, ${above}`, share: null };
}
