import { usualTolerance } from "../../src/problem/index.ts";
import { type Answer, bounded } from "./answer.ts";
import { type ProofTerms, proofTerms } from "./proof-terms.ts";

/** A line of the proof: what it says, and its formula with numbers put in (formulas/parse.ts). */
export interface ProofLine {
  /** Its name in the document. */
  id: "objective" | "force" | "bias" | "bound" | "gap" | "law";
  words: string;
  source: string;
  values: number[];
}

/** What stands above the lines: by what the answer was found, and whether it is proved. */
export function proofHead(p: Answer): string {
  const found = bounded(p)
    ? "The Layer-Peeled Model has no closed form: this is a root in one number, the multiplier μ."
    : byMethod(p);
  if (p.certified) return `${found} However it was found, the lines below prove it.`;
  return `${found} It is not proved to the accuracy asked for${p.reason === null ? "" : `: ${p.reason}`}. The lines below say how near it is at least.`;
}

function byMethod(p: Answer): string {
  if (p.method === "two-clusters") return "The closed form of two clusters applies.";
  if (p.method === "balanced") return "All classes have one count: their closed form applies.";
  if (p.method === "square-loss") return "The square loss falls apart into its classes: a closed form.";
  const { loss, nonnegative } = p.problem;
  if (nonnegative)
    return "The closed form of two clusters is that of features of any sign and does not apply: every class is solved by itself, with the bias in common.";
  if (loss !== "cross-entropy")
    return "The closed form of two clusters is that of cross-entropy and does not apply: the solver found this.";
  return "The closed form is that of clusters of two or more classes and does not apply: the solver found this.";
}

/** The lines, three to six. */
export function proofLines(p: Answer): ProofLine[] {
  const terms = proofTerms(p);
  return bounded(p) ? boundedLines(p, terms) : penalizedLines(p, terms);
}

const lossName = { "cross-entropy": "CE", square: "SE", bce: "BCE" } as const;
/** The mean over samples. */
const mean = "\\frac{1}{N} Σ_k n_k";

function penalizedLines(p: Answer, t: ProofTerms): ProofLine[] {
  const { loss, lambdaB, nonnegative } = p.problem;
  const lambdaZ = p.problem.lambdaZ as number;
  const biased = Number.isFinite(lambdaB);
  const ridged = biased && lambdaB > 0;
  const norm = nonnegative ? "Σ_k \\sqrt{n_k} |z_k|" : "|Z D^½|_*";
  const column = biased ? "z_k + b" : "z_k";
  return [
    {
      id: "objective",
      words: "What is minimized, at this answer:",
      source: `f = ${mean} \\text{${lossName[loss]}}(${column}, k) + λ_Z ${norm}${ridged ? " + \\frac{λ_b}{2} |b|^2" : ""} = \\num{0} + \\num{1} × \\num{2}${ridged ? " + \\num{3}" : ""} = \\num{4}`,
      values: [t.loss, lambdaZ, t.norm, t.ridge, p.objective],
    },
    nonnegative
      ? {
          id: "force",
          words:
            "No direction of features ≥ 0 pulls harder than λ_Z holds (G₊: G without its negative entries off the diagonal):",
          source:
            "\\sqrt{λ_{\\text{max}}(G_+)} = \\num{0}, G = \\frac{1}{N^2} D^½ (P − I)^⊤ (P − I) D^½, λ_Z = \\num{1}, t = \\text{min}(1, λ_Z / \\sqrt{λ_{\\text{max}}(G_+)}) = \\num{2}",
          values: [t.force, lambdaZ, t.scale],
        }
      : {
          id: "force",
          words: "No direction of Z pulls harder than λ_Z holds:",
          source: "|G|_2 = |\\frac{1}{N} (P − I) D^½|_2 = \\num{0}, λ_Z = \\num{1}, t = \\text{min}(1, λ_Z / |G|_2) = \\num{2}",
          values: [t.force, lambdaZ, t.scale],
        },
    ...(biased ? [biasLine(lambdaB, t)] : []),
    {
      id: "bound",
      words: `No weights, features and bias do better than this, whatever they are (D: ${conjugateWords[loss]}):`,
      source: `P_t = I + t (P − I), d = ${mean} D(p_{t,k})${ridged ? " − \\frac{|v|^2}{2 λ_b}" : ""} = \\num{0}${ridged ? " − \\num{1}" : ""} = \\num{2}`,
      values: [t.entropy, ridged ? t.imbalance ** 2 / (2 * lambdaB) : 0, p.dual],
    },
    gapLine(p),
    ...(nonnegative ? [] : [lawLine(p)]),
  ];
}

