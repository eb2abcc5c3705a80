import { fullRank, type LossName, lossNames } from "../../src/loss/index.ts";
import { fill, h } from "../dom.ts";
import { type Choice, choice } from "./choice.ts";

/** The loss that is minimized, as `--loss` names it, and what it makes of the words beside the answer. */
export const lossTitles: Record<LossName, string> = {
  "cross-entropy": "cross-entropy",
  square: "square, ½ |z + b − target|²",
  bce: "bce, binary cross-entropy",
};

const notes: Record<LossName, string | null> = {
  "cross-entropy": null,
  square:
    "Square loss: predictions p are the logits themselves, and no common shift of them is free, so Z may have rank K. Classes of equal count merge at the same λ_Z as under cross-entropy; without a bias each class goes by its own count.",
  bce: "Binary cross-entropy: every logit stands for itself, against 0; its prediction p is the sigmoid, and no common shift of the logits is free, so Z may have rank K. Classes of equal count merge at the same λ_Z as under cross-entropy.",
};

/** Why there are no phases: for every loss but cross-entropy. */
export const noPhases: string =
  "The phases (a) to (d) are those of cross-entropy's closed form: the diagram has none for this loss. The thresholds below say where its structure changes.";

export const lossChoice = (id: string, choose: (loss: LossName) => void): Choice =>
  choice(id, "Loss", lossTitles, (loss) => choose(loss as LossName));

/** A sentence about a loss that is not the usual one; `show` keeps it in step. */
export function lossNote(id: string): { node: HTMLElement; show(loss: string): void } {
  const node = h("p", { class: "note", id, hidden: true });
  return {
    node,
    show(loss) {
      const text = notes[loss as LossName];
      node.hidden = text === null;
      fill(node, text);
    },
  };
}

/** The loss as an option of the command line, where it is not the usual one. */
export const lossOption = (loss: string): string[] => (loss === lossNames[0] ? [] : [`--loss ${loss}`]);

/** `rank of Z (at most 9)`. */
export const rankTitle = (p: Parameters<typeof fullRank>[0]): string => `rank of Z (at most ${fullRank(p)})`;
