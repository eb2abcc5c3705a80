import { heatMaps, marginBars, singularValues } from "../../src/plots/index.ts";
import type { ClassesOfPrediction } from "../../src/prediction/document.ts";
import type { Prediction } from "../../src/prediction/index.ts";
import {
  type Convention,
  conventions,
  presets as datasets,
  type FeatureEnding,
  type ProblemInput,
  problem,
} from "../../src/problem/index.ts";
import { statusText } from "../../src/report/class-table.ts";
import { commandLine } from "../controls/command-line.ts";
import { type Dial, dial } from "../controls/dial.ts";
import { fileDrop } from "../controls/file-drop.ts";
import { fill, h } from "../dom.ts";
import { downloadText } from "../figures/export.ts";
import { figure } from "../figures/figure.ts";
import { number, samples } from "../numbers.ts";
import { eventTable } from "../prediction/event-table.ts";
import { blockTable, classTable, clusterTable, proof } from "../prediction/tables.ts";
import { classesText, classRanges, eventWords, verdict } from "../prediction/words.ts";
import { rules } from "../rules.ts";
import { newestOnly, Stopped } from "../solver/client.ts";
import type { State } from "../state.ts";
import type { Store } from "../store.ts";
import { lambdasAround } from "../theory/along.ts";
import { csvOf, jsonOf } from "./exports.ts";
import { accepted, countsOfFile, countsOfText, type Meaning, textOfCounts } from "./read-counts.ts";
import { remedyTable } from "./remedies.ts";
import { interruptible } from "./solver.ts";

/** The second tab: the class counts of a data set, what the theory says of them, and what helps. */
const examples = ["5x500,5x100", "step:10:5000:0.1", "step:100:500:0.02"];

/** A K x K matrix of more classes is for the command line. */
const mostClasses = 1000;
const presets: readonly { text: string; title: string }[] = [
  ...datasets.filter(({ text }) => countsOfText(text).length <= mostClasses),
  ...examples.map((text) => ({ text, title: text })),
];
/** Beyond this many different counts events and the path along lambda_Z take long. */
const mostForEvents = 10;
/** A longer list of counts is given to the command line in a file. */
const longText = 2000;

/** Milliseconds that a solve may take before a new question ends it. */
const patience = 300;

type Answer = Prediction & ClassesOfPrediction;

interface Question {
  state: State;
  input: ProblemInput;
}

type DataDial = "dataLambdaZ" | "dataLambdaB" | "margin" | "weightDecay" | "branches";

