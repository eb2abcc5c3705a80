import { arrange, blockMean, type Cells, type Clusters } from "../cells.ts";
import { format } from "../number-text.ts";
import { type Cell, rows, type Table } from "./format.ts";
import { paint } from "./terminal-color.ts";
import { terminalWidth } from "./terminal-width.ts";

/** Tables and heat maps for a terminal: plain text of bounded width, with colors only where they are wanted. */

/** A light box with aligned columns, numbers to the right. */
export function table(columns: readonly string[], cells: readonly (readonly Cell[])[]): string {
  return terminalTable({ caption: "", columns, rows: cells });
}

/** The same with its caption above and its notes below. In a terminal that is too narrow for it the columns of words are folded. */
export function terminalTable(of: Table, width: number = terminalWidth()): string {
  const { text, numeric, notes } = rows(of);
  const body = text.map((row) => row.map(clean));
  const head = of.columns.map(clean);
  const widths = narrowed(
    head.map((name, j) => body.reduce((most, row) => Math.max(most, displayWidth(row[j])), displayWidth(name))),
    numeric,
    width,
  );
  const line = (left: string, middle: string, right: string): string =>
    left + widths.map((w) => "─".repeat(w + 2)).join(middle) + right;
  const row = (cells: readonly string[]): string => {
    const folded = cells.map((cell, j) => fold(cell, widths[j]));
    const lines = Array.from({ length: folded.reduce((most, parts) => Math.max(most, parts.length), 1) }, (_, i) =>
      folded.map((parts, j) => ` ${pad(parts[i] ?? "", widths[j], numeric[j])} `).join("│"),
    );
    return lines.map((line) => `│${line}│`).join("\n");
  };
  return [
    ...(of.caption ? [clean(of.caption)] : []),
    line("┌", "┬", "┐"),
    row(head),
    line("├", "┼", "┤"),
    ...body.map(row),
    line("└", "┴", "┘"),
    ...notes.map(clean),
  ].join("\n");
}

/** No column of words is folded to less. */
const narrowestColumn = 10;

/** Takes from the widest columns of words until the box fits, or nothing more can be taken. */
function narrowed(natural: readonly number[], numeric: readonly boolean[], width: number): number[] {
  const widths = [...natural];
  for (;;) {
    const excess = widths.reduce((sum, w) => sum + w + 3, 1) - width;
    const words = widths.flatMap((w, j) => (!numeric[j] && w > narrowestColumn ? [j] : []));
    if (!(excess > 0) || words.length === 0) return widths;
    const widest = words.reduce((a, b) => (widths[b] > widths[a] ? b : a));
    const next = words.reduce((most, j) => (widths[j] < widths[widest] ? Math.max(most, widths[j]) : most), narrowestColumn);
    widths[widest] = Math.max(widths[widest] - excess, Math.min(next, widths[widest] - 1));
  }
}

/** Lines of at most `width` columns, broken at spaces and, where a word is longer, within it. */
function fold(text: string, width: number): string[] {
  if (displayWidth(text) <= width) return [text];
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line ? `${line} ${word}` : word;
    if (displayWidth(longer) <= width) {
      line = longer;
      continue;
    }
    if (line) lines.push(line);
    line = "";
    for (const character of word) {
      if (displayWidth(line + character) > width && line) {
        lines.push(line);
        line = "";
      }
      line += character;
    }
  }
  return [...lines, line];
}

export interface TerminalOptions {
  /** 24-bit background colors; see `colorWanted`. */
  color: boolean;
  /** Columns there are; default: the terminal's. */
  width?: number;
}

/**
 * Z as rows of numbers (up to 12 classes, where they fit), of shades (up to 24), or as the mean of each block of two clusters beyond that.
 * Lines stand between clusters; a missing value is "–".
 */
export function terminalHeatMap(Z: Cells, of: readonly { classes: readonly number[] }[], options: TerminalOptions): string {
  const K = Z.length;
  const clusters = of.length ? of.map((cluster) => cluster.classes) : [Array.from({ length: K }, (_, k) => k)];
  if (K > 24) return blockMap(Z, clusters, options);
  const { Z: ordered, classes, borders: all } = arrange(Z, clusters, K);
  // A line between every two classes would tell nothing and cost width.
  const borders = all.length === K - 1 ? [] : all;
  const names = classes.map(String);
  if (K <= 12) {
    const numbers = numberMap(ordered, names, borders, options);
    if (numbers.indexOf("\n") <= (options.width ?? terminalWidth())) return numbers;
  }
  return shadeMap(ordered, names, borders, options);
}

