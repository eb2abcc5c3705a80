import { InputError, inputError } from "../../errors.ts";
import { cellsOf } from "../../separated.ts";
import type { Bytes } from "../bytes.ts";
import { type Line, lineBlocks } from "../text-lines.ts";
import { isMissing, isWhole } from "./cells.ts";
import { cut, typeOf } from "./columns.ts";
import { jsonLabels } from "./json-labels.ts";
import type { LabelOptions, Labels } from "./labels.ts";
import { cellLabels, Growing, Index, inMemory, mixed } from "./list-labels.ts";
import { NameList, numeralWords } from "./names.ts";
import { type Reading, readingOf } from "./reading.ts";
import { Tally } from "./tally.ts";

/** As many lines are looked at before it is decided how the file reads. */
const looked = 1 << 16;

/**
 * Labels from text: see reading.ts for the forms. The text is read twice, first its beginning, which says how it reads, then all of it. Memory: 4 bytes a
 * sample.
 */
export async function textLabels(bytes: Bytes, options: LabelOptions = {}): Promise<Labels> {
  const { what } = bytes;
  const { sample, all } = await beginning(bytes);
  if (sample.length === 0) throw inputError(what, "a label a line", "no lines");
  if (/^[[{]/.test(sample[0].text)) return jsonLabels(bytes, options);
  const list = all ? oneLine(sample, options.ignore) : undefined;
  if (list) return cellLabels(what, list, options);
  const reading = readingOf(sample, what, options);
  return reading.numbers ? numbered(bytes, reading, options) : named(bytes, reading, options);
}

async function beginning(bytes: Bytes): Promise<{ sample: Line[]; all: boolean }> {
  const sample: Line[] = [];
  for await (const lines of lineBlocks(bytes)) {
    for (const line of lines) sample.push(line);
    if (sample.length > looked) return { sample: sample.slice(0, looked), all: false };
  }
  return { sample, all: true };
}

/** All labels in one line: `0,1,2,2`, `0 1 2 2`. */
function oneLine(lines: readonly Line[], ignore: string | undefined): string[] | undefined {
  if (lines.length > 1) return undefined;
  for (const separator of ["\t", ";", ",", " "]) {
    const cells = cellsOf(lines[0].text, separator) ?? [];
    if (cells.length > 1 && cells.every((cell) => isWhole(cell) || cell === ignore)) return cells;
    if (separator !== " " && cells.length > 2 && new Set(cells).size < cells.length && typeOf(cells) === "text") return cells;
  }
  return undefined;
}

async function numbered(bytes: Bytes, reading: Reading, options: LabelOptions): Promise<Labels> {
  const { what } = bytes;
  const tally = new Tally(options);
  const names = new NameList();
  const labels = new Growing();
  const folders = new Set<string>();
  for await (const line of linesAfter(bytes, reading.header)) {
    const { label, name } = reading.of(line);
    const where = (): string => `${what}, line ${line.number}`;
    if (label === options.ignore) {
      labels.push(tally.skip());
      continue;
    }
    if (!isWhole(label)) throw isMissing(label) ? missing(where(), label, line, reading) : mixed(where(), label, true);
    const k = tally.add(Number(label), where);
    if (reading.folders) folders.add(label);
    if (name !== undefined && k >= 0) names.add(k, name, where);
    labels.push(k);
  }
  tally.atLeast(reading.classes ?? 0);
  const { classes } = tally.finish();
  const known = options.names && options.names.length >= classes ? options.names : null;
  return inMemory(
    {
      what,
      how: reading.how,
      names: reading.names ?? names.of(classes) ?? known,
      order: null,
      numerals: numeralWords(folders, "numbers"),
    },
    labels.all(),
    tally,
  );
}

async function named(bytes: Bytes, reading: Reading, options: LabelOptions): Promise<Labels> {
  const { what } = bytes;
  const index = new Index(what, options);
  const codes = new Growing();
  let first: Line | undefined;
  for await (const line of linesAfter(bytes, reading.header)) {
    first ??= line;
    const { label } = reading.of(line);
    if (label !== options.ignore && isMissing(label)) throw missing(`${what}, line ${line.number}`, label, line, reading);
    if (isWhole(label) && label !== options.ignore && !reading.folders) throw mixed(`${what}, line ${line.number}`, label, false);
    codes.push(index.code(label));
  }
  const labels = index.finish(codes.all(), reading.how, options);
  // A title above the names looks like one more of them.
  if (reading.headerless && first && labels.n > 2 && labels.counts.length > 2) {
    const once = [...labels.counts].filter((count) => count === 1).length;
    const { label } = reading.of(first);
    if (once === 1 && index.once(label))
      throw new InputError(
        `${what}, line ${first.number}: expected a class that occurs again, or a header \`label\`, got ${JSON.stringify(cut(first.text))}: the only class that occurs once, in the first line (${reading.how})`,
      );
  }
  return labels;
}

async function* linesAfter(bytes: Bytes, header: number): AsyncGenerator<Line> {
  for await (const lines of lineBlocks(bytes)) for (const line of lines) if (line.number !== header) yield line;
}

function missing(where: string, label: string, line: Line, { how }: Reading): InputError {
  return inputError(
    where,
    `a class (${how}; --ignore-label leaves out samples without one)`,
    label === "" ? `none in ${JSON.stringify(cut(line.text))}` : label,
  );
}
