import type { ShownClass } from "../words/index.ts";
import { classLabel } from "../words/index.ts";

/** Classes that share a curve: of many classes those of like counts, so that a picture has a few lines and a state a few numbers a moment, however many classes there are. */
export interface Group {
  label: string;
  classes: readonly number[];
}

/** More lines than this cannot be told apart. */
export const mostGroups = 10;

/** A group a class where these are few; else a group a count; else groups of neighbouring counts, as equal in size as these allow. The largest counts first. */
export function groupsOf(counts: readonly number[], names: readonly string[] | null): Group[] {
  if (counts.length <= mostGroups)
    return counts.map((count, k) => ({ label: `${classLabel(k, names)} (${count})`, classes: [k] }));
  const byCount = new Map<number, number[]>();
  counts.forEach((count, k) => {
    const same = byCount.get(count);
    if (same) same.push(k);
    else byCount.set(count, [k]);
  });
  const distinct = [...byCount].sort(([a], [b]) => b - a);
  const parts: (typeof distinct)[] = [];
  let placed = 0;
  for (const entry of distinct) {
    const part = distinct.length <= mostGroups ? parts.length : Math.floor((placed * mostGroups) / counts.length);
    if (parts[part]) parts[part].push(entry);
    else parts[part] = [entry];
    placed += entry[1].length;
  }
  return parts
    .filter((part) => part !== undefined)
    .map((part) => {
      const classes = part.flatMap(([, some]) => some);
      const [most, least] = [part[0][0], part[part.length - 1][0]];
      return { label: `${classes.length} of ${least === most ? most : `${least} to ${most}`}`, classes };
    });
}

/** The least margin of each group; null where none of its classes has one. */
export function marginsOf(groups: readonly Group[], classes: readonly Pick<ShownClass, "class" | "margin">[]): (number | null)[] {
  const margins = new Map(classes.map(({ class: k, margin }) => [k, margin]));
  return groups.map((group) =>
    group.classes.reduce<number | null>((least, k) => {
      const margin = margins.get(k) ?? null;
      return margin === null ? least : least === null ? margin : Math.min(least, margin);
    }, null),
  );
}
