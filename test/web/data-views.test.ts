import { JSDOM } from "jsdom";
import { beforeAll, describe, expect, it } from "vitest";
import { advise, predict } from "../../src/index.ts";
import { documentByBlocks, firstAnswer, summarize } from "../../src/prediction/index.ts";
import { problem } from "../../src/problem/index.ts";
import { adviceView, provedWords } from "../../web/data/advice-view.ts";
import { answerView } from "../../web/data/answer-view.ts";
import type { Asking } from "../../web/data/asking.ts";
import { classList } from "../../web/data/class-list.ts";
import { questionOfState } from "../../web/data/question.ts";
import { nothing, type Shown } from "../../web/data/shown.ts";
import { defaults } from "../../web/state.ts";

/** The tab's views without a browser: each is a function of what stands beside the question. */

const counts = [30, 30, 4, 2, 1];
const lambdas = { lambdaZ: 0.02, lambdaB: 0.1 };
const names = ["cat", "dog", "fox", "yak", "sea cow"];
const whole = documentByBlocks(summarize(problem({ counts, ...lambdas })), names);
const question = questionOfState({ ...defaults, counts: "5x500,5x100" });
const asks: Asking = { ask() {}, stop() {}, leave() {}, again() {} };
const base: Shown = { ...nothing, question, answer: whole, solving: { is: "done" } };

beforeAll(() => {
  const { window } = new JSDOM("<!doctype html><body></body>");
  class ResizeObserver {
    observe(): void {}
  }
  Object.assign(globalThis, {
    ...{ document: window.document, ResizeObserver, getComputedStyle: window.getComputedStyle },
    // A screen.
    ...{ matchMedia: () => new EventTarget(), addEventListener: () => {} },
  });
});

describe("the list of classes", () => {
  const wanted = predict({ counts: Object.fromEntries(names.map((name, k) => [name, counts[k]])), ...lambdas }).classes;

  it("a cell stands under its heading", () => {
    const list = classList();
    list.show(whole);
    const heads = [...list.node.querySelectorAll("thead th")].map((node) => node.textContent);
    expect(heads).toEqual(["class", "samples", "becomes", "margin in logits", "p_own", "strongest rival"]);
    const rows = [...list.node.querySelectorAll("tbody tr:not(.space)")];
    expect(rows).toHaveLength(5);
    for (const row of rows) {
      const cell = (head: string): Element => row.children[heads.indexOf(head)];
      const value = (head: string): number => Number(cell(head).querySelector("data")?.getAttribute("value"));
      const of = wanted[Number(cell("class").textContent?.split(" ")[0])];
      expect(cell("class").textContent).toBe(`${of.class} ${of.name}`);
      expect(cell("samples").textContent).toBe(String(of.count));
      expect(cell("becomes").textContent).toBe(of.status);
      expect(value("margin in logits")).toBeCloseTo(of.margin, 12);
      expect(value("p_own")).toBeCloseTo(of.pOwn, 12);
      expect(cell("strongest rival").textContent).toBe(`${of.rival} ${names[of.rival]}`);
    }
  });

  it.each(["samples", "margin in logits", "p_own"])("the heading %s sorts what stands below it, both ways", (head) => {
    const list = classList();
    list.show(whole);
    const at = [...list.node.querySelectorAll("thead th")].findIndex((node) => node.textContent === head);
    const column = (): number[] =>
      [...list.node.querySelectorAll("tbody tr:not(.space)")].map(({ children }) =>
        Number(children[at].querySelector("data")?.getAttribute("value") ?? children[at].textContent),
      );
    const th = list.node.querySelectorAll("thead th")[at];
    const seen = new Set<string | null>();
    for (const _ of [1, 2]) {
      th.querySelector("button")?.click();
      const sign = th.getAttribute("aria-sort") === "ascending" ? 1 : -1;
      seen.add(th.getAttribute("aria-sort"));
      expect(column()).toEqual(column().sort((x, y) => sign * (x - y)));
    }
    expect([...seen].sort()).toEqual(["ascending", "descending"]);
  });
});

describe("the answer", () => {
  const show = (shown: Partial<Shown>) => {
    const view = answerView(asks, () => {});
    view.render({ ...base, ...shown });
    const disabled = [...view.node.querySelectorAll<HTMLButtonElement>("[data-file]")].map((button) => button.disabled);
    return { proof: view.node.querySelector("#proof")?.textContent, text: view.node.textContent, disabled };
  };
  const first = firstAnswer(problem({ counts, ...lambdas }), {}, names);

  it("exact: its proof, and all files", () => {
    const { proof, disabled } = show({});
    expect(proof).toMatch(/^Proved optimal/);
    expect(disabled).toEqual([false, false, false]);
  });

  it("a first one: how near the optimum it is proved to be", () => {
    const { proof, disabled } = show({ answer: first, solving: { is: "working", told: null } });
    expect(proof).toMatch(/^A first answer, proved to be within .* The exact one follows\.$/);
    expect(disabled.slice(1)).toEqual([false, false]);
  });

  it.each([{ is: "idle" }, { is: "working", told: null }, { is: "done" }, { is: "stopped" }] as const)(
    "that of the settings before is called that, whatever is worked on (%j): no proof, no file",
    (solving) => {
      const { proof, text, disabled } = show({ old: true, solving });
      expect(proof).toBeUndefined();
      expect(text).toContain("The answer to the settings before; the next one is on its way.");
      expect(text).not.toContain("irst answer");
      expect(disabled).toEqual([true, true, true]);
    },
  );
});

describe("what helps", () => {
  it("says of which of the two solutions there is a proof", () => {
    const [yes, no] = [{ certified: true }, { certified: false }];
    expect(provedWords(yes, yes)).toBe(", each proved");
    expect(provedWords(no, no)).toBe(", in the solutions that were found, which are not proved");
    expect(provedWords(yes, no)).toBe(" (proved as things are, and not with the remedy)");
    expect(provedWords(no, yes)).toBe(" (proved with the remedy, and not as things are)");
  });

  it("the caption of all classes before and after goes by the certificates", () => {
    const advice = advise({ counts, ...lambdas });
    const captionOf = (changed: typeof advice): string | null | undefined => {
      const view = adviceView(asks, () => {});
      view.render({ ...base, advice: changed }, defaults);
      return view.node.querySelector("#figure-data-remedy-margins figcaption")?.textContent;
    };
    expect(captionOf(advice)).toContain("with the remedy, each proved; the dashed");
    expect(captionOf({ ...advice, certified: false })).toContain("(proved with the remedy, and not as things are)");
    const remedies = advice.remedies.map((remedy) => ({ ...remedy, certified: false }));
    expect(captionOf({ ...advice, remedies })).toContain("(proved as things are, and not with the remedy)");
  });
});
