import { fileDrop, folderOf } from "../controls/file-drop.ts";
import { fill, h, keepingFocus } from "../dom.ts";
import type { Measured } from "../measuring/messages.ts";
import { measuringSection } from "../measuring/section.ts";
import { shownOfMeasured } from "../measuring/words.ts";
import type { Solver } from "../solver/client.ts";
import { arrivals } from "./arrivals.ts";
import { itemOfDocument } from "./documents.ts";
import { sorted, textsOf } from "./dropped.ts";
import { viewFigures } from "./features.ts";
import { runFigures } from "./figures.ts";
import type { Item, Json } from "./item.ts";
import { type Reading, readItems } from "./read.ts";
import { memberChoice, type Series, seriesBlock } from "./series.ts";
import { type Change, changed, nothingShown, type RunsState, saidOf } from "./state.ts";
import { classTables, itemTable, structureList } from "./table.ts";

/** The fourth tab: what the command line wrote, looked at, and files of features, measured here. */
export function runsTab({ slow }: { slow: Pick<Solver, "ask"> }): HTMLElement {
  let state: RunsState = nothingShown;
  const problems = h("div", { role: "alert" });
  const said = h("p", { class: "verdict", id: "runs-status", role: "status" });
  const tables = h("div");
  const measured = h("div", { id: "runs-series" });
  const features = h("div", { id: "runs-features" });
  const runs = runFigures(slow);
  const drawn = h("div", { class: "runs-drawn" }, runs.node, features);
  const measuring = measuringSection((done) => void arriving.add(Promise.resolve(readingOf(done)), true));

  const change = (made: Change): void => {
    state = changed(state, made);
    const { shown, series } = state;
    fill(said, saidOf(state));
    fill(problems, ...state.problems.map((text) => h("p", { class: "error" }, text)));
    keepingFocus(() => {
      fill(measured, ...series.map(block));
      fill(features, ...views(shown, "view"));
    });
    if (made.kind === "picked" || made.kind === "member") return;
    fill(tables, shown.length > 0 && itemTable(shown), shown.length > 0 && structureList(shown), ...classTables(shown));
    // Z of one measurement and its features stand side by side: each alone would leave half of the page empty.
    drawn.classList.toggle("one", shown.length === 1 && shown[0].kind === "measurement");
    runs.draw(shown);
  };
  const views = (items: readonly Item[], prefix: string): HTMLElement[] =>
    viewFigures(
      items,
      (name) => state.picked[name] ?? null,
      (name, picked) => change({ kind: "picked", name, picked }),
      prefix,
    );
  const block = (of: Series, index: number): HTMLElement => {
    const choice = memberChoice(of, index, state.members[of.name], (file) => change({ kind: "member", series: of.name, file }));
    return seriesBlock(of, index, choice && h("div", {}, choice.node, ...views([choice.member], `series-${index}`)));
  };
  const arriving = arrivals(slow, change);
  const take = async (files: readonly File[]): Promise<void> => {
    if (files.length > 0) clear.disabled = false;
    const {
      texts,
      arrays,
      problems: unread,
    } = sorted(
      files.map((file) => {
        const folder = folderOf(file);
        return { path: folder === "" ? file.name : `${folder}/${file.name}`, file };
      }),
    );
    if (arrays.length > 0) measuring.give(arrays.map(({ path, file }) => ({ name: path, blob: file })));
    await arriving.add(
      textsOf(texts).then((all) => {
        const read = readItems(all);
        return { ...read, problems: [...read.problems, ...unread] };
      }),
    );
  };
  const clear = h("button", { type: "button", id: "runs-clear", disabled: true }, "clear");
  clear.addEventListener("click", () => {
    measuring.clear();
    arriving.clear();
    change({ kind: "cleared" });
    clear.disabled = true;
  });
  change({ kind: "cleared" });
  return h(
    "div",
    { class: "answer" },
    fileDrop(
      "Drop features to measure them here (.npz, .pt, .safetensors, .npy, packed as .gz or not; with labels and head, in one file or several), run folders or a sweep of nclab train, or .json of nclab measure, nclab predict and of tab Train; or choose files",
      { multiple: true, folder: true },
      (files) => void take(files),
    ),
    h(
      "p",
      { class: "note" },
      "They are read here and stay on this machine. Chosen one by one, run.json and metrics.jsonl of one run belong together.",
    ),
    h("div", { class: "buttons" }, clear),
    problems,
    measuring.node,
    said,
    tables,
    drawn,
    measured,
  );
}

/** What was measured in the page, as if its document had been dropped. */
function readingOf(measured: Measured): Reading {
  const document = shownOfMeasured(measured) as Json & { file?: string };
  const [first, last] = [measured.documents[0], measured.documents.at(-1)];
  const found = itemOfDocument(document.file ?? `${first.file} … ${last?.file}`, document);
  return "kind" in found ? { items: [found], series: [], problems: [] } : { items: [], series: [found], problems: [] };
}
