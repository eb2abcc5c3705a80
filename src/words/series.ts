import { InputError, inputError } from "../errors.ts";
import { fromJson, isObject } from "../json.ts";
import type { Table } from "../terminal/index.ts";
import { type FilePlaces, filePlaces, linesOver, shortNames } from "./file-names.ts";

/** A measure over the files, each at the number in its name. */
export interface SeriesLine {
  /** The measure. */
  label: string;
  /** In the order of the numbers; null: not measured. */
  points: readonly { epoch: number; value: number | null }[];
}

/** Measurements of several files, as `nclab measure` writes them: a table, and curves over the files. */
export interface SeriesView {
  /** Of the document. */
  name: string;
  /** Paragraphs: how many files, and which could not be used. */
  text: readonly string[];
  /** A row a file. */
  table: Table;
  /** What the places of the files are. */
  axis: FilePlaces["axis"];
  /** A line a measure, each file at the number in its name. */
  measures: readonly SeriesLine[];
  /** The same of shares, on an axis of its own; empty where there are none. */
  shares: readonly SeriesLine[];
}

/** What a picture of several files shows. */
export const drawnMeasures: readonly string[] = ["nc1.paper", "cdnv", "nc2.equinormMeans", "nc2.equiangularMeans", "nc3", "nc4"];

/** Measures on a logarithmic axis, by their places in the document, and shares of samples. */
const measures: readonly string[] = drawnMeasures.filter((name) => name !== "nc4");
const shares: readonly string[] = ["nc4", "accuracyOverall"];

type Values = Map<string, number | null>;

/**
 * What a page shows of a document of `nclab measure --json`, of several files (`nclab.measurements/1`) or of one. Measures that a document of an older
 * version does not have are left out. `file` names it. Throws InputError where the text is no such document.
 */
export function seriesOf(file: string, text: string): SeriesView {
  let document: unknown;
  try {
    document = fromJson(text, ["file", "error"]);
  } catch (error) {
    if (error instanceof SyntaxError) throw new InputError(`${file}: expected ${wanted}, got no JSON`);
    throw error;
  }
  return seriesOfDocument(file, document);
}

/** The same of a document that is read, or was just made. Throws InputError. */
export function seriesOfDocument(file: string, document: unknown): SeriesView {
  const { measurements, failed } = documentIn(file, document);
  const files = measurements.map(({ file: name }) => name);
  const places = filePlaces(files);
  const { at, axis } = places;
  const names = shortNames(files);
  const order = at.map((_, i) => i).sort((a, b) => at[a] - at[b]);
  const shown = [...measures, ...shares].filter((name) => measurements.some(({ values }) => values.get(name) !== null));
  const curves = (of: readonly string[]): SeriesLine[] =>
    linesOver(
      places,
      shown
        .filter((name) => of.includes(name))
        .map((name) => ({ label: name, of: (i: number) => finite(measurements[i].values.get(name)) })),
    );
  return {
    name: baseName(file),
    text: [
      `${files.length} ${files.length === 1 ? "file" : "files"}, measured by nclab measure.`,
      ...failed.map((words) => `Could not be used: ${words}`),
    ],
    table: {
      caption: `${baseName(file)}: the measures of every file`,
      columns: ["file", axis === "file" ? "at" : axis, "N", "K", ...shown],
      rows: order.map((i) => {
        const { N, K, values } = measurements[i];
        return [names[i], at[i], N, K, ...shown.map((name) => values.get(name) ?? null)];
      }),
    },
    axis,
    measures: curves(measures),
    shares: curves(shares),
  };
}

const baseName = (file: string): string => file.split(/[/\\]/).at(-1) as string;

const finite = (value: number | null | undefined): number | null =>
  value !== undefined && value !== null && Number.isFinite(value) ? value : null;

interface Read {
  file: string;
  N: number;
  K: number;
  values: Values;
}

const wanted = "a document of nclab measure --json (schema nclab.measurements/1 or nclab.measurement/1)";

function documentIn(file: string, document: unknown): { measurements: Read[]; failed: string[] } {
  if (!isObject(document)) throw inputError(file, wanted, document);
  if (document.schema === "nclab.measurement/1") return { measurements: [measurementOf(file, document)], failed: [] };
  if (document.schema !== "nclab.measurements/1") throw inputError(`${file}: schema`, wanted, document.schema);
  const { measurements, failed = [] } = document;
  if (!Array.isArray(measurements) || measurements.length === 0)
    throw inputError(`${file}: measurements`, "a list of at least one measurement", measurements);
  if (!Array.isArray(failed)) throw inputError(`${file}: failed`, "a list", failed);
  return {
    measurements: measurements.map((m, i) => measurementOf(`${file}: measurements[${i}]`, m)),
    failed: failed.flatMap((one) => (isObject(one) && typeof one.error === "string" ? [one.error] : [])),
  };
}

function measurementOf(what: string, m: unknown): Read {
  if (!isObject(m)) throw inputError(what, "a measurement", m);
  // Of features in memory no file is named.
  const { file = null } = m;
  if (file !== null && typeof file !== "string") throw inputError(`${what}.file`, "the name of the measured file", file);
  const whole = (name: "N" | "K"): number => {
    const value = m[name];
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 1)
      throw inputError(`${what}.${name}`, "a positive integer", value);
    return value;
  };
  const values: Values = new Map([...measures, ...shares].map((name) => [name, numberAt(what, m, name)]));
  return { file: file ?? "features in memory", N: whole("N"), K: whole("K"), values };
}

function numberAt(what: string, m: Record<string, unknown>, name: string): number | null {
  let value: unknown = m;
  for (const part of name.split(".")) value = isObject(value) && Object.hasOwn(value, part) ? value[part] : null;
  if (value !== null && typeof value !== "number") throw inputError(`${what}.${name}`, "a number or null", value);
  return value;
}
