import { commandLine } from "../controls/command-line.ts";
import { h } from "../dom.ts";
import type { State } from "../state.ts";
import type { Store } from "../store.ts";
import { wayOut } from "../way-out.ts";
import { adviceView } from "./advice-view.ts";
import { answerView } from "./answer-view.ts";
import { asking } from "./asking.ts";
import { classList } from "./class-list.ts";
import { classesField } from "./classes-field.ts";
import { commandOf } from "./commands.ts";
import { withLambdaZ } from "./penalties.ts";
import { picturesView } from "./pictures-view.ts";
import { questionOfState } from "./question.ts";
import { afterwards, type Happening, nothing, type Shown } from "./shown.ts";
import { mostGroups, structureTables } from "./structure-view.ts";
import { trainingField } from "./training-field.ts";
import { dataControls } from "./way-out.ts";

/**
 * The second tab: the class counts of a data set, what the theory says of them, and what helps. What stands is a value (shown.ts); what is asked goes to workers (asking.ts), whose answers change it;
 * views show it.
 */
export function dataTab(store: Store): HTMLElement {
  let shown: Shown = nothing;
  const asks = asking(happen);
  const classes = classesField(store);
  const training = trainingField(store);
  const answer = answerView(asks, (lambdaZ) => store.set(withLambdaZ(lambdaZ, store.get())));
  const pictures = picturesView((rankScale) => store.set({ rankScale }));
  const list = classList();
  const tables = structureTables();
  const advice = adviceView(asks, (remedy) => store.set({ remedy }));
  const commands = {
    predict: commandLine("The same on the command line"),
    advise: commandLine("What helps, on the command line"),
  };
  const structure = h("section", {}, h("h2", {}, "Structure"), pictures.structure, tables.node);
  const rest = h("div", {}, pictures.node, list.node, structure);
  const node = h(
    "div",
    { class: "data" },
    h(
      "div",
      { class: "asked", role: "group", "aria-label": "Training and class counts" },
      ...[training.node, training.settings, classes.node],
    ),
    h("div", { class: "answer" }, answer.node, rest, advice.node, commands.predict.node, commands.advise.node),
  );

  function happen(happening: Happening): void {
    const before = shown;
    shown = afterwards(shown, happening);
    if (shown !== before) render(before);
  }

  function render(before: Shown): void {
    answer.render(shown);
    rest.hidden = shown.answer === null;
    structure.hidden = (shown.answer?.clusters.length ?? 0) > mostGroups;
    advice.node.hidden = shown.question === null;
    if (shown.answer && shown.answer !== before.answer) list.show(shown.answer);
    pictures.render(shown, store.get());
    tables.render(shown);
    advice.render(shown, store.get());
    const { question } = shown;
    if (question && shown.solving.is === "done") document.documentElement.dataset.predicted = question.answerKey;
    node.dataset.key = question?.key ?? "";
    for (const task of ["solving", "advising", "drawing"] as const) node.dataset[task] = shown[task].is;
  }

  const update = (state: State): void => {
    classes.show(state);
    training.show(state);
    try {
      const question = questionOfState(state);
      classes.say(question);
      training.asked(question);
      commands.predict.node.hidden = false;
      commands.predict.show(commandOf("predict", state, question, ["--json"]));
      commands.advise.node.hidden = question.penalized === null;
      commands.advise.show(commandOf("advise", state, question, [`--margin ${state.margin}`, "--json"]));
      if (question.key !== shown.question?.key) asks.ask(question);
      else render(shown);
    } catch (problem) {
      const { message } = problem as Error;
      classes.say({ problem: message });
      commands.predict.node.hidden = commands.advise.node.hidden = true;
      training.asked(null);
      asks.leave();
      happen({ key: "", what: "refused", message: wayOut(message, dataControls) });
    }
  };
  store.listen((state) => {
    if (state.tab === "data") update(state);
  });
  update(store.get());
  return node;
}
