import { describe, expect, it } from "vitest";
import { expand, type Prediction, predict, predictLayerPeeled } from "../../src/prediction/index.ts";
import { layerPeeledProblem, type ProblemInput, problem } from "../../src/problem/index.ts";
import { pieces } from "../../web/formulas/math.ts";
import { type Formula, parseFormula } from "../../web/formulas/parse.ts";
import type { Answer } from "../../web/theory/answer.ts";
import { proofHead, proofLines } from "../../web/theory/proof-lines.ts";
import { proofTerms } from "../../web/theory/proof-terms.ts";

const inf = Number.POSITIVE_INFINITY;
const counts = (kA: number, nA: number, kB: number, nB: number): number[] => [
  ...new Array(kA).fill(nA),
  ...new Array(kB).fill(nB),
];
const two = counts(5, 500, 5, 100);

const inputs: ProblemInput[] = (["cross-entropy", "square", "bce"] as const).flatMap((loss) =>
  [false, true].flatMap((nonnegative) =>
    [inf, 0.02, 0].flatMap((lambdaB) =>
      [
        { counts: two, lambdaZ: 0.0027 },
        { counts: two, lambdaZ: 0.0039 },
        { counts: counts(1, 500, 4, 20), lambdaZ: 0.003 },
        { counts: counts(3, 100, 4, 100), lambdaZ: 0.002 },
        { counts: counts(1, 7, 1, 3), lambdaZ: 0.01 },
        { counts: two, lambdaZ: 0.05 },
      ].map((p) => ({ ...p, loss, nonnegative, lambdaB })),
    ),
  ),
);

describe("the lines of the proof", () => {
  it.each(inputs)("their parts add up to the certificate's values: %j", (input) => {
    const p: Prediction = predict(problem(input));
    const t = proofTerms(p);
    const { lambdaZ, lambdaB } = p.problem;
    expect(Math.abs((t.loss + lambdaZ * t.norm + t.ridge) / p.objective - 1)).toBeLessThan(1e-12);
    const pull = lambdaB > 0 && lambdaB < inf ? t.imbalance ** 2 / (2 * lambdaB) : 0;
    // Without a penalty on the bias, or where the bound of lambda_b = 0 is the better one, the certificate moves the residuals first.
    if (p.certified) expect(Math.abs((t.entropy - pull) / p.dual - 1)).toBeLessThan(1e-8);
    else expect(t.entropy - pull).toBeLessThanOrEqual(p.objective * (1 + 1e-12));
    expect(t.force * t.scale).toBeLessThanOrEqual(lambdaZ * (1 + 1e-12));
    if (lambdaB === 0 && p.certified) expect(t.imbalance).toBeLessThan(1e-9);
  });

  it.each([
    [counts(5, 500, 5, 100), 1, 5],
    [counts(7, 500, 3, 20), 1, 5],
    [counts(1, 30, 2, 20), 0.5, 2],
  ])("so do those of bounded norms: %j, %d, %d", (n, EW, EH) => {
    const p = expand(predictLayerPeeled(layerPeeledProblem({ counts: n, EW, EH })));
    const t = proofTerms(p);
    const tau = n.length * Math.sqrt(EW * EH);
    expect(Math.abs(t.loss / p.objective - 1)).toBeLessThan(1e-9);
    expect(t.norm).toBeLessThan(tau * (1 + 1e-12));
    expect(Math.abs((t.entropy - tau * t.force) / p.dual - 1)).toBeLessThan(1e-9);
    expect(Math.abs(t.force / p.multiplier - 1)).toBeLessThan(1e-8);
    expect(proofLines(p).map(({ id }) => id)).toEqual(["objective", "force", "bound", "gap", "law"]);
  });

  it("are three to six, every number in its place, and every formula can be read", () => {
    const bounded = expand(predictLayerPeeled(layerPeeledProblem({ counts: two, EW: 1, EH: 5 })));
    for (const p of [...inputs.map((input): Answer => predict(problem(input))), bounded]) {
      const lines = proofLines(p);
      expect(lines.length).toBeGreaterThanOrEqual(3);
      expect(lines.length).toBeLessThanOrEqual(6);
      for (const { source, values } of lines) {
        const used = [...source.matchAll(/\\num\{(\d+)\}/g)].map(([, i]) => Number(i));
        expect(
          used.every((i) => Number.isFinite(values[i])),
          source,
        ).toBe(true);
        expect(() => parseFormula(source)).not.toThrow();
      }
      const gap = lines.find(({ id }) => id === "gap");
      expect(gap?.values[0]).toBe(p.gap);
      expect(gap?.source.includes("≤")).toBe(p.certified);
    }
  });

  it.each<[ProblemInput, RegExp]>([
    [{ counts: two, lambdaZ: 0.0027 }, /^The closed form of two clusters applies\. However/],
    [{ counts: [9, 9, 9], lambdaZ: 0.01 }, /^All classes have one count/],
    [
      { counts: counts(1, 500, 4, 20), lambdaZ: 0.003 },
      /^The closed form is that of clusters of two or more classes and does not apply/,
    ],
    [
      { counts: two, lambdaZ: 0.0027, lambdaB: 0.02, loss: "square" },
      /^The closed form of two clusters is that of cross-entropy and does not/,
    ],
    [{ counts: two, lambdaZ: 0.0027, nonnegative: true }, /features of any sign and does not apply/],
    [{ counts: two, lambdaZ: 0.0027, lambdaB: 0.001, nonnegative: true }, /It is not proved to the accuracy asked for/],
  ])("say first whether a closed form applies and whether it is proved: %j", (input, words) => {
    expect(proofHead(predict(problem(input)))).toMatch(words);
  });
});

