import type { Intervals } from "../../documents/index.ts";
import type { Input } from "../../inputs/index.ts";
import { bootstrap, type Frame, finish, type MeasureOptions, quantile, wantsForce } from "../../measure/index.ts";
import { scalars } from "./scalars.ts";

/** Those that have an interval: a whole number, a rank, says what the structure is, and its quantiles would say nothing of how far it varies. */
const measures = scalars.filter(({ whole }) => !whole);

/** 95 % intervals of the scalar measures by resampling within classes. */
export async function intervalsOf(
  input: Input,
  frame: Frame,
  options: MeasureOptions,
  { replicates, seed }: { replicates: number; seed: number },
): Promise<Intervals> {
  const values = new Map<string, number[]>(measures.map(({ name }) => [name, []]));
  // The prediction is not resampled, and solving it again for every replicate would change nothing.
  const { weightDecay, loss, oodMean } = options;
  const wanted: MeasureOptions = { weightDecay, loss, oodMean };
  const resampling = { replicates, seed, force: wantsForce(wanted) };
  await bootstrap(input, input.n, frame.counts, resampling, (resampled, within) => {
    const measurement = finish(resampled, within, input.head, wanted);
    for (const { name, of } of measures) {
      const value = of(measurement);
      if (value !== null) values.get(name)?.push(value);
    }
  });
  const of: Intervals["of"] = {};
  for (const [name, list] of values) {
    if (list.length < replicates) continue;
    of[name] = { low: quantile(list, 0.025) as number, high: quantile(list, 0.975) as number };
  }
  return { kind: "percentile bootstrap within classes (counts kept)", level: 0.95, replicates, seed, of };
}
