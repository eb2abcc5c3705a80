import { classesByRank, predictedLogits, rankScale, statusShares } from "../../src/pictures/index.ts";
import { marginBars, singularValueCurves, spectrumCurve } from "../../src/plots/index.ts";
import { predictionWord } from "../../src/words/index.ts";
import { choice } from "../controls/choice.ts";
import { h } from "../dom.ts";
import { figure } from "../figures/figure.ts";
import { classesText, eventWords } from "../prediction/words.ts";
import type { State } from "../state.ts";
import { type Answer, isWhole, type Shown } from "./shown.ts";
import { mostGroups } from "./structure-view.ts";

/** The pictures of all classes, for any number of them. */
export interface PicturesView {
  node: HTMLElement;
  /** Those of the structure: groups, thresholds. */
  structure: HTMLElement;
  render(shown: Shown, state: State): void;
}

/** Up to so many classes each has a cell of its own in the heat map; more are averaged over a hundred bins. */
const mostCells = 200;
const bins = 100;

/** The scale of ranks: the one that was chosen, else the usual one of so many classes. */
export const scaleAsked = ({ rankScale: asked }: Pick<State, "rankScale">, K: number): "linear" | "log" =>
  asked === "linear" || asked === "log" ? asked : rankScale(K);

export function picturesView(setScale: (scale: string) => void): PicturesView {
  const scale = choice("rank-scale", "Axis of classes", { linear: "linear", log: "log scale" }, setScale);
  const ranks = figure(
    "data-ranks",
    "Every class, by its number of samples",
    "Margin: the own logit less the largest other one at the mean of the class; below 0 another class is predicted. Classes of many, medium and few samples are shaded, statuses colored.",
  );
  const statuses = figure(
    "data-statuses",
    "What becomes of the classes",
    "own: classified right. outvoted: another class's logit is larger (offsets may help). faded: as good as another class's. merged: one vector with classes of its count.",
  );
  const heat = figure(
    "data-z",
    "Mean predictions Z",
    "Columns: mean prediction of a class. Rows: logits. White lines stand between classes of different counts.",
  );
  const spectrum = figure(
    "data-spectrum",
    "Singular values",
    "Of Z with every class weighted by the root of its count; how many are not 0 is the rank.",
  );
  const groups = figure(
    "data-margins",
    "Classes of equal count",
    "p_own − p_other: prediction of the own class less that of another class of equal count; 0 where they merge.",
  );
  const along = figure(
    "data-singular-values",
    "Singular values along λ_Z",
    "The numbered lines are the thresholds of your counts.",
  );
  const node = h(
    "div",
    { class: "figures" },
    h("div", {}, ranks.node, h("div", { class: "figure-setting" }, scale.node)),
    h("div", { class: "stack" }, statuses.node, spectrum.node),
    heat.node,
  );
  const structure = h("div", { class: "figures" }, groups.node, along.node);

  const draw = (answer: Answer, state: State): void => {
    const xScale = scaleAsked(state, answer.classes.length);
    scale.show(xScale);
    ranks.draw((width) => classesByRank(answer, { width, xScale }));
    statuses.draw((width) => statusShares(answer, { width }));
    // Averages are small beside what stands on the diagonal: a log scale shows both.
    const cells = answer.problem.K > mostCells ? { most: bins, scale: "symlog" as const } : { most: mostCells };
    heat.draw((width) => predictedLogits({ ...answer, Z: null, method: answer.method }, { width, side: 420, ...cells }));
    if (isWhole(answer)) {
      const { singularValues: values } = answer;
      spectrum.draw((width) => spectrumCurve({ values, yLabel: "singular values of Z √D" }, { width }));
    } else spectrum.say("The exact answer will have them.");
    drawGroups(answer);
  };
  const drawGroups = ({ clusters, problem: { loss } }: Answer): void => {
    const some = clusters.length <= mostGroups && clusters.some(({ margin }) => margin !== null);
    groups.node.hidden = !some;
    if (!some) return;
    const bars = clusters.map(({ classes, count, margin }) => ({ label: classesText(classes), count, margin }));
    groups.draw((width) => marginBars({ bars, of: predictionWord[loss] }, { width }));
  };
  const drawAlong = ({ along: found, answer }: Shown): void => {
    along.node.hidden = found === null || answer === null;
    if (!found || !answer) return;
    const { list, lambdaZ, values } = found;
    const { K, lambdaZ: now } = answer.problem;
    const within = now !== null && now >= lambdaZ[0] && now <= lambdaZ[lambdaZ.length - 1];
    const events = list.events.map((e) => ({ at: e.lambdaZ, label: eventWords(e, K) }));
    along.draw((width) =>
      singularValueCurves({ lambdaZ, values, events, current: within ? now : undefined, xScale: "log" }, { width }),
    );
  };

  let drawn: { answer: Answer | null; along: Shown["along"]; scale: string } = { answer: null, along: null, scale: "" };
  return {
    node,
    structure,
    render(shown, state) {
      const { answer } = shown;
      node.hidden = structure.hidden = answer === null;
      if (answer && (answer !== drawn.answer || state.rankScale !== drawn.scale)) draw(answer, state);
      if (answer !== drawn.answer || shown.along !== drawn.along) drawAlong(shown);
      drawn = { answer, along: shown.along, scale: state.rankScale };
    },
  };
}
