import { lossNames } from "../../src/loss/index.ts";
import { angles, heatMaps, marginBars, singularValueCurves } from "../../src/plots/index.ts";
import type { Prediction } from "../../src/prediction/index.ts";
import { predictionWord } from "../../src/words/index.ts";
import { commandLine } from "../controls/command-line.ts";
import { type Dial, dial } from "../controls/dial.ts";
import { lossChoice, lossNote, noPhases, rankTitle } from "../controls/loss-choice.ts";
import { fill, h } from "../dom.ts";
import { figure } from "../figures/figure.ts";
import { number, samples } from "../numbers.ts";
import { eventTable } from "../prediction/event-table.ts";
import { blockTable, clusterTable, proof } from "../prediction/tables.ts";
import { classesText, eventWords, verdict } from "../prediction/words.ts";
import { mostMoved } from "../rules.ts";
import { newestOnly, type Solver } from "../solver/client.ts";
import type { State } from "../state.ts";
import type { Store } from "../store.ts";
import { angleDataOf, anglesAlong, lambdasAround } from "./along.ts";
import { commandOf, inputOf, type Parameter, parameters } from "./parameters.ts";
import { axesFor, phaseView } from "./phase-view.ts";

/** The first tab: two clusters and their dials. */
export function theoryTab(store: Store, { quick, slow }: { quick: Solver; slow: Solver }): HTMLElement {
  const dials = new Map<Parameter, Dial>();
  for (const parameter of parameters)
    dials.set(
      parameter.id,
      dial(parameter, (value) => store.set({ [parameter.id]: value })),
    );
  const relu = h("input", { type: "checkbox", id: "nonnegative" });
  relu.addEventListener("change", () => store.set({ nonnegative: relu.checked }));
  const loss = lossChoice("loss", (name) => store.set({ loss: name }));
  const aboutLoss = lossNote("loss-note");

  const error = h("p", { class: "error", role: "alert", hidden: true });
  const said = h("p", { class: "verdict", id: "verdict", role: "status" });
  const proved = h("div");
  const facts = h("div", { class: "facts" });
  const tables = h("div");
  const thresholds = h("div");
  const command = commandLine("The same on the command line");

  const phases = phaseView(({ lambdaZ, ratio }) => {
    const { nB } = store.get();
    store.set({ lambdaZ: Number(lambdaZ.toPrecision(4)), nA: Math.max(nB, Math.round(ratio * nB)) });
  });
  const heat = figure(
    "z",
    "Mean predictions Z",
    "Columns: mean prediction of a class. Rows: logits. White lines stand between different counts.",
  );
  const spectrum = figure(
    "singular-values",
    "Singular values along λ_Z",
    "Of Z √D. Where a curve reaches 0 the structure changes; the numbered lines are exact thresholds.",
  );
  const margins = figure(
    "margins",
    "Classes of equal count",
    "p_own − p_other: prediction of the own class less that of another class of equal count; 0 where they merge.",
  );
  const cosines = figure("angles", "Angles", "Mean cosines between mean predictions when n_A alone changes.");

  const show = (p: Prediction, state: State): void => {
    error.hidden = true;
    fill(said, verdict(p));
    fill(proved, proof(p));
    fill(facts, factsOf(p));
    heat.draw((width) =>
      heatMaps(
        {
          rows: ["predicted Z*"],
          groups: [{ title: `λ_Z = ${state.lambdaZ}`, matrices: [p.Z] }],
          clusters: p.clusters.map((c) => c.classes),
        },
        { width },
      ),
    );
    fill(tables, clusterTable(p), blockTable(p));
    margins.draw((width) =>
      marginBars(
        {
          bars: p.clusters.map(({ classes, count, margin }) => ({ label: classesText(classes), count, margin })),
          of: predictionWord[p.problem.loss],
        },
        { width },
      ),
    );
    document.documentElement.dataset.shown = keyOf(state);
  };
  const fail = (problem: Error): void => {
    error.hidden = false;
    fill(error, problem.message);
  };
  const solve = newestOnly(
    (state: State) => quick.ask("predict", inputOf(state)),
    (p, state) => show(p, state),
    fail,
  );

  const drawPhases = newestOnly(
    (state: State) => {
      const { kA, kB, nB, lambdaB, nonnegative } = state;
      return slow.ask("phases", { kA, kB, nB, lambdaB, nonnegative, ...axesFor(state, pointOf(state)) });
    },
    (grid) => phases.show(grid),
    (problem) => phases.figure.say(problem.message),
  );

  const drawSpectrum = newestOnly(
    async (state: State) => {
      const input = inputOf(state);
      const list = await slow.ask("events", input);
      const lambdas = lambdasAround(list.events.map((e) => e.lambdaZ));
      return { list, ...(await slow.ask("singularValues", { ...input, lambdas })) };
    },
    ({ list, lambdaZ, values }, state) => {
      const K = state.kA + state.kB;
      fill(thresholds, eventTable("events", list, { K, N: state.kA * state.nA + state.kB * state.nB }));
      document.documentElement.dataset.thresholds = keyOf(state);
      const rules = list.events.map((e) => ({ at: e.lambdaZ, label: eventWords(e, K) }));
      spectrum.draw((width) =>
        singularValueCurves(
          { lambdaZ, values, events: rules, current: within(lambdaZ, store.get().lambdaZ), xScale: "log" },
          { width },
        ),
      );
    },
    (problem) => spectrum.say(problem.message),
  );

  const drawAngles = newestOnly(
    (state: State) =>
      slow.ask(
        "several",
        anglesAlong(state).map((nA) => inputOf({ ...state, nA })),
      ),
    (predictions, state) => {
      cosines.draw((width) => angles(angleDataOf(predictions, state), { width }));
    },
    (problem) => cosines.say(problem.message),
  );

  const refused = (state: State): string | null => {
    for (const { id, refuse } of parameters) {
      const why = refuse(state[id]);
      if (why !== null) return `${id}: ${why}, got ${state[id]}`;
    }
    return state.kA + state.kB > mostMoved
      ? `k_A + k_B: at most ${mostMoved} classes are drawn here, got ${state.kA + state.kB}`
      : null;
  };

  let timer: ReturnType<typeof setTimeout> | undefined;
  let drawn = { phases: "", spectrum: "", angles: "" };
  const expensive = (): void => {
    const state = store.get();
    if (state.tab !== "theory" || refused(state) !== null) return;
    const { kA, nA, kB, nB, lambdaZ, lambdaB, nonnegative, loss } = state;
    const axes = axesFor(state, pointOf(state));
    const next = {
      phases: [kA, kB, nA < nB, nB, lambdaB, nonnegative, loss, axes.lambdaZ[0], axes.lambdaZ.at(-1), axes.ratio.at(-1)].join(),
      spectrum: [kA, nA, kB, nB, lambdaB, nonnegative, loss, lambdaZ].join(),
      angles: [kA, kB, nB, lambdaZ, lambdaB, nonnegative, loss, anglesAlong(state).at(-1)].join(),
    };
    if (loss !== lossNames[0]) phases.figure.say(noPhases);
    else if (kA < 2 || kB < 2) phases.figure.say("The phases are those of two clusters of two or more classes each.");
    else if (nA < nB) phases.figure.say("The diagram is that of n_A ≥ n_B: here A is the minority.");
    else if (next.phases !== drawn.phases) drawPhases(state);
    if (next.spectrum !== drawn.spectrum) drawSpectrum(state);
    if (next.angles !== drawn.angles) drawAngles(state);
    drawn = next;
  };

  const update = (state: State): void => {
    for (const { id } of parameters) dials.get(id)?.show(state[id]);
    relu.checked = state.nonnegative;
    loss.show(state.loss);
    aboutLoss.show(state.loss);
    const why = refused(state);
    if (why !== null) {
      fail(new Error(why));
      return;
    }
    command.show(commandOf(state));
    phases.move(pointOf(state));
    solve(state);
    clearTimeout(timer);
    timer = setTimeout(expensive, 120);
  };
  store.listen((state, before) => {
    if (state.tab === "theory" && state !== before) update(state);
  });
  update(store.get());
  drawn = { phases: "", spectrum: "", angles: "" };
  expensive();

  return h(
    "div",
    { class: "theory" },
    h(
      "div",
      { class: "dials", role: "group", "aria-label": "Two clusters of classes" },
      ...[...dials.values()].map(({ node }) => node),
      loss.node,
      h("label", { class: "check" }, relu, "nonnegative features (they end in a ReLU)"),
      command.node,
    ),
    h(
      "div",
      { class: "answer" },
      error,
      said,
      proved,
      aboutLoss.node,
      facts,
      h("div", { class: "figures" }, phases.figure.node, heat.node, spectrum.node, margins.node, cosines.node),
      tables,
      thresholds,
    ),
  );
}

