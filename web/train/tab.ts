import { toJson } from "../../src/json.ts";
import { commandLine } from "../controls/command-line.ts";
import { fill, h } from "../dom.ts";
import { downloadText } from "../figures/export.ts";
import type { Store } from "../store.ts";
import { button, trainButtons } from "./buttons.ts";
import { startTrainer } from "./client.ts";
import { trainControls } from "./controls.ts";
import { factList } from "./facts.ts";
import { trainFigures } from "./figures.ts";
import { imagesField } from "./images-field.ts";
import type { TrainQuestion } from "./messages.ts";
import { commandOf, questionOf, refused } from "./question.ts";
import { isRunning, savedTraining, type TrainHappening, type TrainState, trained, untrained, wouldBeLost } from "./state.ts";
import { aboutText, problemWords, statusOf, unpredictedText } from "./words.ts";

/** The third tab: a network trained in the page, held against the prediction at every epoch. The state is a value; what is drawn is a function of it. */
export function trainTab(store: Store): HTMLElement {
  let state: TrainState = untrained;
  let files: TrainQuestion["files"] = null;
  const problem = h("p", { id: "train-problem" });
  const offer = h("p", { id: "train-offer" });
  const refusal = h("p", { class: "message", id: "train-refused", role: "status" });
  const status = h("p", { class: "verdict", id: "train-status", role: "status" });
  const error = h("p", { class: "error", role: "alert" });
  const unpredicted = h("p", { class: "note" });
  const about = h("p", { class: "note" });
  const facts = h("div", { class: "facts" });
  const bar = h("progress", { max: 1, value: 0, "aria-label": "steps done" });
  const command = commandLine("The same on the command line (glyphs, λ_Z not moved, on WebAssembly)");
  const figures = trainFigures();
  const controls = trainControls(store.set, (lambdaZ) => {
    trainer.tell({ kind: "lambda", lambdaZ });
    happens({ kind: "lambda", lambdaZ });
  });
  const trainer = startTrainer((message) => happens(message));

  const begin = (once: boolean): void => {
    images.forget();
    const why = refused(store.get(), files);
    if (why !== null) {
      happens({ kind: "refused", message: why });
      return;
    }
    const question = questionOf(store.get(), files);
    happens({ kind: "begun", question });
    trainer.start(question, once);
  };
  const tell = (kind: "pause" | "go" | "step"): void => {
    trainer.tell({ kind });
    happens({ kind });
  };
  const buttons = trainButtons({
    start: () => begin(false),
    pause: () => tell(state.phase === "paused" ? "go" : "pause"),
    step: () => (isRunning(state) ? tell("step") : begin(true)),
    reset() {
      trainer.stop();
      happens({ kind: "reset" });
    },
    save() {
      downloadText("nclab-training.json", "application/json", `${toJson(savedTraining(state))}\n`);
      happens({ kind: "saved" });
    },
  });
  const instead = button("train-this", "train this", () => begin(false));
  const images = imagesField((given) => {
    files = given;
    happens({ kind: "given" });
  });

  /** What depends on the dials too. */
  const showProblem = (): void => {
    const wanted = questionOf(store.get(), files);
    const said = problemWords(state, wanted);
    fill(problem, said.text);
    offer.hidden = said.offer === null;
    fill(offer, said.offer, " ", instead);
    const why = refused(store.get(), files);
    buttons.show(state, why);
    instead.disabled = why !== null;
    // What trains is not what the dials say.
    refusal.hidden = why === null || (isRunning(state) && said.offer === null);
    fill(refusal, why === null ? null : `Not trained as it stands: ${why}.`);
    controls.show(store.get(), state);
    const shown = isRunning(state) && state.question ? state.question : wanted;
    fill(about, aboutText(shown));
    command.show(commandOf(shown));
  };
  const happens = (happening: TrainHappening): void => {
    const before = state;
    state = trained(state, happening);
    bar.max = state.progress.steps;
    bar.value = state.progress.step;
    if (happening.kind === "progress") return;
    fill(status, statusOf(state));
    error.hidden = state.error === null;
    fill(error, state.error);
    const why = unpredictedText(state);
    unpredicted.hidden = why === null;
    fill(unpredicted, why);
    if (happening.kind === "epoch") buttons.show(state, refused(store.get(), files));
    else showProblem();
    // What rests is shown as it is, wherever the page stands.
    if (happening.kind === "paused" || !isRunning(state)) figures.catchUp();
    if (state.epochs === before.epochs) return;
    fill(facts, factList(state));
    figures.draw(state);
  };
  store.listen((dials, before) => {
    if (dials.tab !== "train") return;
    showProblem();
    if (dials.tab !== before.tab) figures.draw(state);
  });
  // A browser asks before it leaves what would be lost.
  addEventListener("beforeunload", (event) => {
    if (wouldBeLost(state)) event.preventDefault();
  });
  happens({ kind: "reset" });

  return h(
    "div",
    { class: "train" },
    h(
      "div",
      { class: "dials", role: "group", "aria-label": "Training" },
      h("div", { class: "wide" }, problem, offer, refusal, buttons.node, bar),
      controls.node,
      h("div", { class: "wide" }, images.node, command.node),
    ),
    h("div", { class: "answer" }, error, status, unpredicted, about, facts, figures.node),
  );
}
