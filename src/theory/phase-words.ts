import type { Phase } from "./phase.ts";

/** What the phases of two clusters mean (theory, section 5), in words that every command and the page share. */
export const phaseWords: Readonly<Record<Phase, string>> = {
  a: "no two classes share one vector",
  b: "the minority is one vector",
  c: "the minority's predictions are 0",
  d: "complete collapse, Z = 0",
};
