import { curves, heatMaps } from "../../src/plots/index.ts";
import { h } from "../dom.ts";
import { collapseFigures } from "../figures/collapse.ts";
import { figure } from "../figures/figure.ts";
import { paced } from "../figures/paced.ts";
import { collapseOf, fitted, separationsOf, wide, zOf } from "./pictures.ts";
import type { TrainState } from "./state.ts";

/** Matrices beside one another may be larger than those above one another. */
const sideOf = (width: number): number | undefined => (width < wide ? undefined : 360);

/** The pictures of a training, drawn a picture a frame. */
export function trainFigures(): {
  node: HTMLElement;
  draw(state: TrainState): void;
  /** Draws what was left as it was while it could not be seen. */
  catchUp(): void;
} {
  const heat = figure(
    "train-z",
    "Mean predictions Z",
    "The measured Z is the head applied to the class means of the training features.",
    { whenSeen: true },
  );
  const collapse = collapseFigures("train", { whenSeen: true });
  const separation = figure(
    "train-separation",
    "Separation of the rarest classes",
    "Largest distance between the mean predictions of two classes of the least count.",
    { whenSeen: true },
  );
  const later = paced();
  const draw = (state: TrainState): void => {
    const none = state.epochs.length === 0;
    later("z", () => {
      const data = zOf(state);
      if (data) heat.draw((width) => heatMaps(fitted(data, width), { width, side: sideOf(width) }));
      else heat.say(nothing);
    });
    for (const key of ["nc1", "error"] as const)
      later(key, () => {
        const data = collapseOf(state, key);
        collapse.drawOne(key, data, none ? nothing : "Nothing is predicted of this training.");
      });
    later("separation", () => {
      const data = separationsOf(state);
      if (data) separation.draw((width) => curves(data, { width }));
      else separation.say(nothing);
    });
  };
  // The matrices are as high as two curves: two stacks leave no room empty.
  const stacks = [
    [heat, separation],
    [collapse.nc1, collapse.error],
  ];
  const node = h(
    "div",
    { class: "figures pair" },
    stacks.map((some) =>
      h(
        "div",
        {},
        some.map((one) => one.node),
      ),
    ),
  );
  for (const one of stacks.flat()) one.say(nothing);
  return {
    node,
    draw,
    catchUp() {
      stacks.flat().forEach((one, i) => {
        later(`late ${i}`, () => one.catchUp());
      });
    },
  };
}

const nothing = "Nothing is trained yet.";
