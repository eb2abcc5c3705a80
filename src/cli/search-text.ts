import { format } from "../number-text.ts";
import type { Search } from "../prediction/index.ts";

/** What the best of many descents is, and how it was found, as every page says it. */
export function searchText(
  objective: number,
  { starts, built = 0, found, within, exchanges, exhausted, objectives }: Search,
): string {
  const exchanged =
    exchanges === 0
      ? ""
      : ` and ${exchanges} exchanges of two classes${exhausted ? "" : ", not all that there are (one may lead lower)"}`;
  return `objective ${objective.toPrecision(12)}, the best of ${starts} descents${built === 0 ? "" : ` from random starts, ${built} from groups and pairs of classes`}${exchanged}, found by ${found} of the ${built === 0 ? "descents" : "random ones"} (to a share of ${within}); they ended at ${format(objectives[0], 6)} to ${format(objectives[starts - 1], 6)}`;
}
