import type { LossName } from "../../src/loss/index.ts";
import { usualMargin } from "../../src/prediction/index.ts";
import { choice } from "../controls/choice.ts";
import { type Dial, type DialOptions, dial } from "../controls/dial.ts";
import { lossChoice } from "../controls/loss-choice.ts";
import { h } from "../dom.ts";
import { rules } from "../rules.ts";
import { defaults, type State } from "../state.ts";
import type { Store } from "../store.ts";
import { guide } from "./guide.ts";
import { inForm, withLambdaZ } from "./penalties.ts";
import type { Question } from "./question.ts";
import { biasWords, conventionWords, endWords, optimizerWords, penaltyWords, trainingWords } from "./training-words.ts";

/** How it is trained: the question that decides the answer, with the settings of each way. */
export interface TrainingField {
  /** The ways. */
  node: HTMLElement;
  /** The settings of the one that is chosen. */
  settings: HTMLElement;
  show(state: State): void;
  /** What is asked: another way begins where this one is. */
  asked(question: Question | null): void;
}

type DataDial =
  | "weightDecay"
  | "branches"
  | "dataLambdaZ"
  | "dataLambdaW"
  | "dataLambdaH"
  | "dataLambdaB"
  | "boundW"
  | "boundH"
  | "margin";

const dialOptions: Record<DataDial, Omit<DialOptions, "refuse">> = {
  weightDecay: { id: "weight-decay", label: "weight decay", from: 1e-5, to: 1 },
  branches: { id: "branches", label: "J, branches that share a feature (ResNet18: 1 to 3)", from: 1, to: 4 },
  dataLambdaZ: { id: "data-lambda-z", label: "λ_Z = √(λ_W λ_H)", from: 1e-7, to: 1 },
  dataLambdaW: { id: "data-lambda-w", label: "λ_W, of the head", from: 1e-7, to: 1 },
  dataLambdaH: { id: "data-lambda-h", label: "λ_H, of the features", from: 1e-9, to: 1 },
  dataLambdaB: {
    ...{ id: "data-lambda-b", label: "λ_b", from: 1e-5, to: 10 },
    ...{ zero: "a bias without penalty", infinity: "no bias" },
  },
  boundW: { id: "bound-w", label: "E_W, bound on the mean |w|² of the head's rows", from: 0.01, to: 1000 },
  boundH: { id: "bound-h", label: "E_H, bound on the mean |h|² of the classes", from: 0.01, to: 1000 },
  margin: { id: "margin", label: "margin to reach, in logits", from: 0.01, to: 20 },
};

export function trainingField(store: Store): TrainingField {
  const dials = Object.fromEntries(
    Object.entries(dialOptions).map(([name, options]) => [
      name,
      dial({ ...options, refuse: rules[name as DataDial] }, (value) => store.set({ [name]: value })),
    ]),
  ) as Record<DataDial, Dial>;
  const set =
    (name: keyof State) =>
    (value: string): void =>
      store.set({ [name]: value });
  const optimizer = choice("optimizer", "Optimizer", optimizerWords, set("optimizer"));
  const ends = choice("ends", "Right before the last linear layer", endWords, set("ends"));
  const decayedBias = choice("decayed-bias", "The head's bias", biasWords, set("decayedBias"));
  const convention = choice("convention", "How the lambdas are meant", conventionWords, set("convention"));
  const form = choice("penalties", "Penalties on head and features", penaltyWords, (to) => store.set(inForm(to, store.get())));
  const relu = h("input", { type: "checkbox", id: "data-nonnegative" });
  relu.addEventListener("change", () => store.set({ dataNonnegative: relu.checked }));
  const loss = lossChoice("data-loss", (next) => {
    // A margin that was not chosen is the usual one of the loss.
    const { margin, dataLoss } = store.get();
    const moved = margin === usualMargin(dataLoss as LossName) ? { margin: usualMargin(next) } : {};
    store.set({ dataLoss: next, ...moved });
  });
  let question: Question | null = null;
  const radios = Object.entries(trainingWords).map(([value, { title, about }]) => {
    const radio = h("input", { type: "radio", name: "training", value, id: `training-${value}` });
    radio.addEventListener("change", () => store.set({ training: value, ...startOf(value, store.get(), question) }));
    return { value, radio, node: h("label", { class: "radio" }, radio, h("span", {}, h("strong", {}, title), `: ${about}`)) };
  });
  const groups: Record<string, HTMLElement> = {
    decay: h(
      "div",
      { class: "wide" },
      ...[optimizer.node, dials.weightDecay.node, ends.node, dials.branches.node, decayedBias.node],
    ),
    penalties: h(
      "div",
      { class: "wide" },
      ...[
        form.node,
        dials.dataLambdaZ.node,
        dials.dataLambdaW.node,
        dials.dataLambdaH.node,
        dials.dataLambdaB.node,
        convention.node,
      ],
      h("label", { class: "check" }, relu, "nonnegative features (they end in a ReLU)"),
    ),
    norms: h("div", { class: "wide" }, dials.boundW.node, dials.boundH.node),
    unknown: guide((clue) => store.set(clue)),
  };
  const lossAndMargin = h("div", { class: "wide" }, loss.node, dials.margin.node);
  return {
    node: h("fieldset", { class: "question" }, h("legend", {}, "How is it trained?"), ...radios.map(({ node }) => node)),
    settings: h("div", { class: "settings" }, ...Object.values(groups), lossAndMargin),
    show(state) {
      for (const { value, radio } of radios) radio.checked = value === state.training;
      for (const [name, group] of Object.entries(groups)) group.hidden = name !== state.training;
      for (const name of Object.keys(dials) as DataDial[]) dials[name].show(state[name]);
      optimizer.show(state.optimizer);
      ends.show(state.ends);
      decayedBias.show(state.decayedBias);
      convention.show(state.convention);
      form.show(state.dataPenalties);
      const each = state.dataPenalties === "each";
      dials.dataLambdaZ.node.hidden = each;
      dials.dataLambdaW.node.hidden = dials.dataLambdaH.node.hidden = !each;
      relu.checked = state.dataNonnegative;
      loss.show(state.dataLoss);
      lossAndMargin.hidden = state.training === "norms";
    },
    asked(now) {
      question = now;
    },
  };
}

/** Explicit penalties that nobody chose begin where the weight decay is: any other number would be another training. */
function startOf(training: string, state: State, question: Question | null): Partial<State> {
  if (training !== "penalties" || question?.lambdaZ == null || chosen(state)) return {};
  return {
    ...withLambdaZ(Number(question.lambdaZ.toPrecision(3)), state),
    dataLambdaB: state.decayedBias === "decays" ? state.weightDecay : state.decayedBias === "free" ? 0 : Number.POSITIVE_INFINITY,
    dataNonnegative: question.input.ends === "batch-norm-relu",
  };
}

/** Whether somebody chose a penalty. */
const chosen = (state: State): boolean =>
  (["dataLambdaZ", "dataLambdaW", "dataLambdaH"] as const).some((name) => state[name] !== defaults[name]);