const conjugateWords = {
  "cross-entropy": "entropy",
  bce: "entropy of every logit's two outcomes",
  square: "half of |target|² − |p|²",
} as const;

function biasLine(lambdaB: number, t: ProofTerms): ProofLine {
  if (lambdaB === 0)
    return {
      id: "bias",
      words: "The bias costs nothing, so that nothing may pull at it:",
      source: "|v| = |\\frac{1}{N} (I − P_t) n| = \\num{0}",
      values: [t.imbalance],
    };
  return {
    id: "bias",
    words: "What pulls at the bias:",
    source: "v = \\frac{1}{N} (I − P_t) n, |v| = \\num{0}, \\frac{|v|^2}{2 λ_b} = \\num{1}",
    values: [t.imbalance, t.imbalance ** 2 / (2 * lambdaB)],
  };
}

/** The gap of what is asked for, or the one there is. */
function gapLine(p: Answer): ProofLine {
  return {
    id: "gap",
    words: p.certified ? "Both are the same number, so this is the minimum:" : "The minimum lies between the two:",
    source: `f − d = \\num{0} ${p.certified ? "≤" : ">"} \\num{1} × f`,
    values: [p.gap, usualTolerance],
  };
}

/** Of clusters of two and more classes. */
function lawLine(p: Answer): ProofLine {
  const rows = p.clusters.filter(({ size }) => size > 1);
  const compared = rows.map(
    ({ merged }, i) => `n = \\num{${i + 1}} ${merged ? "≤" : ">"} s^2: \\text{${merged ? "merged" : "apart"}}`,
  );
  return {
    id: "law",
    words: "Classes of equal count share one vector where n ≤ s²:",
    source: `s^2 = (N λ_Z)^2 = \\num{0}${compared.map((text) => `, ${text}`).join("")}`,
    values: [p.criticalCount, ...rows.map(({ count }) => count)],
  };
}

function boundedLines(p: Answer, t: ProofTerms): ProofLine[] {
  const peeled = bounded(p);
  if (!peeled) return [];
  const { K, N, layerPeeled } = peeled.problem;
  const tau = K * Math.sqrt(layerPeeled.EW * layerPeeled.EH);
  const rows = p.clusters.filter(({ size }) => size > 1);
  const compared = rows.map(
    ({ merged }, i) => `\\frac{n}{N} = \\num{${i + 1}} ${merged ? "≤" : ">"} μ: \\text{${merged ? "merged" : "apart"}}`,
  );
  return [
    {
      id: "objective",
      words: "What is minimized, at this answer, which meets the bound:",
      source: "f = Σ_k \\frac{n_k}{N} \\text{CE}(z_k, k) = \\num{0}, |Z|_* = \\num{1}, K \\sqrt{E_W E_H} = \\num{2}",
      values: [p.objective, t.norm, tau],
    },
    {
      id: "force",
      words: "The strongest pull of any direction, at Ω = diag(n/N), is the multiplier:",
      source: "|(P − I) Ω|_2 = \\num{0}, μ = \\num{1}",
      values: [t.force, peeled.multiplier],
    },
    {
      id: "bound",
      words: "No weights and features within the bounds do better than this (H: entropy):",
      source: "d = Σ_k \\frac{n_k}{N} H(p_k) − K \\sqrt{E_W E_H} |(P − I) Ω|_2 = \\num{0} − \\num{1} × \\num{2} = \\num{3}",
      values: [t.entropy, tau, t.force, p.dual],
    },
    gapLine(p),
    {
      id: "law",
      words: "Classes of equal count share one vector where n/N ≤ μ:",
      source: `μ = \\num{0}${compared.map((text) => `, ${text}`).join("")}`,
      values: [peeled.multiplier, ...rows.map(({ count }) => count / N)],
    },
  ];
}
