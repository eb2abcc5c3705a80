import { quantile, shotGroups } from "../measure/index.ts";
import { format } from "../number-text.ts";
import { type ClassStatus, classStatuses, countStatus, type StatusCounts } from "../prediction/index.ts";
import type { Table } from "../terminal/index.ts";

/** What becomes of each class (theory, section 11), as every table of this project shows it, predicted or measured. */
export interface ShownClass {
  class: number;
  count: number;
  pOwn: number | null;
  rival: number | null;
  margin: number | null;
  status: ClassStatus | null;
}

/** More rows than this are given by many, medium and few, with the weakest classes by themselves. */
export const mostRows = 24;
/** So many of the weakest. */
export const mostWeakest = 12;

/** `7 of 10 classes are their own, 3 outvoted`. */
export function statusText(counted: StatusCounts): string {
  const all = classStatuses.reduce((sum, status) => sum + counted[status], 0);
  const rest = classStatuses.filter((status) => status !== "own" && counted[status] > 0);
  return [`${counted.own} of ${all} classes are their own`, ...rest.map((status) => `${counted[status]} ${status}`)].join(", ");
}

export const shotColumns: readonly string[] = [
  ...["classes", "how many", ...classStatuses],
  ...["smallest margin in logits", "median p_own"],
];

/** Many classes in few lines: many-, medium- and few-shot classes, as the long-tail literature cuts them (more than 100 samples, 20 to 100, fewer). */
export function shotRows(classes: readonly ShownClass[]): string[][] {
  return Object.values(shotGroups).flatMap(({ text: name, has }) => {
    const some = classes.filter((c) => has(c.count) && c.status !== null);
    if (some.length === 0) return [];
    const counted = countStatus(some);
    const least = some.reduce((m, c) => Math.min(m, c.margin ?? m), Number.POSITIVE_INFINITY);
    const pOwn = quantile(
      some.map((c) => c.pOwn ?? 0),
      0.5,
    );
    return [[name, ...[some.length, ...classStatuses.map((status) => counted[status])].map(String), format(least), format(pOwn)]];
  });
}

/** The classes of the smallest margins, weakest first. */
export function weakest<C extends Pick<ShownClass, "margin" | "class">>(classes: readonly C[], most: number = mostWeakest): C[] {
  return classes
    .filter((c) => c.margin !== null)
    .sort((a, b) => (a.margin as number) - (b.margin as number) || a.class - b.class)
    .slice(0, most);
}

/** `7 cat`, or `7` where it has no name. */
export function classLabel(k: number, names: readonly (string | null)[] | null): string {
  const name = names?.[k];
  return name ? `${k} ${name.length > 25 ? `${name.slice(0, 24)}…` : name}` : String(k);
}

/** How a list of classes is written: in plain text, or on a page. */
interface Marks {
  range: string;
  more: string;
}
const plain: Marks = { range: "-", more: "..." };

/** Classes as ranges, `0-4, 7`, or one by one with their names, `0 cat, 7 dog`; a long list is cut. */
export function listClasses(
  classes: readonly number[],
  names: readonly (string | null)[] | null = null,
  { range, more }: Marks = plain,
): string {
  const parts: string[] = [];
  for (let i = 0; i < classes.length; ) {
    let j = i;
    while (names === null && j + 1 < classes.length && classes[j + 1] === classes[j] + 1) j++;
    parts.push(j > i ? `${classes[i]}${range}${classes[j]}` : classLabel(classes[i], names));
    i = j + 1;
  }
  const most = names === null ? 6 : 4;
  return parts.length > most ? `${parts.slice(0, most - 1).join(", ")}, ${more} (${classes.length})` : parts.join(", ");
}

/** Classes beside what was predicted of them: a row a class, of many the weakest ones. */
export function besideTable(
  caption: string,
  measured: readonly (ShownClass & { name: string | null })[],
  predicted: readonly ShownClass[],
): Table {
  const names = measured.map((c) => c.name);
  const shown = measured.length > mostRows ? weakest(measured, mostRows) : measured;
  return {
    caption: measured.length > mostRows ? `${caption}: the ${shown.length} weakest of ${measured.length} classes` : caption,
    columns: [
      "class",
      "samples",
      "becomes",
      "predicted",
      "p_own",
      "predicted p_own",
      "strongest rival",
      "margin in logits",
      "predicted margin",
    ],
    rows: shown.map((c) => {
      const p = predicted[c.class];
      return [
        classLabel(c.class, names),
        c.count,
        c.status,
        p.status,
        c.pOwn,
        p.pOwn,
        c.rival === null ? null : classLabel(c.rival, names),
        c.margin,
        p.margin,
      ];
    }),
  };
}
