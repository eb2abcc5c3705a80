import { type Series, saidOf, type WatchState } from "../../src/watch/index.ts";
import { fill, h } from "../dom.ts";
import { latestTable } from "../prediction/latest-table.ts";
import type { Solver } from "../solver/client.ts";
import { watchFigures } from "./figures.ts";
import { goalsOf } from "./goals.ts";
import { followed } from "./source.ts";
import { trainingTable, wrongList } from "./views.ts";

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
    fill(latest, one && latestTable("watch-classes", one, goal && "prediction" in goal ? goal.prediction : null));
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
