import type { LossName } from "../../src/loss/index.ts";
import { usualMargin } from "../../src/prediction/index.ts";
import { conventions, missingNumbers, type ProblemInput } from "../../src/problem/index.ts";
import { commandLine } from "../controls/command-line.ts";
import { type Dial, dial } from "../controls/dial.ts";
import { fileDrop } from "../controls/file-drop.ts";
import { lossChoice } from "../controls/loss-choice.ts";
import { fill, h } from "../dom.ts";
import { rules } from "../rules.ts";
import { newestOnly, Stopped } from "../solver/client.ts";
import type { State } from "../state.ts";
import type { Store } from "../store.ts";
import { type Answer, answerView } from "./answer.ts";
import { biasWords, commandOf, conventionWords, dataKey, endWords, presets, problemOfState } from "./question.ts";
import { accepted, classesOfFile, type Meaning, textOfClasses } from "./read-counts.ts";
import { interruptible } from "./solver.ts";

/** The second tab: the class counts of a data set, what the theory says of them, and what helps. */
/** Milliseconds that a solve may take before a new question ends it. */
const patience = 300;

interface Question {
  state: State;
  input: ProblemInput;
  names: string[] | null;
}

type DataDial = "dataLambdaZ" | "dataLambdaB" | "margin" | "weightDecay" | "branches";

