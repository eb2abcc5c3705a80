import { curves, heatMaps, separationCurves } from "../../src/plots/index.ts";
import type { SeriesView } from "../../src/words/index.ts";
import { fileDrop, folderOf } from "../controls/file-drop.ts";
import { fill, h } from "../dom.ts";
import { type Figure, figure } from "../figures/figure.ts";
import type { Solver } from "../solver/client.ts";
import { curvesOf, matricesOf, separationData, sweepOf } from "./pictures.ts";
import { readItems, type Text } from "./read.ts";
import { seriesBlock } from "./series.ts";
import { predicted, type Shown, together } from "./shown.ts";
import { itemTable, structureList } from "./table.ts";
import { viewFigures } from "./view.ts";

/** The fourth tab: what the command line wrote, looked at. */
export function runsTab({ slow }: { slow: Solver }): HTMLElement {
  let shown: Shown[] = [];
  let series: SeriesView[] = [];
  const problems = h("div", { role: "alert" });
  const said = h("p", { class: "verdict", id: "runs-status", role: "status" }, "Nothing is dropped yet.");
  const tables = h("div");
  const measured = h("div", { id: "runs-series" });
  const features = h("div", { class: "figures", id: "runs-features" });
  const runs = runFigures(slow);

  const draw = (): void => {
    const all = shown.length + series.length;
    fill(said, all === 0 ? "Nothing is dropped yet." : `${all} shown.`);
    fill(measured, ...series.map(seriesBlock));
    fill(features, ...viewFigures(shown));
    fill(tables, shown.length > 0 && itemTable(shown), shown.length > 0 && structureList(shown));
    runs.draw(shown);
  };
  const take = async (files: File[]): Promise<void> => {
    const read = readItems(await textsOf(files));
    const { found, problems: wrong } = await predicted(read.items, slow);
    shown = together(shown, found);
    const again = new Set(read.series.map(({ name }) => name));
    series = [...series.filter(({ name }) => !again.has(name)), ...read.series];
    fill(problems, ...[...read.problems, ...wrong].map((text) => h("p", { class: "error" }, text)));
    draw();
  };
  const clear = h("button", { type: "button", id: "runs-clear" }, "clear");
  clear.addEventListener("click", () => {
    shown = [];
    series = [];
    fill(problems);
    draw();
  });
  return h(
    "div",
    { class: "answer" },
    fileDrop(
      "Drop run folders (of nclab train), or .json of nclab measure --json (of one file or of several) and nclab predict --json; or choose files",
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
    said,
    tables,
    runs.node,
    features,
    measured,
  );
}

/** What may be a document. */
async function textsOf(files: readonly File[]): Promise<Text[]> {
  const texts: Text[] = [];
  for (const file of files) {
    if (!/\.jsonl?$/.test(file.name)) continue;
    const folder = folderOf(file);
    texts.push({ path: folder === "" ? file.name : `${folder}/${file.name}`, text: await file.text() });
  }
  return texts;
}

/** The pictures of runs, hidden while there are none. */
function runFigures(slow: Solver): { node: HTMLElement; draw(shown: readonly Shown[]): void } {
  const heat = figure("runs-z", "Z, predicted and measured", "Predicted at the run's own lambdas.");
  const nc1 = figure("runs-nc1", "NC1", "Variation within classes against that between them (paper's weighting).");
  const error = figure("runs-error", "Distance from the prediction", "|Z − Z*| / |Z*|, Frobenius norms.");
  const along = figure(
    "runs-separation",
    "Separation of the minority along λ_Z",
    "Lines: predicted at these counts. Symbols: the runs. At 0 the minority's classes cannot be told apart.",
  );
  const node = h("div", { class: "figures" }, heat.node, nc1.node, error.node, along.node);
  node.hidden = true;
  const draw = (shown: readonly Shown[]): void => {
    node.hidden = shown.length === 0;
    if (shown.length === 0) return;
    const matrices = matricesOf(shown);
    if (matrices) heat.draw((width) => heatMaps(matrices, { width }));
    else heat.say("None of these holds a Z.");
    for (const [picture, key, yLabel] of [
      [nc1, "nc1", "NC1 (paper)"],
      [error, "error", "|Z − Z*| / |Z*|"],
    ] as const) {
      const lines = curvesOf(shown, key);
      if (lines) picture.draw((width) => curves({ yLabel, yScale: "log", runs: lines }, { width }));
      else picture.say("A curve needs a run folder with evaluated epochs.");
    }
    void drawAlong(along, shown, slow);
  };
  return { node, draw };
}

async function drawAlong(along: Figure, shown: readonly Shown[], slow: Solver): Promise<void> {
  const sweep = sweepOf(shown);
  if (!sweep) {
    along.say("This picture needs two or more runs of the same counts at different λ_Z.");
    return;
  }
  try {
    const goals = await slow.ask("several", [...sweep.problems]);
    const { events } = await slow.ask("events", sweep.problems[0]);
    const data = separationData(sweep, goals, events);
    along.draw((width) => separationCurves(data, { width }));
  } catch (wrong) {
    along.say((wrong as Error).message);
  }
}
