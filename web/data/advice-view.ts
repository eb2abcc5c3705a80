import { minimum } from "../../src/extremes.ts";
import { format, quantity } from "../../src/number-text.ts";
import { classesBeforeAndAfter, statusShares } from "../../src/pictures/index.ts";
import { type Advice, nothingNeeded, type Remedy } from "../../src/prediction/index.ts";
import { equalizingLine, nothingNeededText, remedySetting, torchLines, weakestMargin } from "../../src/words/index.ts";
import { choice } from "../controls/choice.ts";
import { commandLine } from "../controls/command-line.ts";
import { fill, h } from "../dom.ts";
import { figure } from "../figures/figure.ts";
import { exact, number } from "../numbers.ts";
import { table } from "../prediction/tables.ts";
import { type Names, namesOf } from "../prediction/words.ts";
import type { State } from "../state.ts";
import { wayOut } from "../way-out.ts";
import { lookedAt, remediesFor } from "./advice-choice.ts";
import type { Asking } from "./asking.ts";
import { scaleAsked } from "./pictures-view.ts";
import type { Shown } from "./shown.ts";
import { taskLine } from "./task-line.ts";
import { dataControls } from "./way-out.ts";

/** What helps, as `nclab advise` says it: the remedies side by side, and one of them looked at: its lines for PyTorch, all classes before and after. */
export interface AdviceView {
  node: HTMLElement;
  render(shown: Shown, state: State): void;
}

/** The remedies in a reader's words. */
const kinds: Record<Remedy["kind"], string> = {
  offset: "logit offset, added after training",
  weight: "loss weight, a power of the counts",
  "weight-per-class": "loss weight, class by class",
  oversample: "oversampling, times each sample is seen",
  lambda: "less regularization",
  smoothing: "less label smoothing",
  combined: "weights, then offsets",
};

export function adviceView(asking: Asking, chooseRemedy: (kind: string) => void): AdviceView {
  const line = taskLine(
    {
      name: "advising",
      working: "looking for what helps",
      stopped: "Stopped: what helps was not found out.",
      again: "Look for it",
    },
    { stop: () => asking.stop("advising"), again: () => asking.again("advising") },
  );
  const answer = h("div", { id: "remedies" });
  // The page asks about no label smoothing, so that there is none to take away.
  const { smoothing: _none, ...offered } = kinds;
  const look = choice("remedy", "Look at", offered, chooseRemedy);
  const margins = figure("data-remedy-margins", "All classes before and after", "");
  const shares = figure("data-remedy-statuses", "What becomes of the classes with it", "As above, with the remedy in place.");
  const code = h("div", { class: "code" });
  const looked = h("div", { hidden: true }, look.node, code, h("div", { class: "figures" }, margins.node, shares.node));
  let drawn: { advice: Advice | null; remedy: string; scale: string } = { advice: null, remedy: "", scale: "" };

  const show = (given: Advice, names: Names, state: State): void => {
    const advice = { ...given, remedies: remediesFor(given) };
    if (nothingNeeded(advice)) {
      looked.hidden = true;
      fill(answer, ...nothingText(advice));
      return;
    }
    fill(answer, remedyTable(advice, names), ...notesOf(advice));
    const remedy = lookedAt(advice, state.remedy);
    looked.hidden = remedy === null;
    if (!remedy) return;
    look.show(remedy.kind);
    fill(code, ...codeOf(remedy, names));
    const xScale = scaleAsked(state, advice.classes.length);
    const named = { asked: advice.margin, remedy: kinds[remedy.kind], xScale };
    margins.explain(
      `Margins at the end of training as things are and with the remedy${provedWords(advice, remedy)}; the dashed lines are 0 and the margin asked for.`,
    );
    margins.draw((width) => classesBeforeAndAfter(advice.classes, remedy.classes, { ...named, width }));
    shares.draw((width) => statusShares(remedy, { width }));
  };

  return {
    node: h("section", { class: "advice", id: "advice" }, h("h2", {}, "What helps"), line.node, answer, looked),
    render({ question, advice, advising, answer: solved }, state) {
      line.show(advising);
      const names = solved && namesOf(solved);
      if (advice) {
        const now = { advice, remedy: state.remedy, scale: state.rankScale };
        if (now.advice !== drawn.advice || now.remedy !== drawn.remedy || now.scale !== drawn.scale) show(advice, names, state);
        drawn = now;
        return;
      }
      drawn = { ...drawn, advice: null };
      looked.hidden = true;
      fill(
        answer,
        question?.penalized === null &&
          h("p", { class: "note" }, "What helps is known for penalties and weight decay, and not for bounds on norms."),
      );
    },
  };
}

/** Which of the two solutions in a picture are proved to the accuracy asked for. */
export function provedWords(now: Pick<Advice, "certified">, { certified }: Pick<Remedy, "certified">): string {
  if (now.certified && certified) return ", each proved";
  if (!now.certified && !certified) return ", in the solutions that were found, which are not proved";
  return now.certified ? " (proved as things are, and not with the remedy)" : " (proved with the remedy, and not as things are)";
}

const notesOf = ({ notes }: Advice): HTMLElement[] =>
  notes.map((note) => h("p", { class: "note" }, sentence(wayOut(note, dataControls))));

const sentence = (words: string): string => `${words[0].toUpperCase()}${words.slice(1)}.`;

function nothingText(advice: Advice): HTMLElement[] {
  const equalizing = equalizingLine(advice.summary.offsets, Number.POSITIVE_INFINITY);
  const lines = equalizing === null ? null : commandLine("In PyTorch, after training, what equalizes the margins:");
  lines?.show(equalizing as string);
  return [
    h(
      "p",
      { id: "nothing-needed" },
      `${sentence(nothingNeededText(advice))} The weakest has `,
      // As the sentence of the answer has it.
      number(minimum(advice.margins)),
      ".",
    ),
    ...notesOf(advice),
    ...(lines ? [lines.node] : []),
  ];
}

function remedyTable(advice: Advice, names: Names): HTMLElement {
  const margin = (margins: readonly number[]): HTMLElement =>
    h("data", { value: exact(minimum(margins)), title: exact(minimum(margins)) }, weakestMargin(margins).replace("-", "−"));
  const rows = advice.remedies.map((r) => [
    kinds[r.kind],
    h("span", { class: `verdict-${r.verdict.replace(/\W+/g, "-")}` }, r.verdict),
    r.reaches ? remedySetting(r, names) : "–",
    margin(r.resultingMargins),
    number(r.extraSamples, 6),
    r.reaches ? (r.retrain ? "yes" : "no") : "–",
    r.reason,
  ]);
  const now = ["as it is", "", "", margin(advice.margins), "", "", ""];
  const heads = ["change", "does it", "set to", "smallest margin in logits", "extra samples", "train again", "why"];
  const node = table(
    "remedies",
    `What gives every class a margin of ${quantity(format(advice.margin), "logit")} over every rival`,
    heads,
    [now, ...rows],
  );
  node.classList.add("cards");
  return node;
}

/** Its lines to copy; of a remedy that has none, what to set. */
function codeOf(remedy: Remedy, names: Names): HTMLElement[] {
  const lines = torchLines(remedy, Number.POSITIVE_INFINITY);
  if (lines.length === 0)
    return [
      h(
        "p",
        { class: "note" },
        remedy.reaches ? `Set: ${remedySetting(remedy, names)}. ${remedy.reason}.` : `It does not do: ${remedy.reason}.`,
      ),
    ];
  return lines.map(({ when, line }) => {
    const made = commandLine(`${when[0].toUpperCase()}${when.slice(1)}`);
    made.show(line);
    return made.node;
  });
}
