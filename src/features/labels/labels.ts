import { inputError } from "../../errors.ts";

/** The class of every sample, 0-based, in blocks. */
export interface Labels {
  /** For messages: file and name. */
  readonly what: string;
  /** Number of labels, ignored ones too. */
  readonly n: number;
  /** One more than the largest label. */
  readonly classes: number;
  /** Samples of each class. */
  readonly counts: Float64Array;
  /** How many labels are the one to be ignored. */
  readonly ignored: number;
  /** Names of the classes where the file has names. */
  readonly names: readonly string[] | null;
  /** How the classes got their numbers where they have names, in words; null: they are numbers in the file. */
  readonly order: string | null;
  /** How the file was read, in words. */
  readonly how: string;
  /** Rows `from` to `to`, `step` at a time; -1: to be ignored. The numbers are overwritten by the next block. */
  blocks(from: number, to: number, step: number): AsyncIterable<ArrayLike<number>>;
}

/** What a reader of labels is told. */
export interface LabelOptions {
  /** The label of samples that belong to no class (255, -100, `void`). */
  ignore?: string;
  /** The largest label that can be a class; what is far above the number of samples would ask for memory that the data cannot need. */
  most?: number;
  /** More bytes of an array than this are not unpacked. */
  mostBytes?: number;
  /** The title of the column of classes in a table of text. */
  column?: string;
  /** Names of the classes in their order, where something beside the labels says them. */
  names?: readonly string[] | null;
  /** The array's name in its file, for messages; where an index already took a part of it, none. */
  name?: string;
}

/** Why rows of zeros and ones with other than a single 1 cannot be labels. */
export const severalOnes =
  "all at once cannot be measured: with several ones, or none, a sample belongs to no one class, and there are no class means";

/** As many classes as any command takes. */
export const mostClasses = 1_000_000;

/** Counts labels as they pass, and refuses what is no class. */
export class Tally {
  private found: Float64Array = new Float64Array(64);
  private readonly most: number;
  private readonly ignore: number;
  classes = 0;
  ignored = 0;

  constructor({ ignore, most = mostClasses - 1 }: LabelOptions) {
    this.most = most;
    this.ignore = ignore === undefined || ignore.trim() === "" ? Number.NaN : Number(ignore);
  }

  /** The class, or -1 where it is to be ignored. `where` names the label in errors. */
  add(label: number, where: () => string): number {
    if (label === this.ignore) return this.skip();
    if (!(Number.isInteger(label) && label >= 0 && label <= this.most))
      throw inputError(where(), `a class from 0 to at most ${this.most}${hint(label)}`, label);
    if (label >= this.classes) this.atLeast(label + 1);
    this.found[label]++;
    return label;
  }

  /** One more that is to be ignored. */
  skip(): number {
    this.ignored++;
    return -1;
  }

  /** There are as many classes as this, whether they occur or not. */
  atLeast(classes: number): void {
    if (classes > this.found.length) {
      const longer = new Float64Array(Math.max(2 * this.found.length, classes));
      longer.set(this.found);
      this.found = longer;
    }
    this.classes = Math.max(this.classes, classes);
  }

  get counts(): Float64Array {
    return this.found.slice(0, this.classes);
  }
}

function hint(label: number): string {
  if (!Number.isInteger(label)) return "";
  return label < 0 || label >= 255 ? ` (--ignore-label ${label}: samples that belong to no class)` : "";
}
