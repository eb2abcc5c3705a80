import { commandLine } from "../controls/command-line.ts";
import { type Dial, dial } from "../controls/dial.ts";
import { lossChoice } from "../controls/loss-choice.ts";
import { h } from "../dom.ts";
import type { State } from "../state.ts";
import { applies, commandOf, isBounded, labelOf, type Parameter, parameters } from "./parameters.ts";

/** Everything of the first tab that can be set; `change` is told. `show` puts the dials where a state says. */
export function dialsView(change: (part: Partial<State>) => void): { node: HTMLElement; show(state: State): void } {
  const dials = new Map<Parameter, Dial>();
  for (const parameter of parameters)
    dials.set(
      parameter.id,
      dial(parameter, (value) => change({ [parameter.id]: value })),
    );
  const relu = h("input", { type: "checkbox", id: "nonnegative" });
  relu.addEventListener("change", () => change({ nonnegative: relu.checked }));
  const reluLabel = h("label", { class: "check" }, relu, "nonnegative features (they end in a ReLU)");
  const loss = lossChoice("loss", (name) => change({ loss: name }));
  const model = h(
    "select",
    { id: "model" },
    h("option", { value: "penalties" }, "penalties (λ)"),
    h("option", { value: "layer-peeled" }, "bounds (Layer-Peeled Model)"),
  );
  model.addEventListener("change", () => change({ model: model.value }));
  const command = commandLine("The same on the command line");
  const node = h(
    "div",
    { class: "dials", role: "group", "aria-label": "Two clusters of classes" },
    h("div", { class: "wide" }, h("label", { for: "model" }, "What holds the norms"), model),
    ...[...dials.values()].map((one) => one.node),
    loss.node,
    reluLabel,
    command.node,
  );
  return {
    node,
    show(state) {
      for (const parameter of parameters) {
        const { id } = parameter;
        const one = dials.get(id);
        if (one) one.node.hidden = !applies(id, state);
        one?.rename(labelOf(parameter, state));
        one?.show(state[id]);
      }
      relu.checked = state.nonnegative;
      model.value = state.model;
      loss.show(state.loss);
      loss.node.hidden = reluLabel.hidden = isBounded(state);
      command.show(commandOf(state));
    },
  };
}
