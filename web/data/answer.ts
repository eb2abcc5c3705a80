import { heatMaps, marginBars, singularValueCurves } from "../../src/plots/index.ts";
import type { Advice, ClassesOfPrediction, Prediction } from "../../src/prediction/index.ts";
import type { ProblemInput } from "../../src/problem/index.ts";
import { predictionWord, statusText } from "../../src/words/index.ts";
import { lossNote, rankTitle } from "../controls/loss-choice.ts";
import { fill, h } from "../dom.ts";
import { downloadText } from "../figures/export.ts";
import { figure } from "../figures/figure.ts";
import { number, samples } from "../numbers.ts";
import { eventTable } from "../prediction/event-table.ts";
import { blockTable, classTable, clusterTable, proof } from "../prediction/tables.ts";
import { classesText, classRanges, eventWords, namesOf, verdict } from "../prediction/words.ts";
import { lambdasAround } from "../theory/along.ts";
import { countsOf, csvOf, jsonOf } from "./exports.ts";
import { remedyTable } from "./remedies.ts";
import type { interruptible } from "./solver.ts";

/** What the second tab answers: the verdict with its proof, remedies, pictures and tables. */
export type Answer = Prediction & ClassesOfPrediction;

type Ask = ReturnType<typeof interruptible>["ask"];

/** Beyond this many different counts events and the path along lambda_Z take long. */
const mostForEvents = 10;

export interface AnswerView {
  node: HTMLElement;
  /** The prediction, which comes first. */
  show(p: Answer): void;
  /** Remedies are being looked for: the old ones are marked. */
  waitForAdvice(): void;
  showAdvice(advice: Advice, p: Answer): void;
  /** Thresholds and singular values, where they do not take long. */
  showThresholds(input: ProblemInput, p: Answer, ask: Ask): Promise<void>;
  /** What is shown answers what was asked before. */
  markOld(): void;
}

export function answerView(): AnswerView {
  const said = h("p", { class: "verdict", id: "data-verdict", role: "status" }, "solving …");
  const proved = h("div");
  const aboutLoss = lossNote("data-loss-note");
  const summary = h("div", { class: "facts" });
  const remedies = h("div", { id: "remedies" }, h("p", { class: "note", role: "status" }, "looking for remedies …"));
  const tables = h("div");
  const thresholds = h("div");
  const heat = figure(
    "data-z",
    "Mean predictions Z",
    "Columns: mean prediction of a class. Rows: logits. White lines stand between classes of different counts.",
  );
  const margins = figure(
    "data-margins",
    "Classes of equal count",
    "p_own − p_other: prediction of the own class less that of another class of equal count; 0 where they merge.",
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
    save("counts.json", "counts.json", "application/json", countsOf),
  );
  const answer = h(
    "div",
    {},
    said,
    proved,
    aboutLoss.node,
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
    answer.classList.remove("old");
    fill(said, `${statusText(p.summary)}. ${verdict(p)}`);
    fill(proved, proof(p));
    aboutLoss.show(p.problem.loss);
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
        {
          bars: p.clusters.map(({ classes, count, margin }) => ({ label: classesText(classes), count, margin })),
          of: predictionWord[p.problem.loss],
        },
        { width },
      ),
    );
    const names = namesOf(p);
    fill(tables, classTable(p), clusterTable(p, names), p.clusters.length <= 8 && blockTable(p, names));
  };
  const showThresholds = async (input: ProblemInput, p: Answer, ask: Ask): Promise<void> => {
    if (p.clusters.length > mostForEvents) {
      fill(thresholds);
      spectrum.say(`With ${p.clusters.length} different counts this picture takes long: nclab thresholds draws it.`);
      return;
    }
    const list = await ask("events", input);
    const { events } = list;
    fill(thresholds, eventTable("data-events", list, p.problem, namesOf(p)));
    const lambdas = lambdasAround(events.map((e) => e.lambdaZ));
    const { lambdaZ, values } = await ask("singularValues", { ...input, lambdas });
    const now = p.problem.lambdaZ;
    spectrum.draw((width) =>
      singularValueCurves(
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

  return {
    node: answer,
    show,
    showThresholds,
    waitForAdvice: () => remedies.classList.add("old"),
    showAdvice(advice, p) {
      remedies.classList.remove("old");
      fill(remedies, remedyTable(advice, namesOf(p)));
    },
    markOld() {
      answer.classList.add("old");
      fill(said, shown === null ? "" : "This is still the answer to what was asked before.");
    },
  };
}

function summaryOf(p: Answer): HTMLElement {
  const names = namesOf(p);
  const { K, N, lambdaZ, lambdaW, lambdaH } = p.problem;
  const merged = p.clusters.filter((c) => c.merged).map((c) => classRanges(c.classes, names));
  const pair = (name: string, id: string, value: HTMLElement | string): HTMLElement =>
    h("div", {}, h("dt", {}, name), h("dd", { id }, value));
  return h(
    "dl",
    {},
    pair("classes, samples", "data-size", `${K}, ${N}`),
    pair("n_crit = (N λ_Z)²", "data-critical-count", samples(p.criticalCount)),
    pair(rankTitle(p.problem), "data-rank", number(p.rank)),
    pair("merged", "data-merged", merged.length === 0 ? "none" : merged.map((m) => `{${m}}`).join(" ")),
    pair("vanished", "data-vanished", p.vanished.length === 0 ? "none" : classRanges(p.vanished, names)),
    pair("λ_Z, in the paper's convention", "data-used", h("span", {}, number(lambdaZ, 6))),
    pair("λ_W, λ_H", "data-factors", h("span", {}, number(lambdaW), ", ", number(lambdaH))),
  );
}
