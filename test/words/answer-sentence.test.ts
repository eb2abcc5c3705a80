import { expect, test } from "vitest";
import { predict } from "../../src/index.ts";
import { answerSentence } from "../../src/words/index.ts";

const said = (settings: Parameters<typeof predict>[0]): string => {
  const { classes, summary, vanished, problem } = predict(settings as never) as ReturnType<typeof predict> & {
    classes: never[];
    summary: never;
    vanished: number[];
    problem: { K: number };
  };
  return answerSentence(classes, summary, vanished.length === problem.K);
};

test.each([
  [
    { counts: "5x500,5x100", weightDecay: 5e-4, ends: "batch-norm" },
    /^No class is lost .* all 10 are their own, the weakest \(class [5-9] and 4 alike\) by a margin of [\d.]+ logits\.$/,
  ],
  [{ counts: "4x50", weightDecay: 5e-4, ends: "batch-norm" }, /all 4 are their own, each by a margin of [\d.]+ logits\.$/],
  [{ counts: { cat: 9, fox: 3 }, weightDecay: 0.01, ends: "batch-norm" }, /both are their own, the weakest \(class 1 fox\)/],
  [
    { counts: "5x500,5x100", lambdaZ: 0.0039, lambdaB: 0.02 },
    /^5 of 10 classes are lost at the end of training, 5 merged with others of their count: none with many \(> 100 samples\), all with medium \(20-100\)\.$/,
  ],
  [{ counts: "5x500,5x100", lambdaZ: 1, lambdaB: 0.02 }, /^Every class is lost .*complete collapse\)\.$/],
  [{ counts: "5x500,5x300", lambdaZ: 0.0046, lambdaB: 0.02 }, /^5 of 10 classes are lost[^:]*\.$/],
] as [Parameters<typeof predict>[0], RegExp][])("whether classes are lost, in one sentence: %j", (settings, wanted) => {
  expect(said(settings)).toMatch(wanted);
});
