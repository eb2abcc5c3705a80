import { minimum } from "../../extremes.ts";
import type { Advice } from "./advise.ts";

/** Whether nothing has to be changed: as things are every class is its own, and has the margin that is asked for. @internal */
export const nothingNeeded = ({
  margins,
  margin,
  summary,
  problem,
}: Pick<Advice, "margins" | "margin" | "summary" | "problem">): boolean =>
  minimum(margins) >= margin && summary.own === problem.K;
