import { toJson } from "../../src/json.ts";
import { fill, h, keepingFocus } from "../dom.ts";
import { downloadText } from "../figures/export.ts";
import { wayOut } from "../way-out.ts";
import { startMeasuring } from "./client.ts";
import type { GivenFile, Measured } from "./messages.ts";
import { measuringPanel } from "./panel.ts";
import { askedOf, lacking } from "./question.ts";
import { belongsToOthers, type Happening, type MeasuringState, namesAfter, noFiles, stateAfter } from "./state.ts";
import { measuringControls } from "./way-out.ts";
import { documentOfMeasured, saidOf, shareOf } from "./words.ts";

/** The part of a tab in which files are measured: it holds the state, asks the worker, and draws what has changed. */
export interface MeasuringSection {
  node: HTMLElement;
  /** Takes files that were dropped. */
  give(files: readonly GivenFile[]): void;
  clear(): void;
}

export function measuringSection(found: (measured: Measured) => void): MeasuringSection {
  let state: MeasuringState = noFiles;
  let files: ReadonlyMap<string, Blob> = new Map();
  /** Those of which it is known what is in them: there they are again where the looking is stopped. */
  let known = files;
  /** Those that were measured before the ones that are looked into. */
  let measured: readonly GivenFile[] = [];
  const said = h("p", { class: "verdict", id: "measuring-status", role: "status" });
  const bar = h("progress", { max: 1, value: 0, "aria-label": "share that is measured", hidden: true });
  const error = h("p", { class: "error", role: "alert", hidden: true });
  const panel = h("div");
  const button = (id: string, label: string, action: () => void): HTMLButtonElement => {
    const made = h("button", { type: "button", id }, label);
    made.addEventListener("click", action);
    return made;
  };
  const again = button("measuring-start", "measure", () => happens({ kind: "asked" }));
  const halt = button("measuring-stop", "stop", () => {
    worker.stop();
    happens({ kind: "stopped" });
  });
  const save = button("measuring-save", "save JSON", () => {
    if (state.phase.is === "measured")
      downloadText("nclab-measurement.json", "application/json", `${toJson(documentOfMeasured(state.phase))}\n`);
  });
  const node = h(
    "section",
    { id: "measuring", hidden: true, "aria-label": "Measured in this page" },
    said,
    bar,
    error,
    h("div", { class: "buttons" }, again, halt, save),
    panel,
  );

  const given = (): GivenFile[] => state.names.map((name) => ({ name, blob: files.get(name) as Blob }));
  const draw = (before: MeasuringState): void => {
    const { phase } = state;
    node.hidden = phase.is === "nothing";
    document.documentElement.dataset.measuring = phase.is;
    fill(said, saidOf(state));
    const share = shareOf(state);
    bar.hidden = share === null;
    bar.value = share ?? 0;
    error.hidden = state.error === null;
    fill(error, state.error && wayOut(state.error, measuringControls));
    again.hidden = phase.is === "listing" || phase.is === "measuring";
    again.disabled = state.found.length === 0 || lacking(state.found, state.choice) !== null;
    again.textContent = phase.is === "measured" ? "measure again" : "measure";
    halt.hidden = phase.is !== "measuring" && phase.is !== "listing";
    save.hidden = phase.is !== "measured";
    // A word on how far it is does not make the fields anew.
    if (state.found === before.found && state.choice === before.choice) return;
    keepingFocus(() =>
      fill(panel, state.found.length > 0 && measuringPanel(state, (change) => happens({ kind: "chosen", change }))),
    );
  };
  const happens = (happening: Happening): void => {
    const before = state;
    state = stateAfter(state, happening);
    if (state.phase.is === "measuring" && before.phase.is !== "measuring")
      worker.ask({ kind: "measure", files: given(), asked: askedOf(state.choice) });
    if (happening.kind === "chosen" && before.phase.is === "measuring") worker.stop();
    if (happening.kind === "listed") known = files;
    if (happening.kind === "stopped" || happening.kind === "failed") {
      if (before.phase.is === "listing") files = known;
      measured = [];
    }
    draw(before);
    if (happening.kind === "measured") found(happening);
    if (happening.kind !== "listed") return;
    // Labels or a head for what was measured a moment ago.
    const [earlier, now] = [measured, given()];
    measured = [];
    if (earlier.length > 0 && belongsToOthers(state)) give([...earlier, ...now]);
  };
  const worker = startMeasuring(happens);
  const give = (dropped: readonly GivenFile[]): void => {
    if (state.phase.is === "measured") measured = given();
    const names = namesAfter(
      state,
      dropped.map(({ name }) => name),
    );
    const all = new Map([...files, ...dropped.map(({ name, blob }) => [name, blob] as const)]);
    files = new Map(names.map((name) => [name, all.get(name) as Blob]));
    happens({ kind: "given", names });
    worker.ask({ kind: "list", files: given() });
  };
  return {
    node,
    give,
    clear() {
      measured = [];
      worker.stop();
      files = new Map();
      known = files;
      happens({ kind: "cleared" });
    },
  };
}
