import { h } from "../dom.ts";
import type { State } from "../state.ts";
import { clues } from "./training-words.ts";

/** What to look for in a training script, each with a button that sets what it means. */
export function guide(choose: (settings: Partial<State>) => void): HTMLElement {
  const rows = clues.map(({ seen, means, set }) => {
    const button = h("button", { type: "button", class: "small" }, "this is mine");
    button.addEventListener("click", () => choose(set));
    return h("li", {}, h("span", { class: "seen" }, seen), ` → ${means} `, button);
  });
  return h(
    "div",
    { class: "wide guide", id: "training-guide" },
    h("p", {}, "Look for these in the training script; until then the answer is that of the most usual training."),
    h("ul", {}, ...rows),
    h("p", {}, "With a checkpoint at hand, this says what ends its network:"),
    h("code", { class: "command guide-command" }, "nclab ends checkpoint.pt"),
  );
}
