import { InputError, inputError } from "../../errors.ts";
import { encodeNpz, openArrays, readWhole } from "../../features/index.ts";
import { writeFileAtomic } from "../../files/index.ts";
import type { Input } from "../../inputs/index.ts";
import {
  emptyView,
  firstPass,
  frameOf,
  mergeViews,
  mergeWithin,
  passNames,
  type StageProgress,
  type State,
  secondPass,
  stateFromArrays,
  stateToArrays,
  type ViewSettings,
  type ViewState,
} from "../../measure/index.ts";

/**
 * One measurement on many machines. The first pass (class sums: cheap) runs over all rows on each of them, the second over the shard's rows; a
 * part holds both states, and merging checks that the first passes agree to the bit and that every shard is there once.
 */
export interface Shard {
  /** From 1. */
  index: number;
  of: number;
}

/** `2/5`: the second of five. */
export function parseShard(text: string): Shard {
  const match = /^(\d+)\/(\d+)$/.exec(text.trim());
  const [index, of] = match ? [Number(match[1]), Number(match[2])] : [0, 0];
  if (!(index >= 1 && index <= of && of <= 1_000_000)) throw inputError("--shard", "i/n with i from 1 to n, such as 2/5", text);
  return { index, of };
}

export async function savePart(
  input: Input,
  { index, of }: Shard,
  file: string,
  { progress, view: wanted }: { progress?: StageProgress; view?: ViewSettings } = {},
): Promise<{ from: number; to: number }> {
  const told = (stage: string) => (done: number, total: number) => progress?.(stage, done, total);
  const sums = await firstPass(input, 0, input.n, told(passNames.first));
  const frame = frameOf(sums);
  const [from, to] = [index - 1, index].map((i) => Math.floor((input.n * i) / of));
  const view = wanted && emptyView(frame, wanted);
  const within = await secondPass(input, frame, from, to, told(passNames.second), { view });
  const about = {
    version: 1,
    index,
    of,
    n: sums.counts.reduce((a, b) => a + b, 0),
    name: input.name,
    classNames: input.classNames,
    notes: input.notes,
    oneLogit: input.oneLogit,
  };
  const text = new TextEncoder().encode(JSON.stringify(about));
  const arrays = { ...stateToArrays({ sums, within, head: input.head, view }), about: { shape: [text.length], data: text } };
  await writeFileAtomic(file, encodeNpz(arrays));
  return { from, to };
}

interface Part extends State {
  file: string;
  about: Shard & { n: number; name: string; classNames: string[] | null; notes: string[]; oneLogit?: boolean };
}

/** The whole measurement's state from all its parts. */
export async function mergeParts(files: readonly string[]): Promise<Part> {
  if (files.length === 0) throw new InputError("nclab measure merge: expected the parts that --save wrote, got none");
  const parts: Part[] = [];
  for (const file of files) parts.push(await readPart(file));
  const [first, ...rest] = parts;
  const owner = new Map([[first.about.index, first.file]]);
  for (const part of rest) {
    const { about, file } = part;
    if (about.of !== first.about.of)
      throw inputError(`${file}: shard`, `one of ${first.about.of}, as ${first.file}`, `one of ${about.of}`);
    const twin = owner.get(about.index);
    if (twin !== undefined) throw inputError(`${file}: shard`, "every shard once", `${about.index}/${about.of}, as ${twin}`);
    owner.set(about.index, file);
    if (
      !same(part.sums.counts, first.sums.counts) ||
      !same(part.sums.sums, first.sums.sums) ||
      part.sums.squares !== first.sums.squares
    )
      throw inputError(`${file}: class sums`, `those of ${first.file} (parts of one measurement)`, "others");
    if (!same(part.head?.W, first.head?.W) || !same(part.head?.b, first.head?.b))
      throw inputError(`${file}: head`, `that of ${first.file}`, "another");
  }
  const missing = Array.from({ length: first.about.of }, (_, i) => i + 1).filter((i) => !owner.has(i));
  if (missing.length > 0)
    throw inputError("shards", `all of 1 to ${first.about.of}`, `none of ${missing.slice(0, 10).join(", ")}`);
  // In the order of rows, whatever the order of the files.
  const within = [...parts]
    .sort((a, b) => a.about.index - b.about.index)
    .map((part) => part.within)
    .reduce(mergeWithin);
  if (within.seen !== first.about.n) throw inputError("shards", `${first.about.n} samples in all`, within.seen);
  return { ...first, within, view: mergedView(parts) };
}

/** Of all parts, where each has one. */
function mergedView(parts: readonly Part[]): ViewState | undefined {
  const views = parts.flatMap(({ view }) => (view ? [view] : []));
  return views.length === parts.length ? views.reduce(mergeViews) : undefined;
}

async function readPart(file: string): Promise<Part> {
  const opened = await openArrays(file);
  try {
    const arrays = Object.fromEntries(
      await Promise.all([...opened.arrays].map(async ([name, array]) => [name, await readWhole(array)] as const)),
    );
    const state = stateFromArrays(arrays, file);
    let about: Part["about"];
    try {
      about = JSON.parse(new TextDecoder().decode(Uint8Array.from(arrays.about?.data ?? [])));
    } catch {
      throw inputError(`${file}: about`, "the description of a part that --save wrote", "none");
    }
    parseShard(`${about.index}/${about.of}`);
    return { ...state, file, about };
  } finally {
    await opened.close();
  }
}

function same(a: Float64Array | undefined, b: Float64Array | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && a.length === b.length && a.every((x, i) => x === b[i]));
}
