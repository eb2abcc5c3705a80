import { predict } from "../../../src/prediction/index.ts";
import { dense } from "./dense.ts";
import { type Hostile, hostile } from "./problems.ts";

/** What came of one problem. */
export interface Outcome {
  index: number;
  /** Of the dense proof: of (UFM), or of (UFM+) for nonnegative features. */
  relativeGap: number;
  nonnegative: boolean;
  /** `reason` of a prediction that does not call itself certified (exit code 3 on the command line). */
  reason: string | null;
  /** What is wrong; empty: nothing. */
  wrong: string[];
  beside: string | null;
}

/** Relative duality gap asked for. */
const asked = 1e-10;

/** Predicts problem `index`, proves the printed Z and b by the dense certificate, and compares structure with what closed forms say. */
export function check(seed: number, index: number): Outcome {
  const { problem: p, beside } = hostile(seed, index);
  const q = predict(p);
  const proof = dense(p, q.Z, q.b);
  const wrong: string[] = [];
  if (!(proof.relativeGap > -1e-13)) wrong.push(`a dual above the objective, ${proof.relativeGap}`);
  const proved = proof.relativeGap <= asked;
  if (p.nonnegative ? !q.ufmPlus?.certified && proved : !q.certified && proved)
    wrong.push("called uncertified, though the dense proof closes");
  if ((p.nonnegative ? q.ufmPlus?.certified : q.certified) && !proved)
    wrong.push(`called certified with a gap of ${proof.relativeGap}`);
  if (q.certified !== (q.reason === null)) wrong.push("reason and certified disagree");
  // Singular values belong to the Z that is printed, and the rank to them.
  const largest = Math.max(proof.singularValues[0], q.singularValues[0]);
  if (q.singularValues.some((x, k) => Math.abs(x - proof.singularValues[k]) > 1e-11 * largest))
    wrong.push("singular values of another Z");
  if (q.rank !== q.singularValues.filter((x) => x > 0).length) wrong.push("rank of other singular values");
  if (q.rank > p.K - 1) wrong.push(`rank ${q.rank} of ${p.K - 1}`);
  // 1'(b/Delta) = 0.
  const centre = q.b.reduce((sum, b, i) => sum + b / (p.factors?.[i] ?? 1), 0);
  const size = q.b.reduce((sum, b, i) => sum + Math.abs(b) / (p.factors?.[i] ?? 1), 0);
  if (Math.abs(centre) > 1e-11 * size + 1e-14 * p.K) wrong.push(`a bias that is not centred, by ${centre / size}`);
  wrong.push(...structure(p.K, q, beside));
  return {
    index,
    relativeGap: proof.relativeGap,
    nonnegative: p.nonnegative,
    reason: q.reason,
    wrong,
    beside: beside && `${beside.kind} ${beside.above ? "above" : "below"}`,
  };
}

function structure(K: number, q: ReturnType<typeof predict>, beside: Hostile["beside"]): string[] {
  if (!beside) return [];
  const { kind, classes, above } = beside;
  const side = `1e-5 ${above ? "above" : "below"} the threshold`;
  const gone = new Set(q.vanished);
  const Z = q.Z;
  if (kind === "complete") {
    const all = Z.every((row) => row.every((z) => z === 0));
    return all === above && (q.rank === 0) === above && (gone.size === K) === above
      ? []
      : [`complete collapse: rank ${q.rank}, ${gone.size} vanished ${side}`];
  }
  if (kind === "vanish") {
    const right = classes.every((k) => gone.has(k) === above && Z.every((row) => row[k] === 0) === above);
    return right ? [] : [`vanishing of class ${classes[0]} is wrong ${side}`];
  }
  const [k, l] = classes;
  const cluster = q.clusters.find((c) => c.classes.includes(k));
  const same = Z.every((row, i) => row[k] === Z[i === k ? l : i === l ? k : i][l] && row[k] === row[l]);
  return cluster?.merged === above && same === above ? [] : [`merging of class ${k} is wrong ${side}`];
}
