import { choice } from "../controls/choice.ts";
import { dial } from "../controls/dial.ts";
import { fill, h } from "../dom.ts";
import { noNumber, parseNumber } from "../parse-number.ts";
import { rules } from "../rules.ts";
import type { State } from "../state.ts";
import { parameters } from "../theory/parameters.ts";
import { networkWords, type Regularizer, regularizerWords } from "./networks.ts";
import { decaysAlone } from "./question.ts";
import { isRunning, type TrainState } from "./state.ts";

/** The fields of a training that is to come; while one runs they are its own and fixed, but for lambda_Z. */
export interface Controls {
  node: HTMLElement;
  show(state: State, training: TrainState): void;
}

export function trainControls(set: (change: Partial<State>) => void, moveLambda: (lambdaZ: number) => void): Controls {
  let moving = false;
  const ofTheory = parameters.find((p) => p.id === "lambdaZ") as (typeof parameters)[number];
  const lambda = dial({ ...ofTheory, id: "train-lambda-z" }, (lambdaZ) => (moving ? moveLambda(lambdaZ) : set({ lambdaZ })));
  const decay = dial({ id: "train-decay", label: "weight decay", from: 1e-5, to: 0.1, refuse: rules.trainDecay }, (trainDecay) =>
    set({ trainDecay }),
  );
  const epochs = dial({ id: "epochs", label: "epochs", from: 1, to: 1000, whole: true, refuse: rules.epochs }, (value) =>
    set({ epochs: value }),
  );
  const batch = dial({ id: "batch", label: "batch", from: 2, to: 512, whole: true, refuse: rules.batch }, (value) =>
    set({ batch: value }),
  );
  const seed = h("input", {
    type: "text",
    inputmode: "numeric",
    id: "seed",
    autocomplete: "off",
    "aria-describedby": "seed-message",
  });
  const network = choice("network", "network", networkWords, (value) => set({ network: value }));
  const regularizer = choice("regularizer", "regularized by", regularizerWords, (value) => set({ regularizer: value }));
  let shown = "0";
  const seedMessage = h("p", { class: "message", id: "seed-message", role: "status" });
  const sayOfSeed = (why: string | null): void => {
    fill(seedMessage, why === null ? null : `seed: ${why}`);
    seed.setAttribute("aria-invalid", String(why !== null));
  };
  seed.addEventListener("input", () => {
    const value = parseNumber(seed.value);
    const why = value === null ? noNumber(seed.value) : rules.seed(value);
    sayOfSeed(why);
    if (why === null) set({ seed: value as number });
  });
  // As with the dials: what was refused changes nothing.
  seed.addEventListener("blur", () => {
    sayOfSeed(null);
    seed.value = shown;
  });
  const moved = h("p", { class: "note" }, "λ_Z may be moved while it trains: it counts from the next epoch on.");
  const fixed = [decay.node, epochs.node, batch.node, network.node, regularizer.node];
  return {
    node: h(
      "div",
      { class: "train-fields" },
      network.node,
      regularizer.node,
      lambda.node,
      moved,
      decay.node,
      epochs.node,
      batch.node,
      h("div", { class: "dial" }, h("label", { for: "seed" }, "seed"), seed, seedMessage),
    ),
    show(state, training) {
      moving = isRunning(training);
      const of = (moving && training.question) || {
        ...state,
        weightDecay: state.trainDecay,
        regularizer: state.regularizer as Regularizer,
      };
      lambda.show(moving ? training.lambdaZ : state.lambdaZ);
      decay.show(of.weightDecay);
      epochs.show(of.epochs);
      batch.show(of.batch);
      shown = String(of.seed);
      if (document.activeElement !== seed) seed.value = shown;
      network.show(of.network);
      regularizer.show(of.regularizer);
      lambda.node.hidden = decaysAlone(of.regularizer);
      moved.hidden = lambda.node.hidden || !moving;
      decay.node.hidden = of.regularizer === "lambdas";
      for (const node of fixed)
        for (const input of node.querySelectorAll<HTMLInputElement | HTMLSelectElement>("input, select")) input.disabled = moving;
      seed.disabled = moving;
    },
  };
}