const pointOf = ({ lambdaZ, nA, nB }: State): { lambdaZ: number; ratio: number } => ({ lambdaZ, ratio: Math.max(1, nA / nB) });

/** What the page shows, for whoever waits for it. */
const keyOf = ({ kA, nA, kB, nB, lambdaZ, lambdaB, nonnegative, loss }: State): string =>
  [kA, nA, kB, nB, lambdaZ, lambdaB, nonnegative, loss].join();

const within = (values: readonly number[], x: number): number | undefined =>
  x >= values[0] && x <= values[values.length - 1] ? x : undefined;

function factsOf(p: Prediction): HTMLElement {
  const pair = (name: string, id: string, value: number | null): HTMLElement[] => [
    h("div", {}, h("dt", {}, name), h("dd", { id }, number(value))),
  ];
  const [A, B] = [p.clusters[0], p.clusters[1]];
  const cosine = (x: { classes: number[] }, y: { classes: number[] }): number | null =>
    x === y ? (x.classes.length < 2 ? null : p.cosines[x.classes[0]][x.classes[1]]) : p.cosines[x.classes[0]][y.classes[0]];
  return h(
    "dl",
    {},
    h("div", {}, h("dt", {}, "n_crit = (N λ_Z)²"), h("dd", { id: "critical-count" }, samples(p.criticalCount))),
    ...pair(rankTitle(p.problem), "rank", p.rank),
    ...(B
      ? [
          ...pair("cosine within the larger", "cosine-a", cosine(A, A)),
          ...pair("within the smaller", "cosine-b", cosine(B, B)),
          ...pair("between them", "cosine-ab", cosine(A, B)),
        ]
      : pair("cosine", "cosine-a", cosine(A, A))),
    ...pair("simplex: −1/(K−1)", "cosine-simplex", -1 / (p.problem.K - 1)),
  );
}
