import { format } from "../../src/number-text.ts";
import { problem } from "../../src/problem/index.ts";
import { answerSentence } from "../../src/words/index.ts";
import { lossNote, rankTitle } from "../controls/loss-choice.ts";
import { fill, h } from "../dom.ts";
import { downloadText } from "../figures/export.ts";
import { number } from "../numbers.ts";
import { criticalFact } from "../prediction/critical-fact.ts";
import { proof } from "../prediction/tables.ts";
import { classRanges, type Names, namesOf, verdict } from "../prediction/words.ts";
import { defaults } from "../state.ts";
import type { Asking } from "./asking.ts";
import { countsOf, csvOf, jsonOf } from "./exports.ts";
import { aboutClasses } from "./read-counts.ts";
import { type Answer, isWhole, type Shown, type Whole } from "./shown.ts";
import { taskLine } from "./task-line.ts";

/** The answer in one sentence, its proof, and what it rests on. */
export interface View {
  node: HTMLElement;
  render(shown: Shown): void;
}

/** `useLambda`: what the button beside a complete collapse does. */
export function answerView(asking: Asking, useLambda: (lambdaZ: number) => void): View {
  const error = h("p", { class: "error", role: "alert", hidden: true });
  const said = h("p", { class: "verdict", id: "data-verdict", role: "status" });
  const line = taskLine(
    {
      name: "solving",
      working: "solving",
      stopped: "Stopped.",
      again: "Solve",
    },
    { stop: () => asking.stop("solving"), again: () => asking.again("solving") },
  );
  const about = h("div");
  const lossWords = lossNote("data-loss-note");
  const facts = h("div", { class: "facts" });
  let shown: Answer | null = null;
  const save = (label: string, name: string, type: string, make: (answer: Answer) => string): HTMLButtonElement => {
    const button = h("button", { type: "button", "data-file": name }, label);
    button.addEventListener("click", () => shown && downloadText(name, type, make(shown)));
    return button;
  };
  const json = save("JSON", "nclab-prediction.json", "application/json", (answer) => jsonOf(answer as Whole));
  const buttons = [
    json,
    save("CSV, a line a class", "nclab-classes.csv", "text/csv", csvOf),
    save("counts.json", "counts.json", "application/json", countsOf),
  ];
  const exports = h("div", { class: "buttons" }, ...buttons);
  return {
    node: h("div", { class: "the-answer" }, said, error, line.node, about, lossWords.node, facts, exports),
    render({ refused, answer, old, solving }) {
      shown = answer;
      // Once: the classes' own field says what is wrong with them.
      error.hidden = refused === null || aboutClasses(refused);
      fill(error, refused);
      line.show(solving);
      for (const part of [about, facts, exports]) part.hidden = answer === null;
      if (!answer) {
        fill(said, refused !== null ? "No answer for this." : solving.is === "working" ? "Solving …" : "");
        lossWords.show("");
        return;
      }
      fill(said, sentenceOf(answer));
      fill(about, ...aboutOf({ answer, old, solving }, useLambda));
      lossWords.show(answer.problem.loss);
      fill(facts, factsOf(answer));
      for (const button of buttons) button.disabled = old || (button === json && !isWhole(answer));
    },
  };
}

const collapsed = ({ vanished, problem: { K } }: Answer): boolean => vanished.length === K;

function sentenceOf(answer: Answer): string {
  return answerSentence(answer.classes, answer.summary, collapsed(answer));
}

/** What an answer rests on; one to the question before is called that, as its proof is none of the question that stands. */
function aboutOf(
  { answer, old, solving }: Pick<Shown, "old" | "solving"> & { answer: Answer },
  useLambda: (lambdaZ: number) => void,
): HTMLElement[] {
  if (old) return [h("p", { class: "note", id: "data-old" }, "The answer to the settings before; the next one is on its way.")];
  const notes: HTMLElement[] = [];
  if (collapsed(answer) && answer.problem.weightDecay === null && answer.problem.lambdaZ !== null)
    notes.push(lighter(answer, useLambda));
  if (solving.is === "done") {
    if (isWhole(answer)) notes.push(h("p", { class: "note", id: "data-structure" }, verdict(answer)));
    return [...notes, proof(answer)];
  }
  const bins = answer.bins === null ? "" : `, with nearly equal counts taken together (${answer.bins} groups)`;
  return [
    ...notes,
    h(
      "p",
      { class: "proof", id: "proof" },
      `A first answer, proved to be within ${format(answer.relativeGap, 2)} of the optimum${bins}.`,
      solving.is === "working" && " The exact one follows.",
    ),
  ];
}

/** What a usual weight decay would be in the same terms: lambdas without a sense of their scale are how most land at complete collapse. */
function lighter({ problem: { counts, lambdaZ } }: Answer, useLambda: (lambdaZ: number) => void): HTMLElement {
  const { weightDecay } = defaults;
  const usual = Number(problem({ counts, weightDecay, ends: "batch-norm" }).lambdaZ.toPrecision(3));
  const button = h("button", { type: "button", class: "small" }, `take ${format(usual)}`);
  button.addEventListener("click", () => useLambda(usual));
  return h(
    "p",
    { class: "note" },
    `λ_Z = ${format(lambdaZ)} is ${format((lambdaZ as number) / usual, 3)} times what a weight decay of ${weightDecay} is for so many samples: `,
    button,
  );
}

function factsOf(answer: Answer): HTMLElement {
  const names = namesOf(answer);
  const { K, N, lambdaZ, lambdaW, lambdaH } = answer.problem;
  const pair = (name: string, id: string, value: HTMLElement | string): HTMLElement =>
    h("div", {}, h("dt", {}, name), h("dd", { id }, value));
  const whole = isWhole(answer) ? answer : null;
  return h(
    "dl",
    {},
    pair("classes, samples", "data-size", `${K}, ${N}`),
    whole && criticalFact(whole, "data-critical-count"),
    whole && pair(rankTitle(answer.problem), "data-rank", number(whole.rank)),
    pair("merged", "data-merged", mergedText(answer, names)),
    pair("vanished", "data-vanished", answer.vanished.length === 0 ? "none" : classRanges(answer.vanished, names)),
    lambdaZ !== null && pair("λ_Z, in the paper's convention", "data-used", h("span", {}, number(lambdaZ, 6))),
    lambdaW !== null &&
      lambdaH !== null &&
      pair("λ_W, λ_H", "data-factors", h("span", {}, number(lambdaW), ", ", number(lambdaH))),
    whole && "multiplier" in whole && pair("multiplier of the bounds", "data-multiplier", number(whole.multiplier, 6)),
  );
}

/** More groups than this are counted, not listed. */
const mostListed = 3;

function mergedText({ clusters }: Answer, names: Names): string {
  const merged = clusters.filter((c) => c.merged);
  if (merged.length === 0) return "none";
  const all = merged.reduce((sum, { size }) => sum + size, 0);
  if (merged.length > mostListed) return `${all} classes in ${merged.length} groups`;
  return merged.map((c) => `{${classRanges(c.classes, names)}}`).join(" ");
}
