import { bands, curves } from "../../src/plots/index.ts";
import { curvesOf, marginCurves, type Series, saidOf, statusBands, type WatchState } from "../../src/watch/index.ts";
import { fill, h } from "../dom.ts";
import { figure } from "../figures/figure.ts";
import type { Solver } from "../solver/client.ts";
import { type Goal, goalsOf } from "./goals.ts";
import { followed } from "./source.ts";
import { latestTable, trainingTable, wrongList } from "./views.ts";

/** Milliseconds between two drawings: a training's folder is read much faster than an eye sees. */
const pause = 300;

/** The tab of `nclab watch`: trainings that go on, drawn anew when something has changed. */
export function watchTab({ slow }: { slow: Solver }): HTMLElement {
  let state: WatchState | null = null;
  let waiting = false;
  const said = h("p", { class: "verdict", id: "watch-status", role: "status" }, "Connecting …");
  const lost = h("p", { class: "error", role: "alert", hidden: true }, lostWords);
  const tables = h("div");
  const wrong = h("div");
  const latest = h("div");
  const choice = h("select", { id: "watch-choice" });
  const chosen = h("p", { hidden: true }, h("label", { for: "watch-choice" }, "Margins and classes of "), choice);
  const pictures = watchFigures();
  const goals = goalsOf(slow, () => later());

  const draw = (): void => {
    waiting = false;
    if (!state) return;
    fill(said, saidOf(state));
    fill(wrong, wrongList(state));
    fill(tables, state.series.length > 0 && trainingTable(state, goals.of));
    const one = options(choice, state);
    chosen.hidden = state.series.length < 2;
    const goal = one && goals.of(one);
    fill(latest, one && latestTable(one, goal));
    pictures.draw(state, one, goal);
  };
  const later = (): void => {
    if (!waiting) setTimeout(draw, pause);
    waiting = true;
  };
  choice.addEventListener("change", draw);
  followed(
    (next) => {
      state = next;
      later();
    },
    (gone) => {
      lost.hidden = !gone;
      if (gone && !state) fill(said, "Nothing is watched here.");
    },
  );
  return h("div", { class: "answer" }, lost, said, wrong, tables, chosen, pictures.node, latest);
}

const lostWords = "There is no connection to nclab watch. `nclab watch DIR` serves this page; it is tried again and again.";

/** Fills the choice with the trainings there are, the chosen one kept; the one that is chosen. */
function options(choice: HTMLSelectElement, { series }: WatchState): Series | null {
  const names = series.map(({ name }) => name);
  const before = [...choice.options].map(({ value }) => value);
  if (names.join("\n") !== before.join("\n")) {
    const kept = choice.value;
    fill(choice, ...names.map((name) => h("option", { value: name }, name)));
    choice.value = names.includes(kept) ? kept : (names.at(-1) ?? "");
  }
  return series.find(({ name }) => name === choice.value) ?? null;
}

/** The pictures, hidden while there is nothing to draw. */
function watchFigures(): { node: HTMLElement; draw(state: WatchState, one: Series | null, goal: Goal | null): void } {
  const nc1 = figure("watch-nc1", "NC1", "Variation within classes against that between them (paper's weighting).");
  const error = figure("watch-error", "Distance from the prediction", "|Z − Z*| / |Z*|, Frobenius norms.");
  const margins = figure(
    "watch-margins",
    "Margins",
    "Own logit at the class mean minus the largest other, the least of each group; below 0 the class is outvoted.",
  );
  const status = figure(
    "watch-status-bands",
    "What has become of the classes",
    "How many are their own, outvoted, faded, merged.",
  );
  const node = h("div", { class: "figures" }, nc1.node, error.node, margins.node, status.node);
  node.hidden = true;
  const draw = (state: WatchState, one: Series | null, goal: Goal | null): void => {
    node.hidden = !one;
    if (!one) return;
    for (const [picture, key, yLabel, otherwise] of [
      [nc1, "nc1", "NC1 (paper)", "Nothing is measured yet."],
      [error, "error", "|Z − Z*| / |Z*|", noError],
    ] as const) {
      const found = curvesOf(state, key);
      if (found) picture.draw((width) => curves({ xLabel: found.axis, yLabel, yScale: "log", runs: found.lines }, { width }));
      else picture.say(otherwise);
    }
    const known = goal && "prediction" in goal ? goal.prediction : null;
    const lines = marginCurves(one, known);
    const why = goal && "why" in goal ? ` No prediction: ${goal.why}.` : "";
    if (lines)
      margins.draw((width) =>
        curves({ xLabel: lines.axis, yLabel: `margin in logits, ${one.name}`, yScale: "linear", runs: lines.lines }, { width }),
      );
    else margins.say(`Margins need a head beside the features.${why}`);
    const shares = statusBands(one, known);
    if (shares) status.draw((width) => bands({ ...shares, xLabel: shares.axis, yLabel: `classes of ${one.name}` }, { width }));
    else status.say("This needs a head beside the features.");
  };
  return { node, draw };
}

const noError =
  "Nothing is compared: no lambdas or weight decay are known (nclab watch --weight-decay X --ends E, --lambda-z X; Recorder(optimizer=...)).";
