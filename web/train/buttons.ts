import { h } from "../dom.ts";
import { isRunning, type TrainState } from "./state.ts";

/** What a visitor can do with a training. */
export type TrainActions = Record<"start" | "pause" | "step" | "reset" | "save", () => void>;

/** The buttons, as the state allows them, and what the dials say: `refused` is why that is not trained. */
export function trainButtons(actions: TrainActions): {
  node: HTMLElement;
  show(state: TrainState, refused: string | null): void;
} {
  const start = button("train-start", "start", actions.start, true);
  const pause = button("train-pause", "pause", actions.pause);
  const step = button("train-step", "one epoch", actions.step);
  const reset = button("train-reset", "reset", actions.reset);
  const save = button("train-save", "save", actions.save);
  return {
    node: h("div", { class: "buttons" }, start, pause, step, reset, save),
    show(state, refused) {
      const running = isRunning(state);
      start.disabled = running || refused !== null;
      pause.disabled = !running;
      pause.textContent = state.phase === "paused" ? "continue" : "pause";
      step.disabled = running ? state.phase !== "paused" : refused !== null;
      reset.disabled = state.phase === "none";
      save.disabled = state.epochs.length === 0;
      save.textContent = state.saved && state.epochs.length > 0 ? "saved" : "save";
    },
  };
}

export function button(id: string, label: string, action: () => void, primary = false): HTMLButtonElement {
  const made = h("button", { type: "button", id, class: primary ? "primary" : undefined }, label);
  made.addEventListener("click", action);
  return made;
}
