import { lossNote } from "../controls/loss-choice.ts";
import { fill, h } from "../dom.ts";
import { figure } from "../figures/figure.ts";
import { blockTable, clusterTable, proof } from "../prediction/tables.ts";
import { verdict } from "../prediction/words.ts";
import type { Solver } from "../solver/client.ts";
import type { State } from "../state.ts";
import type { Store } from "../store.ts";
import { dialsView } from "./dials-view.ts";
import { factsView } from "./facts-view.ts";
import { isBounded, keyOf } from "./parameters.ts";
import { movedTo, phaseDataOf, pointOf } from "./phase-data.ts";
import { phaseView } from "./phase-view.ts";
import {
  anglePicture,
  anglesCaption,
  heatPicture,
  marginPicture,
  noAngles,
  spectrumCaption,
  spectrumPicture,
} from "./pictures.ts";
import { asker } from "./questions.ts";
import { situation } from "./situation.ts";
import { after, begin, slowParts, spectrumKey, type TheoryEvent, type TheoryState, wanted } from "./state.ts";
import { thresholdsView } from "./thresholds-view.ts";
import { whyView } from "./why-view.ts";

/** Milliseconds without a move after which the dials rest. */
const pause = 120;

/** The first tab: two clusters and their dials. Events make states (state.ts), states ask questions (questions.ts) and are shown (the views). */
export function theoryTab(store: Store, solvers: { quick: Solver; slow: Solver }): HTMLElement {
  const view = theoryView(store);
  let state = begin(store.get());
  const tell = (event: TheoryEvent): void => {
    const before = state;
    state = after(state, event);
    view.show(state, before);
  };
  const ask = asker(solvers, tell);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const rest = (): void => {
    if (store.get().tab !== "theory" || state.error !== null) return;
    tell({ kind: "rested" });
    const { dials } = state;
    const next = wanted(dials);
    for (const part of slowParts) {
      const one = next[part];
      if ("words" in one) tell({ kind: "missing", part, key: null, words: one.words });
      else if (one.key !== state[part].asked) ask.draw(part, dials, one.key);
    }
  };
  const move = (dials: State): void => {
    tell({ kind: "moved", dials });
    if (state.error !== null) return;
    ask.answer(dials);
    clearTimeout(timer);
    timer = setTimeout(rest, pause);
  };
  store.listen((dials, before) => {
    if (dials.tab !== "theory" || dials === before) return;
    // Opening the proof asks for nothing.
    if (dials.why !== before.why && keyOf(dials) === keyOf(before)) tell({ kind: "moved", dials });
    else move(dials);
  });
  view.show(state, { ...state, dials: { ...state.dials } });
  move(store.get());
  rest();
  return view.node;
}

/** The document of the tab, and what of it changes from one state to the next. */
function theoryView(store: Store): { node: HTMLElement; show(state: TheoryState, before: TheoryState): void } {
  const dials = dialsView((part) => store.set(part));
  const error = h("p", { class: "error", role: "alert", hidden: true });
  const said = h("p", { class: "verdict", id: "verdict", role: "status" });
  const proved = h("div");
  const note = h("p", { class: "note", id: "theory-note" });
  const aboutLoss = lossNote("loss-note");
  const facts = h("div", { class: "facts" });
  const why = whyView((open) => store.set({ why: open }));
  const clusters = h("div");
  const blocks = h("div");
  const thresholds = h("div");
  const phases = phaseView((point) => store.set(movedTo(point, store.get())));
  const heat = figure(
    "z",
    "Mean predictions Z",
    "Columns: mean prediction of a class. Rows: logits. White lines stand between different counts.",
  );
  const spectrum = figure("singular-values", "Singular values", "");
  const margins = figure(
    "margins",
    "Classes of equal count",
    "p_own − p_other: prediction of the own class less that of another class of equal count; 0 where they merge.",
  );
  const cosines = figure("angles", "Angles", "");
  const first = h("div", {}, phases.figure.node, cosines.node);
  const last = h("div", { class: "last" }, spectrum.node, thresholds, blocks);

  const body = h(
    "div",
    { hidden: true },
    why.node,
    facts,
    h("div", { class: "stacks" }, first, h("div", {}, heat.node, margins.node, clusters), last),
  );

  const showAnswer = ({ answer }: TheoryState): void => {
    if (!answer) return;
    // Before the first answer there is nothing that a picture or a button could be of.
    body.hidden = false;
    const p = answer.prediction;
    fill(said, verdict(p));
    fill(proved, proof(p));
    fill(facts, factsView(p));
    heat.draw(heatPicture(p));
    fill(clusters, clusterTable(p));
    fill(blocks, blockTable(p));
    margins.draw(marginPicture(p));
    document.documentElement.dataset.shown = keyOf(answer.of);
  };
  const showSlow = (state: TheoryState, before: TheoryState): void => {
    const { rest, phases: border, spectrum: values, angles: along } = state;
    if (border.words !== null) {
      if (border !== before.phases) {
        phases.figure.say(border.words);
        // Where there is no diagram the room is another picture's.
        first.insertBefore(spectrum.node, cosines.node);
      }
    } else if (border.shown && (border.shown !== before.phases.shown || state.dials.nonnegative !== before.dials.nonnegative)) {
      const { value, of } = border.shown;
      phases.show(phaseDataOf(value.borders, value.axes, state.dials.nonnegative, of));
      if (spectrum.node.parentElement !== last) last.prepend(spectrum.node);
    }
    if (values.words !== null) spectrum.say(values.words);
    else if (values.shown && rest && (values.shown !== before.spectrum.shown || rest !== before.rest)) {
      // The line of the current lambda_Z follows where the curves are those of the dials.
      const current = values.shown.key === spectrumKey(rest);
      if (values.shown !== before.spectrum.shown) fill(thresholds, thresholdsView(values.shown.value, values.shown.of));
      spectrum.explain(spectrumCaption(values.shown.value, values.shown.of));
      spectrum.draw(spectrumPicture(values.shown.value, current ? rest : values.shown.of));
      if (current) document.documentElement.dataset.thresholds = keyOf(rest);
    }
    if (along.words !== null) cosines.say(along.words);
    else if (along.shown && along.shown !== before.angles.shown) {
      const { value, of } = along.shown;
      const none = noAngles(value, of);
      cosines.explain(anglesCaption(of));
      if (none === null) cosines.draw(anglePicture(value, of));
      else cosines.say(none);
    }
  };

  const node = h(
    "div",
    { class: "theory" },
    dials.node,
    h("div", { class: "answer" }, error, said, proved, note, aboutLoss.node, body),
  );
  return {
    node,
    show(state, before) {
      if (state.dials !== before.dials) dials.show(state.dials);
      aboutLoss.show(isBounded(state.dials) ? "cross-entropy" : state.dials.loss);
      const words = state.error === null ? situation(state.dials, state.answer?.prediction ?? null) : null;
      note.hidden = words === null;
      fill(note, words);
      error.hidden = state.error === null;
      fill(error, state.error);
      if (state.answer !== before.answer) showAnswer(state);
      if (state.answer !== before.answer || state.dials.why !== before.dials.why)
        why.show(state.answer?.prediction ?? null, state.dials.why);
      if (state.error === null) phases.move(pointOf(state.dials));
      showSlow(state, before);
    },
  };
}
