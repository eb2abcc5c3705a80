import { inputError } from "../../errors.ts";
import { isWhole } from "./cells.ts";

/** Code points, as Python sorts text: what torchvision's ImageFolder and scikit-learn's LabelEncoder number classes by. */
export function byCodePoints(a: string, b: string): number {
  const [x, y] = [[...a], [...b]];
  for (let i = 0; i < Math.min(x.length, y.length); i++) {
    const step = (x[i].codePointAt(0) as number) - (y[i].codePointAt(0) as number);
    if (step !== 0) return step;
  }
  return x.length - y.length;
}

/** Classes that are known by name: their order, and the number of each. */
export interface Ordered {
  names: string[];
  /** The number of the class that came as the i-th. */
  numberOf: Int32Array;
  /** In words. */
  order: string;
}

/** Names sorted as text, or, where another list of all of them is known (`class_names` beside the labels), as in that list. */
export function ordered(found: readonly string[], known: readonly string[] | null): Ordered {
  const all = new Set(known);
  const listed = known !== null && all.size === known.length && found.every((name) => all.has(name));
  const names = listed ? [...all] : [...found].sort(byCodePoints);
  const rank = new Map(names.map((name, k) => [name, k]));
  return {
    names,
    numberOf: Int32Array.from(found, (name) => rank.get(name) as number),
    order: listed ? "the order of the list of names beside them" : "sorted as text",
  };
}

/**
 * Names that are numbers ("0" to "11") have two orders from "10" on: as text, in which torchvision's ImageFolder numbers them, and as numbers. In words, which one they got; null where both are one
 * or a name is no number. `as`: the order here.
 */
export function numeralWords(found: Iterable<string>, as: "text" | "numbers"): string | null {
  const text = [...found].sort(byCodePoints);
  if (!text.every(isWhole)) return null;
  const at = text.findIndex((name, k) => k > 0 && Number(name) < Number(text[k - 1]));
  if (at < 0) return null;
  // The first that a smaller one follows: "10" before "2".
  const early = text.findIndex((name) => Number(name) > Number(text[at]));
  return as === "text"
    ? `the classes' names are numbers and were numbered sorted as text, as torchvision's ImageFolder does: ${JSON.stringify(text[early])} is class ${early}, ${JSON.stringify(text[at])} class ${at}. Labels or a head that take these names as numbers have another order`
    : `the classes' names are numbers and were taken as the classes' numbers; torchvision's ImageFolder sorts such names as text: ${JSON.stringify(text[early])} is its class ${early}, ${JSON.stringify(text[at])} its class ${at}. A head or labels that come from it have that order`;
}

/** Collects the name that stands beside each class's number. Throws InputError where a number has two. */
export class NameList {
  private readonly found: string[] = [];

  add(label: number, name: string, where: () => string): void {
    const known = this.found[label];
    if (known === undefined) this.found[label] = name;
    else if (known !== name) throw inputError(where(), `${JSON.stringify(known)}, the name of class ${label} before`, name);
  }

  /** For all classes; one that does not occur is called by its number. Null: none was added. */
  of(classes: number): string[] | null {
    return this.found.length === 0 ? null : Array.from({ length: classes }, (_, k) => this.found[k] ?? String(k));
  }
}
