import { type CurveData, curves, heatMaps, separationCurves } from "../../src/plots/index.ts";
import type { Prediction } from "../../src/prediction/index.ts";
import { clustersOf, problem } from "../../src/problem/index.ts";
import { largestOf, type SeriesView, separationOf } from "../../src/words/index.ts";
import { fileDrop, folderOf } from "../controls/file-drop.ts";
import { fill, h } from "../dom.ts";
import { figure } from "../figures/figure.ts";
import { number } from "../numbers.ts";
import { table } from "../prediction/tables.ts";
import { eventWords } from "../prediction/words.ts";
import { mostShown } from "../rules.ts";
import type { Solver } from "../solver/client.ts";
import { type Item, readItems, type Text } from "./read.ts";
import { seriesBlock } from "./series.ts";
import { structureWords } from "./structure.ts";
import { viewFigures } from "./view.ts";

/** The fourth tab: what the command line wrote, looked at. */
interface Shown extends Item {
  /** The prediction at the item's problem. */
  goal: Prediction | null;
  lambdaZ: number | null;
}

/** Lines in one picture that can still be told apart. */
const mostLines = 6;

export function runsTab({ slow }: { slow: Solver }): HTMLElement {
  let shown: Shown[] = [];
  let series: SeriesView[] = [];
  const problems = h("div", { role: "alert" });
  const said = h("p", { class: "verdict", id: "runs-status", role: "status" }, "Nothing is dropped yet.");
  const tables = h("div");
  const measured = h("div", { id: "runs-series" });
  const features = h("div", { class: "figures", id: "runs-features" });
  const heat = figure("runs-z", "Z, predicted and measured", "Predicted at the run's own lambdas.");
  const nc1 = figure("runs-nc1", "NC1", "Variation within classes against that between them (paper's weighting).");
  const error = figure("runs-error", "Distance from the prediction", "|Z − Z*| / |Z*|, Frobenius norms.");
  const along = figure(
    "runs-separation",
    "Separation of the minority along λ_Z",
    "Lines: predicted at these counts. Symbols: the runs. At 0 the minority's classes cannot be told apart.",
  );
  const figures = h("div", { class: "figures" }, heat.node, nc1.node, error.node, along.node);
  figures.hidden = true;

  const take = async (files: File[]): Promise<void> => {
    const texts: Text[] = [];
    for (const file of files) {
      if (!/\.jsonl?$/.test(file.name)) continue;
      const folder = folderOf(file);
      texts.push({ path: folder === "" ? file.name : `${folder}/${file.name}`, text: await file.text() });
    }
    const read = readItems(texts);
    const found: Shown[] = [];
    for (const item of read.items) {
      try {
        const p = item.problem && problem(item.problem);
        const goal = item.problem && item.counts.length <= mostShown ? await slow.ask("predict", item.problem) : null;
        found.push({ ...item, goal, lambdaZ: p?.lambdaZ ?? null });
      } catch (wrong) {
        read.problems.push(`${item.name}: ${(wrong as Error).message}`);
      }
    }
    const names = new Set(found.map((item) => item.name));
    shown = [...shown.filter((item) => !names.has(item.name)), ...found].sort(byLambda);
    const again = new Set(read.series.map(({ name }) => name));
    series = [...series.filter(({ name }) => !again.has(name)), ...read.series];
    fill(problems, ...read.problems.map((text) => h("p", { class: "error" }, text)));
    draw();
  };

  const draw = (): void => {
    const all = shown.length + series.length;
    fill(said, all === 0 ? "Nothing is dropped yet." : `${all} shown.`);
    fill(measured, ...series.map(seriesBlock));
    fill(features, ...viewFigures(shown));
    figures.hidden = shown.length === 0;
    fill(tables, shown.length > 0 && itemTable(shown), shown.length > 0 && structureList(shown));
    if (shown.length === 0) return;
    const maps = shown.filter((item) => Zof(item) !== null || item.goal || item.predicted).slice(0, mostLines);
    if (maps.length === 0) heat.say("None of these holds a Z.");
    else
      heat.draw((width) =>
        heatMaps(
          {
            rows: ["predicted Z*", "measured Z"],
            groups: maps.map((item) => ({
              title: item.lambdaZ === null ? short(item.name) : `λ_Z = ${Number(item.lambdaZ.toPrecision(4))}`,
              matrices: [item.predicted ?? item.goal?.Z ?? null, Zof(item)],
              clusters: clustersOf({ counts: item.counts, weights: null, offsets: null, factors: null }).map((c) => c.classes),
            })),
          },
          { width },
        ),
      );
    const runs = shown.filter((item) => item.kind === "run" && item.lines.length > 0).slice(0, mostLines);
    const lines = (key: "nc1" | "error"): CurveData["runs"] =>
      runs.map((item) => ({
        label: short(item.name),
        points: item.lines.map((line) => ({ epoch: line.epoch ?? 0, value: line[key] })),
      }));
    for (const [picture, key, yLabel] of [
      [nc1, "nc1", "NC1 (paper)"],
      [error, "error", "|Z − Z*| / |Z*|"],
    ] as const) {
      if (runs.length === 0) picture.say("A curve needs a run folder with evaluated epochs.");
      else picture.draw((width) => curves({ yLabel, yScale: "log", runs: lines(key) }, { width }));
    }
    drawAlong();
  };

  /** Runs that differ in lambda_Z only, as a sweep makes them. */
  const drawAlong = async (): Promise<void> => {
    const [first] = shown;
    const same = shown.filter((item) => item.problem && item.lambdaZ !== null && Zof(item) && keyOf(item) === keyOf(first));
    const lambdas = same.map((item) => item.lambdaZ as number);
    if (new Set(lambdas).size < 2) {
      along.say("This picture needs two or more runs of the same counts at different λ_Z.");
      return;
    }
    const minority = clustersOf({ counts: first.counts, weights: null, offsets: null, factors: null }).at(-1)?.classes ?? [];
    const [low, high] = [0.7 * Math.min(...lambdas), 1.3 * Math.max(...lambdas)];
    const grid = Array.from({ length: 40 }, (_, i) => low + ((high - low) * i) / 39);
    const { lambdaW: _W, lambdaH: _H, ...rest } = same[0].problem as NonNullable<Item["problem"]>;
    try {
      const predicted = await slow.ask(
        "several",
        grid.map((lambdaZ) => ({ ...rest, lambdaZ })),
      );
      const events = (await slow.ask("events", { ...rest, lambdaZ: grid[0] })).events.filter((e) => e.kind !== "rank");
      along.draw((width) =>
        separationCurves(
          {
            predicted: [
              {
                label: "predicted",
                points: predicted.map((p, i) => ({
                  at: grid[i],
                  separation: separationOf(p.Z, minority),
                  largest: largestOf(p.Z),
                })),
              },
            ],
            measured: [
              {
                label: "measured",
                points: same.map((item) => ({
                  at: item.lambdaZ as number,
                  separation: separationOf(Zof(item) ?? [], minority),
                  largest: largestOf(Zof(item) ?? []),
                })),
              },
            ],
            thresholds: events.map((e) => ({ at: e.lambdaZ, label: eventWords(e, first.counts.length) })),
          },
          { width },
        ),
      );
    } catch (wrong) {
      along.say((wrong as Error).message);
    }
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
    figures,
    features,
    measured,
  );
}