export function dataTab(store: Store): HTMLElement {
  const first = interruptible();
  const rest = interruptible();
  const text = h("textarea", { id: "counts", rows: 4, spellcheck: "false", "aria-describedby": "counts-message" });
  const message = h("p", { class: "message", id: "counts-message", role: "alert" });
  const preset = h(
    "select",
    { id: "preset" },
    h("option", { value: "" }, "choose …"),
    ...presets.map(({ text, title }) => h("option", { value: text }, title)),
  );
  const meaning = h(
    "select",
    { id: "meaning" },
    h("option", { value: "counts" }, "one count a line"),
    h("option", { value: "labels" }, "one label a line"),
  );
  const convention = h("select", { id: "convention" }, ...conventions.map((c) => h("option", { value: c }, conventionWords[c])));
  const relu = h("input", { type: "checkbox", id: "data-nonnegative" });
  const loss = lossChoice("data-loss", (next) => {
    // A margin that was not chosen is the usual one of the loss.
    const { margin, dataLoss } = store.get();
    const moved = margin === usualMargin(dataLoss as LossName) ? { margin: usualMargin(next) } : {};
    store.set({ dataLoss: next, ...moved });
  });
  const ends = h("select", { id: "ends" }, ...Object.entries(endWords).map(([value, text]) => h("option", { value }, text)));
  const decayedBias = h(
    "select",
    { id: "decayed-bias" },
    ...Object.entries(biasWords).map(([value, text]) => h("option", { value }, text)),
  );
  const dials: Record<DataDial, Dial> = {
    weightDecay: dial(
      { id: "weight-decay", label: "weight decay", from: 1e-5, to: 1, refuse: rules.weightDecay },
      (weightDecay) => store.set({ weightDecay }),
    ),
    branches: dial(
      { id: "branches", label: "J, branches that share a feature (ResNet18: 1 to 3)", from: 1, to: 4, refuse: rules.branches },
      (branches) => store.set({ branches }),
    ),
    dataLambdaZ: dial({ id: "data-lambda-z", label: "λ_Z", from: 1e-6, to: 1, refuse: rules.dataLambdaZ }, (dataLambdaZ) =>
      store.set({ dataLambdaZ }),
    ),
    dataLambdaB: dial(
      {
        id: "data-lambda-b",
        label: "λ_b",
        from: 1e-5,
        to: 10,
        zero: "a bias without penalty",
        infinity: "no bias",
        refuse: rules.dataLambdaB,
      },
      (dataLambdaB) => store.set({ dataLambdaB }),
    ),
    margin: dial(
      {
        id: "margin",
        label: "margin in logits",
        from: 0.01,
        to: 20,
        refuse: rules.margin,
      },
      (margin) => store.set({ margin }),
    ),
  };
  text.addEventListener("input", () => store.set({ counts: text.value.trim() }));
  preset.addEventListener("change", () => preset.value && store.set({ counts: preset.value }));
  ends.addEventListener("change", () => store.set({ ends: ends.value }));
  decayedBias.addEventListener("change", () => store.set({ decayedBias: decayedBias.value }));
  convention.addEventListener("change", () => store.set({ convention: convention.value }));
  relu.addEventListener("change", () => store.set({ dataNonnegative: relu.checked }));
  const drop = fileDrop(
    `Drop a file of counts or labels (${accepted.replaceAll(",", ", ")}), or choose one`,
    { accept: accepted },
    async ([file]) => {
      try {
        const classes = await classesOfFile(file, meaning.value as Meaning);
        const text = textOfClasses(classes);
        if (text === store.get().counts) update(store.get());
        else store.set({ counts: text });
        fill(message, missingNumbers(classes.names));
      } catch (error) {
        fill(message, (error as Error).message);
      }
    },
  );

  const byLambdas = h(
    "div",
    { class: "wide" },
    dials.dataLambdaZ.node,
    dials.dataLambdaB.node,
    h("div", {}, h("label", { for: "convention" }, "How the lambdas are meant"), convention),
    h("label", { class: "check" }, relu, "nonnegative features (they end in a ReLU)"),
  );
  const byDecay = h(
    "div",
    { class: "wide" },
    dials.weightDecay.node,
    dials.branches.node,
    h("div", {}, h("label", { for: "decayed-bias" }, "The head's bias"), decayedBias),
  );
  const error = h("p", { class: "error", role: "alert", hidden: true });
  const predictCommand = commandLine("The same on the command line");
  const adviseCommand = commandLine("The remedies on the command line");
  const answer = answerView();

  const fail = (problem: Error): void => {
    if (problem instanceof Stopped) return;
    answer.markOld();
    error.hidden = false;
    fill(error, problem.message);
    if (/^(counts|long tail)/.test(problem.message)) fill(message, problem.message);
  };
  let timer: ReturnType<typeof setTimeout> | undefined;
  let since = Number.POSITIVE_INFINITY;
  const solve = newestOnly(
    ({ input, names }: Question) => {
      since = performance.now();
      return first.ask("predict", { ...input, names });
    },
    (p, question) => {
      since = Number.POSITIVE_INFINITY;
      error.hidden = true;
      answer.show(p);
      document.documentElement.dataset.predicted = dataKey(question.state);
      clearTimeout(timer);
      timer = setTimeout(() => void later(question, p), 200);
    },
    fail,
  );
  /** What takes longer, once the dials are at rest. */
  const later = async ({ state, input }: Question, p: Answer): Promise<void> => {
    rest.stop();
    try {
      answer.waitForAdvice();
      answer.showAdvice(await rest.ask("advise", { input, options: { margin: state.margin } }), p);
      await answer.showThresholds(input, p, rest.ask);
      document.documentElement.dataset.data = dataKey(state);
    } catch (problem) {
      fail(problem as Error);
    }
  };

  const update = (state: State): void => {
    if (document.activeElement !== text || text.value.trim() !== state.counts) text.value = state.counts;
    preset.value = presets.some((p) => p.text === state.counts) ? state.counts : "";
    convention.value = state.convention;
    relu.checked = state.dataNonnegative;
    loss.show(state.dataLoss);
    ends.value = state.ends;
    decayedBias.value = state.decayedBias;
    byLambdas.hidden = state.ends !== "lambdas";
    byDecay.hidden = state.ends === "lambdas";
    for (const name of Object.keys(dials) as DataDial[]) dials[name].show(state[name]);
    try {
      const asked = problemOfState(state);
      fill(message);
      predictCommand.show(commandOf("predict", state, asked, ["--json"]));
      adviseCommand.show(commandOf("advise", state, asked, [`--margin ${state.margin}`, "--json"]));
      // Nobody waits for the answer to a long problem that is no longer asked; a short one is let through, so that pictures follow a slider.
      if (performance.now() - since > patience) first.stop();
      rest.stop();
      clearTimeout(timer);
      solve({ state, ...asked });
    } catch (problem) {
      fail(problem as Error);
    }
  };
  store.listen((state, before) => {
    if (state.tab === "data" && dataKey(state) !== dataKey(before)) update(state);
  });
  update(store.get());

  return h(
    "div",
    { class: "data" },
    h(
      "div",
      { class: "dials", role: "group", "aria-label": "Class counts and regularization" },
      h(
        "div",
        { class: "wide" },
        h("label", { for: "counts" }, "Samples of each class: 5x500,5x100, a list, or a long tail exp:K:nmax:factor"),
        text,
        message,
        h("label", { for: "preset" }, "Presets"),
        preset,
        drop,
        h("label", { for: "meaning" }, "A file of text holds"),
        meaning,
      ),
      h("div", { class: "wide" }, h("label", { for: "ends" }, "How the training is regularized"), ends),
      byDecay,
      byLambdas,
      loss.node,
      h("div", { class: "wide" }, dials.margin.node),
    ),
    h("div", { class: "answer" }, error, answer.node, predictCommand.node, adviseCommand.node),
  );
}
