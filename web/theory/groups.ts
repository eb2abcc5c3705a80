import type { State } from "../state.ts";

/** The two groups of classes, A and B, by their counts: all that is said of a majority and a minority goes by these, not by the letters. */
export interface Group {
  name: "A" | "B";
  /** Classes, and samples of each. */
  k: number;
  n: number;
  /** Its first class. */
  first: number;
}

type Counts = Pick<State, "kA" | "nA" | "kB" | "nB">;

/** `larger`: with the more samples a class; at equal counts it is A. */
export function groupsOf({ kA, nA, kB, nB }: Counts): { larger: Group; smaller: Group } {
  const A: Group = { name: "A", k: kA, n: nA, first: 0 };
  const B: Group = { name: "B", k: kB, n: nB, first: kA };
  return nA < nB ? { larger: B, smaller: A } : { larger: A, smaller: B };
}

/** What the classes of a group are called as the counts stand. */
export function classesWords(counts: Counts, name: Group["name"]): string {
  if (counts.nA === counts.nB) return "classes";
  return groupsOf(counts).larger.name === name ? "majority classes" : "minority classes";
}

/** The counts with `n` samples in each class of one group. */
export const withSamples = (name: Group["name"], n: number): Partial<Counts> => (name === "A" ? { nA: n } : { nB: n });

/** `n_A / n_B`, the larger above. */
export const ratioName = ({ larger, smaller }: ReturnType<typeof groupsOf>): string => `n_${larger.name} / n_${smaller.name}`;

/** The classes of a group, as a list. */
export const classesOf = ({ first, k }: Group): number[] => Array.from({ length: k }, (_, i) => first + i);