export function dataTab(store: Store): HTMLElement {
  const first = interruptible();
  const rest = interruptible();
  const text = h("textarea", { id: "counts", rows: 4, spellcheck: "false", "aria-describedby": "counts-message" });
  const message = h("p", { class: "message", id: "counts-message", role: "alert" });
  const preset = h(
    "select",
    { id: "preset" },
    h("option", { value: "" }, "choose …"),
    ...presets.map(({ text, title }) => h("option", { value: text }, title)),
  );
  const meaning = h(
    "select",
    { id: "meaning" },
    h("option", { value: "counts" }, "one count a line"),
    h("option", { value: "labels" }, "one label a line"),
  );
  const convention = h("select", { id: "convention" }, ...conventions.map((c) => h("option", { value: c }, conventionWords[c])));
  const relu = h("input", { type: "checkbox", id: "data-nonnegative" });
  const ends = h("select", { id: "ends" }, ...Object.entries(endWords).map(([value, text]) => h("option", { value }, text)));
  const dials: Record<DataDial, Dial> = {
    weightDecay: dial(
      { id: "weight-decay", label: "weight decay", from: 1e-5, to: 1, refuse: rules.weightDecay },
      (weightDecay) => store.set({ weightDecay }),
    ),
    branches: dial(
      { id: "branches", label: "J, branches that share a feature (ResNet: 1 to 3)", from: 1, to: 4, refuse: rules.branches },
      (branches) => store.set({ branches }),
    ),
    dataLambdaZ: dial({ id: "data-lambda-z", label: "λ_Z", from: 1e-6, to: 1, refuse: rules.dataLambdaZ }, (dataLambdaZ) =>
      store.set({ dataLambdaZ }),
    ),
    dataLambdaB: dial(
      {
        id: "data-lambda-b",
        label: "λ_b",
        from: 1e-5,
        to: 10,
        infinity: "no bias",
        refuse: rules.dataLambdaB,
      },
      (dataLambdaB) => store.set({ dataLambdaB }),
    ),
    margin: dial(
      {
        id: "margin",
        label: "margin in logits",
        from: 0.01,
        to: 20,
        refuse: rules.margin,
      },
      (margin) => store.set({ margin }),
    ),
  };
  text.addEventListener("input", () => store.set({ counts: text.value.trim() }));
  preset.addEventListener("change", () => preset.value && store.set({ counts: preset.value }));
  ends.addEventListener("change", () => store.set({ ends: ends.value }));
  convention.addEventListener("change", () => store.set({ convention: convention.value }));
  relu.addEventListener("change", () => store.set({ dataNonnegative: relu.checked }));
  const drop = fileDrop(
    `Drop a file of counts or labels (${accepted.replaceAll(",", ", ")}), or choose one`,
    { accept: accepted },
    async ([file]) => {
      try {
        const counts = textOfCounts(await countsOfFile(file, meaning.value as Meaning));
        if (counts === store.get().counts) update(store.get());
        else store.set({ counts });
      } catch (error) {
        fill(message, (error as Error).message);
      }
    },
  );

  const byLambdas = h(
    "div",
    { class: "wide" },
    dials.dataLambdaZ.node,
    dials.dataLambdaB.node,
    h("div", {}, h("label", { for: "convention" }, "How the lambdas are meant"), convention),
    h("label", { class: "check" }, relu, "nonnegative features (they end in a ReLU)"),
  );
  const byDecay = h("div", { class: "wide" }, dials.weightDecay.node, dials.branches.node);
  const error = h("p", { class: "error", role: "alert", hidden: true });
  const said = h("p", { class: "verdict", id: "data-verdict", role: "status" });
  const proved = h("div");
  const summary = h("div", { class: "facts" });
  const remedies = h("div", { id: "remedies" }, h("p", { class: "note", role: "status" }, "looking for remedies …"));
  const tables = h("div");
  const thresholds = h("div");
  const predictCommand = commandLine("The same on the command line");
  const adviseCommand = commandLine("The remedies on the command line");
  const heat = figure(
    "data-z",
    "Mean predictions Z",
    "Columns: mean prediction of a class. Rows: logits. White lines stand between classes of different counts.",
  );
  const margins = figure(
    "data-margins",
    "Margins",
    "Probability of the own class less that of another class of the same cluster.",
  );
  const spectrum = figure(
    "data-singular-values",
    "Singular values along λ_Z",
    "The numbered lines are the thresholds of your counts.",
  );
  let shown: Answer | null = null;
  const save = (label: string, name: string, type: string, make: (p: Answer) => string): HTMLButtonElement => {
    const button = h("button", { type: "button", "data-file": name }, label);
    button.addEventListener("click", () => shown && downloadText(name, type, make(shown)));
    return button;
  };
  const exports = h(
    "div",
    { class: "buttons" },
    save("JSON", "nclab-prediction.json", "application/json", jsonOf),
    save("CSV, a line a class", "nclab-classes.csv", "text/csv", csvOf),
    save("counts.json", "counts.json", "application/json", (p) => `${JSON.stringify(p.problem.counts)}\n`),
  );
  const answer = h(
    "div",
    {},
    said,
    proved,
    summary,
    exports,
    h("h2", {}, "Remedies"),
    remedies,
    h("h2", {}, "Structure"),
    h("div", { class: "figures" }, heat.node, margins.node, spectrum.node),
    tables,
    thresholds,
  );

  const show = (p: Answer): void => {
    shown = p;
    fill(said, `${statusText(p.summary)}. ${verdict(p)}`);
    fill(proved, proof(p));
    fill(summary, summaryOf(p));
    heat.draw((width) =>
      heatMaps(
        {
          rows: ["predicted Z*"],
          groups: [{ title: `λ_Z = ${Number(p.problem.lambdaZ.toPrecision(5))}`, matrices: [p.Z] }],
          clusters: p.clusters.map((c) => c.classes),
        },
        { width },
      ),
    );
    margins.draw((width) =>
      marginBars(
        { bars: p.clusters.map(({ classes, count, margin }) => ({ label: classesText(classes), count, margin })) },
        { width },
      ),
    );
    fill(tables, classTable(p), clusterTable(p), p.clusters.length <= 8 && blockTable(p));
  };
  const showThresholds = async (input: ProblemInput, p: Prediction): Promise<void> => {
    if (p.clusters.length > mostForEvents) {
      fill(thresholds);
      spectrum.say(`With ${p.clusters.length} different counts this picture takes long: nclab thresholds draws it.`);
      return;
    }
    const list = await rest.ask("events", input);
    const { events } = list;
    fill(thresholds, eventTable("data-events", list, p.problem));
    const lambdas = lambdasAround(events.map((e) => e.lambdaZ));
    const { lambdaZ, values } = await rest.ask("singularValues", { ...input, lambdas });
    const now = p.problem.lambdaZ;
    spectrum.draw((width) =>
      singularValues(
        {
          lambdaZ,
          values,
          events: events.map((e) => ({ at: e.lambdaZ, label: eventWords(e, p.problem.K) })),
          current: now >= lambdaZ[0] && now <= lambdaZ[lambdaZ.length - 1] ? now : undefined,
          xScale: "log",
        },
        { width },
      ),
    );
  };

  const fail = (problem: Error): void => {
    if (problem instanceof Stopped) return;
    answer.classList.add("old");
    fill(said, shown === null ? "" : "This is still the answer to what was asked before.");
    error.hidden = false;
    fill(error, problem.message);
    if (/^(counts|long tail)/.test(problem.message)) fill(message, problem.message);
  };
  let timer: ReturnType<typeof setTimeout> | undefined;
  let since = Number.POSITIVE_INFINITY;
  const solve = newestOnly(
    ({ input }: Question) => {
      since = performance.now();
      return first.ask("predict", input);
    },
    (p, { state, input }) => {
      since = Number.POSITIVE_INFINITY;
      error.hidden = true;
      answer.classList.remove("old");
      show(p);
      document.documentElement.dataset.predicted = dataKey(state);
      clearTimeout(timer);
      timer = setTimeout(() => void later({ state, input }, p), 200);
    },
    fail,
  );
  /** What takes longer, once the dials are at rest. */
  const later = async ({ state, input }: Question, p: Prediction): Promise<void> => {
    rest.stop();
    try {
      remedies.classList.add("old");
      const advice = await rest.ask("advise", { input, options: { margin: state.margin } });
      remedies.classList.remove("old");
      fill(remedies, remedyTable(advice));
      await showThresholds(input, p);
      document.documentElement.dataset.data = dataKey(state);
    } catch (problem) {
      fail(problem as Error);
    }
  };

  const update = (state: State): void => {
    if (document.activeElement !== text || text.value.trim() !== state.counts) text.value = state.counts;
    preset.value = presets.some((p) => p.text === state.counts) ? state.counts : "";
    convention.value = state.convention;
    relu.checked = state.dataNonnegative;
    ends.value = state.ends;
    byLambdas.hidden = state.ends !== "lambdas";
    byDecay.hidden = state.ends === "lambdas";
    for (const name of Object.keys(dials) as DataDial[]) dials[name].show(state[name]);
    try {
      const input = checked(state);
      fill(message);
      predictCommand.show(commandOf("predict", state, input, ["--json"]));
      adviseCommand.show(commandOf("advise", state, input, [`--margin ${state.margin}`, "--json"]));
      // Nobody waits for the answer to a long problem that is no longer asked; a short one is let through, so that pictures follow a slider.
      if (performance.now() - since > patience) first.stop();
      rest.stop();
      clearTimeout(timer);
      solve({ state, input });
    } catch (problem) {
      fail(problem as Error);
    }
  };
  store.listen((state, before) => {
    if (state.tab === "data" && dataKey(state) !== dataKey(before)) update(state);
  });
  update(store.get());

  return h(
    "div",
    { class: "data" },
    h(
      "div",
      { class: "dials", role: "group", "aria-label": "Class counts and regularization" },
      h(
        "div",
        { class: "wide" },
        h("label", { for: "counts" }, "Samples of each class: 5x500,5x100, a list, or a long tail exp:K:nmax:factor"),
        text,
        message,
        h("label", { for: "preset" }, "Presets"),
        preset,
        drop,
        h("label", { for: "meaning" }, "A file of text holds"),
        meaning,
      ),
      h("div", { class: "wide" }, h("label", { for: "ends" }, "How the training is regularized"), ends),
      byDecay,
      byLambdas,
      dials.margin.node,
    ),
    h("div", { class: "answer" }, error, answer, predictCommand.node, adviseCommand.node),
  );
}