function numberMap(Z: Cells, names: readonly string[], borders: readonly number[], { color }: TerminalOptions): string {
  const most = largest(Z);
  const texts = Z.map((row) => row.map((v) => (v === null ? "–" : fixed(v))));
  const width = Math.max(...texts.flat().map((t) => t.length), ...names.map((name) => name.length)) + 1;
  const cell = (v: number | null, text: string): string => {
    const padded = text.padStart(width);
    return color && v !== null ? paint(padded, v / most) : padded;
  };
  const body = Z.map((row, i) => row.map((v, j) => cell(v, texts[i][j])));
  return framed(body, names, borders, width);
}

/** Without numbers: colored cells, or signs and shades that grow with |v|. */
function shadeMap(Z: Cells, names: readonly string[], borders: readonly number[], { color }: TerminalOptions): string {
  const most = largest(Z);
  const body = Z.map((row) =>
    row.map((v) => {
      if (v === null) return " –";
      if (color) return paint("  ", v / most);
      const step = Math.min(3, Math.floor(Math.sqrt(Math.abs(v) / most) * 3.999));
      return step === 0 ? " ." : `${v < 0 ? "-" : "+"}${".:#@"[step]}`;
    }),
  );
  const scale = color ? "blue below 0, red above" : ". near 0; sign, then : # @ for a larger |value|";
  return `${framed(body, names, borders, 2)}\n${scale}; largest |Z| ${format(largestOrZero(Z))}`;
}

/** One number a block: what the entries of classes of two counts are on average, the diagonal left out. */
function blockMap(Z: Cells, groups: Clusters, options: TerminalOptions): string {
  const K = Z.length;
  const shown = groups.slice(0, 12);
  const { Z: ordered } = arrange(Z, groups, K);
  const starts = groups.map((_, j) => groups.slice(0, j).reduce((sum, g) => sum + g.length, 0));
  const span = (j: number): [number, number] => [starts[j], starts[j] + groups[j].length];
  const means = shown.map((_, i) => shown.map((_, j) => blockMean(offDiagonal(ordered, i === j), span(i), span(j))));
  const own = shown.map((_, j) => {
    const values = groups[j].flatMap((k) => (Z[k][k] === null ? [] : [Z[k][k]]));
    return values.length ? values.reduce((sum, v) => sum + v, 0) / values.length : null;
  });
  const names = shown.map((_, j) => `c${j}`);
  const part = groups.length > 12 ? ` (the first 12 of ${groups.length})` : "";
  return [
    `${K} classes: means over the blocks of different counts, c0 to c${shown.length - 1}${part}`,
    numberMap([...means, own], names, [shown.length], options),
    "own: mean of z_kk, which the blocks above leave out",
  ].join("\n");
}

function offDiagonal(Z: Cells, own: boolean): Cells {
  return own ? Z.map((row, i) => row.map((v, j) => (i === j ? null : v))) : Z;
}

/** Names on top and at the left; lines between clusters. `body` may hold a row more than `names`: "own". */
function framed(
  body: readonly (readonly string[])[],
  names: readonly string[],
  borders: readonly number[],
  width: number,
): string {
  const left = Math.max(3, ...names.map((name) => name.length));
  const cut = (cells: readonly string[], bar: string): string =>
    cells.map((cell, j) => (borders.includes(j) && j < cells.length ? bar : "") + cell).join("");
  const rule = `${"─".repeat(left)}─┼${cut(
    names.map(() => "─".repeat(width)),
    "┼",
  )}`;
  const head = `${" ".repeat(left)} │${cut(
    names.map((name, j) => (width === 2 && j % 2 ? "  " : name.padStart(width))),
    "│",
  )}`;
  const lines = body.map((row, i) => `${(names[i] ?? "own").padStart(left)} │${cut(row, "│")}`);
  return [head, ...lines.flatMap((line, i) => (i === 0 || borders.includes(i) ? [rule, line] : [line]))].join("\n");
}

function largest(Z: Cells): number {
  return largestOrZero(Z) || 1;
}

function largestOrZero(Z: Cells): number {
  return Math.max(0, ...Z.flat().map((v) => Math.abs(v ?? 0)));
}

/** Two decimals, or as many digits as six characters hold; below 1e-9 (rounding of a solver) "0", so that a collapsed block is seen at once. */
function fixed(v: number): string {
  const size = Math.abs(v);
  if (size < 1e-9) return "0";
  if (size >= 1e4 || size < 0.005) return v.toExponential(0);
  return v.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
}

/** Text from a file must not steer the terminal or break the box. */
function clean(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to be replaced
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, "\ufffd");
}

function pad(text: string, width: number, right: boolean): string {
  const space = " ".repeat(Math.max(0, width - displayWidth(text)));
  return right ? space + text : text + space;
}

/** Columns a text takes: East Asian wide characters two, combining marks none. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) {
    if (/\p{M}/u.test(character)) continue;
    width +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u.test(
        character,
      )
        ? 2
        : 1;
  }
  return width;
}