describe("formulas", () => {
  it.each<[string, string]>([
    ["a_{max}^2", "(a _ (m a x) ^ 2)"],
    ["\\frac{1}{N} Σ_k n_k", "([1 / N] (Σ _ k) (n _ k))"],
    ["\\sqrt{E_W E_H}", "√((E _ W) (E _ H))"],
    ["f = \\num{0} ≤ 1e-10", "(f = #0 ≤ 1e-10)"],
    ["\\text{min}(1, t)", "(“min” ( 1 , t ))"],
  ])("%s is %s", (source, tree) => {
    const say = (f: Formula): string => {
      switch (f.kind) {
        case "value":
          return `#${f.index}`;
        case "row":
          return `(${f.parts.map(say).join(" ")})`;
        case "fraction":
          return `[${say(f.over)} / ${say(f.under)}]`;
        case "root":
          return `√${say(f.of)}`;
        case "script":
          return `(${say(f.base)}${f.sub ? ` _ ${say(f.sub)}` : ""}${f.sup ? ` ^ ${say(f.sup)}` : ""})`;
        case "text":
          return `“${f.text}”`;
        default:
          return f.text;
      }
    };
    expect(say(parseFormula(source))).toBe(tree);
  });

  it.each(["a_", "\\frac{1}", "{a", "a}", "\\who{1}", "\\text"])("refuses %s", (source) => {
    expect(() => parseFormula(source)).toThrow(SyntaxError);
  });

  it("breaks lines at relations, sums and commas, not within brackets", () => {
    const raised = parseFormula("(a + b)^2 + 1") as Extract<Formula, { kind: "row" }>;
    expect(pieces(raised.parts)).toHaveLength(2);
    const row = parseFormula("f = a + (b + c), d ≤ 1") as Extract<Formula, { kind: "row" }>;
    expect(pieces(row.parts).map((p) => p.map((f) => ("text" in f ? f.text : "")).join(""))).toEqual([
      "f",
      "=a",
      "+(b+c),",
      "d",
      "≤1",
    ]);
  });
});