const endWords: Record<"lambdas" | FeatureEnding, string> = {
  lambdas: "penalties on head and features (lambdas)",
  "batch-norm": "weight decay, features out of batch normalization",
  "batch-norm-relu": "weight decay, batch normalization and a ReLU",
};

const conventionWords: Record<Convention, string> = {
  paper: "paper: 1/2 on each, features summed",
  "no-half": "no-half: without the 1/2",
  mean: "mean: features' mean square",
};

/** The problem that the state says; throws InputError. */
function checked(state: State): ProblemInput {
  const counts = countsOfText(state.counts);
  if (counts.length > mostClasses)
    throw new Error(
      `counts: at most ${mostClasses} classes are shown here, got ${counts.length}; the command line has no such limit`,
    );
  const decayed = state.ends !== "lambdas";
  const input: ProblemInput = decayed
    ? { counts, weightDecay: state.weightDecay, ends: state.ends as FeatureEnding, branches: state.branches }
    : {
        counts,
        lambdaZ: state.dataLambdaZ,
        lambdaB: state.dataLambdaB,
        nonnegative: state.dataNonnegative,
        convention: state.convention as Convention,
      };
  problem(input);
  return input;
}

function commandOf(command: string, state: State, { counts }: ProblemInput, rest: readonly string[]): string {
  const tail = /^(exp|step):/.test(state.counts);
  const text = state.counts.startsWith("dataset:") ? state.counts : textOfCounts(counts);
  const classes = tail ? `--long-tail ${state.counts}` : `--counts ${text.length > longText ? "counts.json" : text}`;
  if (state.ends !== "lambdas")
    return [
      `nclab ${command}`,
      classes,
      `--weight-decay ${state.weightDecay} --ends ${state.ends}`,
      ...(state.branches === 1 ? [] : [`--branches ${state.branches}`]),
      ...rest,
    ].join(" ");
  return [
    `nclab ${command}`,
    classes,
    `--lambda-z ${state.dataLambdaZ}`,
    ...(state.dataLambdaB === Number.POSITIVE_INFINITY ? [] : [`--lambda-b ${state.dataLambdaB}`]),
    `--convention ${state.convention}`,
    ...(state.dataNonnegative ? ["--nonnegative"] : []),
    ...rest,
  ].join(" ");
}

