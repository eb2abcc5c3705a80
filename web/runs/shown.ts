import type { ClassesOfPrediction, Prediction } from "../../src/prediction/index.ts";
import { problem } from "../../src/problem/index.ts";
import { mostPredicted } from "../rules.ts";
import type { Solver } from "../solver/client.ts";
import type { Item } from "./item.ts";

/** What was dropped, and what belongs beside it. */
export interface Shown extends Item {
  /** The prediction at the item's problem. */
  goal: (Prediction & Partial<ClassesOfPrediction>) | null;
  lambdaZ: number | null;
}

/** The items with their predictions; an item whose problem has none is left out, and said in `problems`; one of too many classes stays without its prediction, and is said too. `signal`: no more are asked for once it is aborted. */
export async function predicted(
  items: readonly Item[],
  slow: Pick<Solver, "ask">,
  signal?: AbortSignal,
): Promise<{ found: Shown[]; problems: string[] }> {
  const found: Shown[] = [];
  const problems: string[] = [];
  for (const item of items) {
    if (signal?.aborted) break;
    try {
      const p = item.problem && problem(item.problem);
      const few = item.counts.length <= mostPredicted;
      const goal = item.problem && few ? await slow.ask("predict", item.problem) : null;
      if (item.problem && !few)
        problems.push(
          `${item.name}: shown without its prediction, which of more than ${mostPredicted} classes nclab predict tells`,
        );
      found.push({ ...item, goal, lambdaZ: p?.lambdaZ ?? null });
    } catch (wrong) {
      problems.push(`${item.name}: ${(wrong as Error).message}`);
    }
  }
  return { found, problems };
}

/** Those before and those found, which take the place of others of their names; in the order of lambda_Z, then by name. */
export function together(before: readonly Shown[], found: readonly Shown[]): Shown[] {
  const names = new Set(found.map((item) => item.name));
  return [...before.filter((item) => !names.has(item.name)), ...found].sort(
    (x, y) => (x.lambdaZ ?? Number.MAX_VALUE) - (y.lambdaZ ?? Number.MAX_VALUE) || x.name.localeCompare(y.name, "en"),
  );
}

/** The last measured. */
export const Zof = (item: Item): (number | null)[][] | null => item.lines.at(-1)?.Z ?? null;
