import { maximum } from "../extremes.ts";
/** What tells files apart in tables: their base names, with as many folders as it takes. */
export function shortNames(files: readonly string[]): string[] {
  const parts = files.map((file) => file.split(/[/\\]/));
  const longest = maximum(parts.map(({ length }) => length));
  for (let depth = 1; depth < longest; depth++) {
    const names = parts.map((part) => part.slice(-depth).join("/"));
    if (new Set(names).size === new Set(files).size) return names;
  }
  return [...files];
}

/**
 * Where each file stands on the x axis: the number behind a word such as `epoch` in its name, else the first number in which the names differ (a whole
 * one if there is one: `ckpt_epoch10_acc0.60.pt` is at 10). Epochs go before steps, and these before checkpoints. Files whose names have no such number are
 * at 0, 1, 2, ... in their order. Of equal base names the folders count too.
 */
export function filePositions(files: readonly string[]): number[] {
  const numbers = shortNames(files).map((name) => numbersOf(name.replace(/\.[a-z]\w*$/i, "")));
  const columns = (numbers[0] ?? []).map((_, i) => numbers.map((row) => row[i]));
  const usable = columns.filter(
    (column) => column.every((x) => x !== undefined) && new Set(column.map((x) => x.value)).size === files.length,
  );
  const timed = times.map((_, time) => usable.find((column) => column.every((x) => x.time === time)));
  const chosen = timed.find((column) => column) ?? usable.find((column) => column.every((x) => x.whole)) ?? usable[0];
  return chosen ? chosen.map((x) => x.value) : files.map((_, i) => i);
}

interface NumberInName {
  value: number;
  whole: boolean;
  /** Which of `times` stands before it; -1: none. */
  time: number;
}

/** Words of time, the surest first. A short one counts only as a whole word: `score3` is no epoch. */
const times = [/(epochs?|^ep|^e)$/i, /(steps?|iters?|iterations?|^it)$/i, /(checkpoint|ckpt)$/i];

function numbersOf(name: string): NumberInName[] {
  return [...name.matchAll(/([a-z]*)[-_=. ]*(\d+(?:\.\d+)?)/gi)].map(([, word, digits]) => ({
    value: Number(digits),
    whole: !digits.includes("."),
    time: times.findIndex((time) => time.test(word)),
  }));
}