const dataKey = (s: State): string =>
  [
    s.tab,
    s.counts,
    s.ends,
    s.weightDecay,
    s.branches,
    s.dataLambdaZ,
    s.dataLambdaB,
    s.convention,
    s.dataNonnegative,
    s.margin,
  ].join("|");

function summaryOf(p: Prediction): HTMLElement {
  const { K, N, lambdaZ, lambdaW, lambdaH } = p.problem;
  const merged = p.clusters.filter((c) => c.merged).map((c) => classRanges(c.classes));
  const pair = (name: string, id: string, value: HTMLElement | string): HTMLElement =>
    h("div", {}, h("dt", {}, name), h("dd", { id }, value));
  return h(
    "dl",
    {},
    pair("classes, samples", "data-size", `${K}, ${N}`),
    pair("n_crit = (N λ_Z)²", "data-critical-count", samples(p.criticalCount)),
    pair(`rank of Z (at most ${K - 1})`, "data-rank", number(p.rank)),
    pair("merged", "data-merged", merged.length === 0 ? "none" : merged.map((m) => `{${m}}`).join(" ")),
    pair("vanished", "data-vanished", p.vanished.length === 0 ? "none" : classRanges(p.vanished)),
    pair("λ_Z, in the paper's convention", "data-used", h("span", {}, number(lambdaZ, 6))),
    pair("λ_W, λ_H", "data-factors", h("span", {}, number(lambdaW), ", ", number(lambdaH))),
  );
}
