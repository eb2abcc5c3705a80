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

/** Where the files of a series stand on the x axis. */
export interface FilePlaces {
  /** A number a file. */
  at: number[];
  /** What the numbers are: epochs, steps, checkpoints, layers, another number in the name, or the place in the list. */
  axis: "epoch" | "step" | "checkpoint" | "layer" | "number in the name" | "file";
  /** Which line a file belongs to, by what its name is without numbers (`train`, `val`) or by its layer (`layer3`); null where all belong to one. */
  lines: (string | null)[];
}

/**
 * Each file is at the number behind a word such as `epoch` in its name, else at the first number in which the names differ (a whole
 * one if there is one: `ckpt_epoch10_acc0.60.pt` is at 10). Epochs go before steps, these before checkpoints, and these before layers. Files whose names have no such number are
 * at 0, 1, 2, ... in their order. Of equal base names the folders count too. Names that differ in more than numbers are lines of their own, if each of them has such numbers; of several layers and epochs each layer is a line.
 */
export function filePlaces(files: readonly string[]): FilePlaces {
  const names = shortNames(files).map((name) => name.replace(/\.[a-z]\w*$/i, ""));
  const alone = files.map(() => null);
  const whole = placesOf(names);
  const apart = placesOfLines(names);
  if (apart && (!whole || apart.most)) return apart.places;
  const layers = whole ? null : placesOfLines(names, (word) => timeOf(word) === layer);
  if (layers) return layers.places;
  return whole ? { ...whole, lines: alone } : { at: files.map((_, i) => i), axis: "file", lines: alone };
}

/** By the numbers among names that differ in nothing else; null where there are no such names. `most`: whether each of them has company. */
function placesOfLines(
  names: readonly string[],
  kept: (word: string) => boolean = () => false,
): { places: FilePlaces; most: boolean } | null {
  const kinds = names.map((name) =>
    name.replace(numberInName, (all, word: string) => (kept(word) ? `${all} ` : timeOf(word) < 0 ? `${word}#` : "#")),
  );
  const groups = [...new Set(kinds)].map((kind) => kinds.flatMap((own, i) => (own === kind ? [i] : [])));
  const found = groups.map((group) => placesOf(group.map((i) => names[i])));
  const [first] = found;
  const lines = kinds.map((kind) => kind.replace(/[-_=. ]*#[-_=. ]*/g, " ").trim() || "others");
  if (!first || groups.length < 2 || found.some((place) => place?.axis !== first.axis)) return null;
  if (new Set(lines).size < groups.length) return null;
  const at = names.map(() => 0);
  groups.forEach((group, g) => {
    group.forEach((i, k) => {
      at[i] = found[g]?.at[k] as number;
    });
  });
  return { places: { at, axis: first.axis, lines }, most: groups.every((group) => group.length > 1) };
}

/** By the numbers in the names; null where none tells them apart. */
function placesOf(names: readonly string[]): Pick<FilePlaces, "at" | "axis"> | null {
  const numbers = names.map(numbersOf);
  const columns = numbers[0].map((_, i) => numbers.map((row) => row[i]));
  const usable = columns.filter(
    (column) =>
      column.every((x) => x !== undefined && x.time === column[0].time) &&
      new Set(column.map((x) => x.value)).size === names.length,
  );
  const timed = times.map((_, time) => usable.find((column) => column.every((x) => x.time === time)));
  const time = timed.findIndex((column) => column);
  const chosen = timed[time] ?? usable.find((column) => column.every((x) => x.whole)) ?? usable[0];
  if (!chosen) return null;
  return { at: chosen.map((x) => x.value), axis: axes[time] ?? "number in the name" };
}

interface NumberInName {
  value: number;
  whole: boolean;
  /** Which of `times` stands before it; -1: none. */
  time: number;
}

/** Words of time and place, the surest first. A short one counts only as a whole word: `score3` is no epoch. */
const times = [/(epochs?|^ep|^e)$/i, /(steps?|iters?|iterations?|^it)$/i, /(checkpoint|ckpt)$/i, /(layers?|blocks?)$/i];
const axes: readonly FilePlaces["axis"][] = ["epoch", "step", "checkpoint", "layer"];
const layer = axes.indexOf("layer");
const timeOf = (word: string): number => times.findIndex((time) => time.test(word));
const numberInName = /([a-z]*)[-_=. ]*(\d+(?:\.\d+)?)/gi;

function numbersOf(name: string): NumberInName[] {
  return [...name.matchAll(numberInName)].map(([, word, digits]) => ({
    value: Number(digits),
    whole: !digits.includes("."),
    time: timeOf(word),
  }));
}

/** Measures against the places of their files, one line for each measure and each line of files. */
export function linesOver<T>(
  { at, lines }: FilePlaces,
  measures: readonly { label: string; of: (file: number) => T }[],
): { label: string; points: { epoch: number; value: T }[] }[] {
  const order = at.map((_, i) => i).sort((a, b) => at[a] - at[b]);
  return measures.flatMap(({ label, of }) =>
    [...new Set(lines)].map((line) => ({
      label: line === null ? label : `${label}, ${line}`,
      points: order.filter((i) => lines[i] === line).map((i) => ({ epoch: at[i], value: of(i) })),
    })),
  );
}
