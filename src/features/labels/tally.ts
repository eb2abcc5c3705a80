import { type InputError, inputError } from "../../errors.ts";
import { type LabelOptions, type Labels, mostClasses } from "./labels.ts";
import { OtherLabels } from "./other-labels.ts";

/** Counts labels as they pass, and refuses what is no class: whole numbers at the end, when all of them say what was meant. */
export class Tally {
  private found: Float64Array = new Float64Array(64);
  private readonly most: number;
  private readonly ignore: number;
  private readonly others: OtherLabels = new OtherLabels();
  private classes = 0;
  private ignored = 0;

  constructor({ ignore, most = mostClasses - 1 }: LabelOptions) {
    this.most = most;
    this.ignore = ignore === undefined || ignore.trim() === "" ? Number.NaN : Number(ignore);
  }

  /** The class, or -1 where it is to be ignored or is none. `where` names the label in errors. */
  add(label: number, where: () => string): number {
    if (label === this.ignore) return this.skip();
    if (!Number.isInteger(label)) throw this.noClass(where(), label);
    if (label < 0 || label > this.most) {
      this.others.add(label, where);
      return -1;
    }
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

  /** What was counted. Throws InputError where a label was no class. */
  finish(): Pick<Labels, "classes" | "counts" | "ignored"> {
    const counts = this.found.slice(0, this.classes);
    const { first } = this.others;
    if (first) throw this.noClass(first.where, first.label, this.others.hint(counts, this.most));
    return { classes: this.classes, counts, ignored: this.ignored };
  }

  private noClass(where: string, label: number, hint = ""): InputError {
    return inputError(where, `a class from 0 to at most ${this.most}${hint}`, label);
  }
}
