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
  const one = starts === 1;
  const random =
    built === 0 ? "" : ` from ${one ? "a random start" : "random starts"}, ${built} from groups and pairs of classes`;
  const best = `objective ${objective.toPrecision(12)}, the best of ${starts} descent${one ? "" : "s"}${random}${exchanged}`;
  const ends = objectives.map((value) => format(value, 6));
  if (one)
    return `${best}, ${found === 0 ? "not found" : "found"} by ${built === 0 ? "it" : "the random one"} (to a share of ${within}), which ended at ${ends[0]}`;
  return `${best}, found by ${found} of the ${built === 0 ? "descents" : "random ones"} (to a share of ${within}); they ended at ${ends[0]} to ${ends[starts - 1]}`;
}
