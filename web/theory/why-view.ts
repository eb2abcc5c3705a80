import { fill, h } from "../dom.ts";
import { formula } from "../formulas/math.ts";
import type { Answer } from "./answer.ts";
import { proofHead, proofLines } from "./proof-lines.ts";

/** The panel that says why this is the minimum. Its lines are made only where they are seen: a moving slider has other work. */
export function whyView(onToggle: (open: boolean) => void): {
  node: HTMLElement;
  show(answer: Answer | null, open: boolean): void;
} {
  const body = h("div", { class: "why-lines" });
  const node = h("details", { id: "why" }, h("summary", {}, "Why this is the minimum"), body);
  let wanted = false;
  // The event also comes, later, when the state opens it.
  node.addEventListener("toggle", () => {
    if (node.open !== wanted) onToggle(node.open);
  });
  return {
    node,
    show(answer, open) {
      wanted = open;
      if (node.open !== open) node.open = open;
      if (open && answer) fill(body, ...whyLines(answer));
    },
  };
}

export function whyLines(answer: Answer): HTMLElement[] {
  return [
    h("p", { class: answer.certified ? "note" : "note unproved", id: "why-head" }, proofHead(answer)),
    h(
      "ol",
      {},
      ...proofLines(answer).map(({ id, words, source, values }) =>
        h("li", { id: `why-${id}` }, h("span", {}, words), " ", formula(source, values)),
      ),
    ),
  ];
}
