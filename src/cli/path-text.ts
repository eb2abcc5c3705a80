import { format } from "../number-text.ts";
import { classStatuses, type Path, type PathRow } from "../prediction/index.ts";
import { family, type ProblemInput } from "../problem/index.ts";
import { csvCell } from "../separated.ts";
import { table } from "../terminal/index.ts";
import { classLabel, happening, listClasses } from "../words/index.ts";
import { describeRegularization } from "./problem-options.ts";

/** A path as a table of numbers (CSV), and as a page of text. */
export interface PathTexts {
  input: ProblemInput;
  names: readonly string[] | null;
  /** What varies, in words. */
  label: string;
}

/** Up to this many groups have columns of their own in the CSV; the document has all. */
const mostColumns = 20;
/** Rows and events that the terminal shows. */
const mostShown = 16;
const mostEvents = 24;

/**
 * One line a row. `events`: what happens between the row before and this one. Groups of classes that are alike have their margin, length and status by the classes' numbers.
 */
export function pathCsv(path: Pick<Path, "rows" | "groups" | "events" | "range">, { names }: PathTexts): string {
  const groups = path.groups.length <= mostColumns ? path.groups : [];
  const of = groups.map(({ classes }) => listClasses(classes, names));
  const columns: [string, (row: PathRow, i: number) => string | number | null][] = [
    ["value", (row) => row.value],
    ["lambdaZ", (row) => row.lambdaZ],
    ["lambdaB", (row) => (row.lambdaB === Number.POSITIVE_INFINITY ? "inf" : row.lambdaB)],
    ["N", (row) => row.N],
    ["objective", (row) => row.objective],
    ["dual", (row) => row.dual],
    ["relativeGap", (row) => row.relativeGap],
    ["certified", (row) => String(row.certified)],
    ["method", (row) => row.method],
    ["rank", (row) => row.rank],
    ["largestSingularValue", (row) => row.singularValues[0]],
    // Of those that are not 0.
    ["leastSingularValue", (row) => (row.rank === 0 ? 0 : row.singularValues[row.rank - 1])],
    ...([...classStatuses, "vanished", "leastMargin"] as const).map((name): [string, (row: PathRow) => number] => [
      name,
      (row) => row[name],
    ]),
    ["weakest", (row) => classLabel(row.weakest, names)],
    ...of.flatMap((classes, j): [string, (row: PathRow) => string | number][] => [
      [`margin ${classes}`, (row) => row.groups[j].margin],
      [`norm ${classes}`, (row) => row.groups[j].norm],
      [`status ${classes}`, (row) => row.groups[j].status],
    ]),
    ["events", (_, i) => eventsBetween(path, i, names)],
  ];
  const lines = [
    columns.map(([head]) => csvCell(head)),
    ...path.rows.map((row, i) => columns.map(([, cell]) => csvCell(cell(row, i)))),
  ];
  return `${lines.map((line) => line.join()).join("\n")}\n`;
}

/** What happens above the value of row i - 1 and up to that of row i. */
function eventsBetween({ rows, events }: Pick<Path, "rows" | "events">, i: number, names: readonly string[] | null): string {
  const after = i === 0 ? Number.NEGATIVE_INFINITY : rows[i - 1].value;
  return events
    .filter(({ value }) => value > after && value <= rows[i].value)
    .map((e) => `${e.value}: ${happening(e, { K: rows[0].singularValues.length }, names)}`)
    .join("; ");
}

/** What the terminal shows. */
export function describePath(path: Path, { input, names, label }: PathTexts, seconds: number): string {
  const { rows, events, range, groups } = path;
  const at = family(input, range.over);
  const first = at(rows[0].value);
  const { K, nonnegative } = first;
  const ofLambda = range.over === "lambdaZ";
  const shown = picked(rows.length, mostShown).map((i) => rows[i]);
  const heads = [
    label,
    ...(ofLambda ? [] : ["λ_Z"]),
    "rank",
    ...classStatuses,
    "vanished",
    "least margin",
    "of class",
    "relative gap",
  ];
  const eventHeads = [label, ...(ofLambda ? [] : ["λ_Z"]), "what happens", "rank"];
  return [
    `${K} classes, ${groups.length} different, ${nonnegative ? "nonnegative" : "free"} features; ${label} from ${format(range.from, 6)} to ${format(range.to, 6)}`,
    `at the first value: ${describeRegularization(first)}`,
    "",
    events.length === 0 ? "nothing changes between these values" : "what changes between these values",
    ...(events.length === 0
      ? []
      : [
          table(
            eventHeads,
            events
              .slice(0, mostEvents)
              .map((e) => [
                format(e.value, 6),
                ...(ofLambda ? [] : [format(e.lambdaZ, 6)]),
                happening(e, { K }, names),
                e.rankBefore === null ? "–" : `${e.rankBefore} to ${e.rankAfter}`,
              ]),
          ),
        ]),
    ...(events.length > mostEvents ? [`and ${events.length - mostEvents} more (--json has all)`] : []),
    ...path.notes,
    "",
    table(
      heads,
      shown.map((row) => [
        format(row.value, 6),
        ...(ofLambda ? [] : [format(row.lambdaZ, 6)]),
        ...[row.rank, ...classStatuses.map((status) => row[status]), row.vanished].map(String),
        format(row.leastMargin),
        classLabel(row.weakest, names),
        format(row.relativeGap),
      ]),
    ),
    ...(shown.length < rows.length ? [`${shown.length} of ${rows.length} rows; --csv and --json have all`] : []),
    `${rows.filter((row) => row.certified).length} of ${rows.length} rows proved, in ${format(seconds)} s`,
  ].join("\n");
}

/** At most `most` of n indices, evenly, the first and the last among them. */
function picked(n: number, most: number): number[] {
  const count = Math.min(n, most);
  return Array.from({ length: count }, (_, i) => Math.round((i * (n - 1)) / (count - 1)));
}
