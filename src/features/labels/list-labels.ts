import { type InputError, inputError } from "../../errors.ts";
import { isDisguised, isMissing, isWhole } from "./cells.ts";
import { type LabelOptions, type Labels, mostClasses } from "./labels.ts";
import { ordered } from "./names.ts";
import { Tally } from "./tally.ts";

/** Labels that are in memory as text, all numbers or all names. */
export function cellLabels(what: string, cells: readonly string[], options: LabelOptions, how = "a list of labels"): Labels {
  const kept = cells.filter((cell) => cell !== options.ignore);
  const odd = kept.findIndex((cell) => isMissing(cell));
  if (odd >= 0) throw inputError(`${what}[${cells.indexOf(kept[odd])}]`, "a class", kept[odd]);
  if (kept.every(isWhole)) {
    const tally = new Tally(options);
    const labels = Int32Array.from(cells, (cell, i) =>
      cell === options.ignore ? tally.skip() : tally.add(Number(cell), () => `${what}[${i}]`),
    );
    return inMemory({ what, how, names: null, order: null }, labels, tally);
  }
  const number = kept.findIndex(isWhole);
  if (number >= 0) throw mixed(`${what}[${cells.indexOf(kept[number])}]`, kept[number], false);
  const index = new Index(what, options);
  const codes = Int32Array.from(cells, (cell) => index.code(cell));
  return index.finish(codes, how, options);
}

export function mixed(where: string, label: string, numbers: boolean): InputError {
  return inputError(
    where,
    numbers ? "a class number, as in the other lines" : "a class name, as in the other lines (or numbers in all of them)",
    label,
  );
}

/** Different names in the order in which they came. */
export class Index {
  private readonly what: string;
  private readonly ignore: string | undefined;
  private readonly names: string[] = [];
  private readonly codes = new Map<string, number>();
  private readonly times: number[] = [];

  constructor(what: string, { ignore }: LabelOptions) {
    this.what = what;
    this.ignore = ignore;
  }

  code(name: string): number {
    if (name === this.ignore) return -1;
    let code = this.codes.get(name);
    if (code === undefined) {
      code = this.names.length;
      if (code >= mostClasses) throw inputError(this.what, `at most ${mostClasses} classes`, "more");
      this.codes.set(name, code);
      this.names.push(name);
      this.times.push(0);
    }
    this.times[code]++;
    return code;
  }

  once(name: string): boolean {
    return this.times[this.codes.get(name) ?? -1] === 1;
  }

  /** Throws InputError where all names are numbers in signs that are none of a number (`'3'`, `tensor(3)`): sorted as text they would be other classes. */
  finish(codes: Int32Array, how: string, options: LabelOptions): Labels {
    if (this.names.length > 0 && this.names.every(isDisguised))
      throw inputError(this.what, "classes as numbers or as names", `numbers in other signs: ${this.names[0]}`);
    const { names, numberOf, order } = ordered(this.names, options.names ?? null);
    const tally = new Tally({ most: options.most });
    const labels = codes.map((code) => (code < 0 ? tally.skip() : tally.add(numberOf[code], () => this.what)));
    tally.atLeast(names.length);
    return inMemory({ what: this.what, how, names, order }, labels, tally);
  }
}

/** A list of whole numbers that grows. */
export class Growing {
  private numbers: Int32Array = new Int32Array(1024);
  private n = 0;

  push(x: number): void {
    if (this.n === this.numbers.length) {
      const longer = new Int32Array(2 * this.n);
      longer.set(this.numbers);
      this.numbers = longer;
    }
    this.numbers[this.n++] = x;
  }

  all(): Int32Array {
    return this.numbers.subarray(0, this.n);
  }
}

/** Labels of which all are in memory. */
export function inMemory(
  about: Pick<Labels, "what" | "how" | "names" | "order" | "numerals">,
  labels: Int32Array,
  tally: Tally,
): Labels {
  const { classes, counts, ignored } = tally.finish();
  return {
    ...about,
    n: labels.length,
    classes,
    counts,
    ignored,
    async *blocks(from, to, step) {
      for (let at = from; at < to; at += step) yield labels.subarray(at, Math.min(to, at + step));
    },
  };
}