/** In the order of lambda_Z, then by name. */
const byLambda = (x: Shown, y: Shown): number =>
  (x.lambdaZ ?? Number.MAX_VALUE) - (y.lambdaZ ?? Number.MAX_VALUE) || x.name.localeCompare(y.name, "en");

const Zof = (item: Item): (number | null)[][] | null => item.lines.at(-1)?.Z ?? null;
const keyOf = ({ counts, problem: p }: Item): string =>
  JSON.stringify([
    counts,
    String(p?.lambdaB),
    p?.nonnegative,
    p?.weights ?? null,
    p?.offsets ?? null,
    p?.factors ?? null,
    p?.smoothing ?? 0,
  ]);
const short = (name: string): string => (name.length > 28 ? `…${name.slice(-27)}` : name);

/** Which figure the classes of each item make, branches in use, directions shared. */
function structureList(items: readonly Shown[]): HTMLElement {
  const said = items.flatMap((item) => {
    const words = item.structure ? structureWords(item.structure, item.counts.length) : [];
    return words.length === 0 ? [] : [h("li", {}, `${item.name}: ${words.join("; ")}`)];
  });
  return h("ul", { class: "note", id: "runs-structure" }, ...said);
}

function itemTable(items: readonly Shown[]): HTMLElement {
  const rows = items.map((item) => {
    const last = item.lines.at(-1);
    return [
      item.name,
      item.status ?? item.kind,
      item.lambdaZ === null ? "–" : number(item.lambdaZ),
      number(last?.epoch ?? null),
      number(last?.error ?? null),
      number(last?.nc1 ?? null),
      number(last?.nc3 ?? null),
      number(last?.nc4 ?? null),
      number(last?.objective ?? null, 6),
      number(item.goal?.objective ?? null, 6),
    ];
  });
  return table(
    "runs",
    "What was dropped",
    ["", "status", "λ_Z", "epoch", "error of Z", "NC1 (paper)", "NC3", "NC4", "objective", "predicted minimum"],
    rows,
    "–: not defined or not measured here.",
  );
}
