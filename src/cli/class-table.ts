import { quantile } from "../measure/index.ts";
import { countStatus, type PredictedClass } from "../prediction/index.ts";
import { format } from "../report/format.ts";

/**
 * Many classes in few lines: many-, medium- and few-shot classes, as the long-tail literature cuts them (more than 100 samples, 20 to 100, fewer), with what
 * becomes of them. Where all classes are of one kind that is one line.
 */
export function shotRows(classes: readonly PredictedClass[]): string[][] {
  const groups: [string, (n: number) => boolean][] = [
    ["many (> 100 samples)", (n) => n > 100],
    ["medium (20-100)", (n) => n >= 20 && n <= 100],
    ["few (< 20)", (n) => n < 20],
  ];
  return groups.flatMap(([name, has]) => {
    const some = classes.filter((c) => has(c.count));
    if (some.length === 0) return [];
    const { own, outvoted, faded, merged } = countStatus(some);
    const least = some.reduce((m, c) => Math.min(m, c.margin), Number.POSITIVE_INFINITY);
    const pOwn = quantile(
      some.map((c) => c.pOwn),
      0.5,
    );
    return [[name, ...[some.length, own, outvoted, faded, merged].map(String), format(least), format(pOwn)]];
  });
}
