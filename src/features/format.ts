import type { Bytes } from "./bytes.ts";
import type { Contents } from "./contents.ts";
import type { Unpacker, ZipMember } from "./zip.ts";

/**
 * A format of files that hold arrays: all that is known of it in one record. The records are listed in formats/everywhere.ts (what a page reads too) and
 * formats/all.ts; how a file is told, what a folder is searched for and what messages name all come from there.
 */
export interface Format {
  /** Its name in listings. */
  readonly kind: string;
  /** How names of such files end, the usual ending first; none: no folder is searched for them, and no message proposes them. */
  readonly endings: readonly string[];
  /** Those of them that networks have and features do not: a folder is not searched for them. */
  readonly models?: readonly string[];
  /** Whether the arrays of a file stand in the order in which the program that wrote it made them. */
  readonly ordered: boolean;
  /** Such a file is a text, and where labels are asked for it is read as one. */
  readonly isText?: boolean;
  /** Whether a file is of this format by its first bytes (`Source.start`; labels are told by as many) and its name. */
  sniff(start: Uint8Array, name: string): boolean;
  /** Of a zip: whether it is of this format by the names of its members. A zip that is of no format by them is of the one that does not ask. */
  holds?(members: readonly string[]): boolean;
  /** What is in it. What only this format needs is loaded here. Throws InputError naming the file where it is damaged. */
  open(source: Source): Promise<FormatContents>;
}

/** What is in a file, what it turned out to be where that is something else than the record's own kind, and its head where it says it, or the weights of several outputs. */
export type FormatContents = Contents & { kind?: string; head?: HeadSaid; outputs?: readonly string[] };

/** Which arrays are the head's, where the file itself says it. */
export interface HeadSaid {
  weight: string;
  bias?: string;
  /** What the logits W h + b are divided or multiplied by behind it, in words: "/ 0.1 (T)". */
  scaled?: string;
}

/** The bytes of a file, whatever it is, and what their reader may ask for. */
export interface Source {
  /** The whole file; any position can be read. `bytes.what` is its path. */
  readonly bytes: Bytes;
  /** Its name by which formats are told: that of a packed file without the ending of the packing. */
  readonly name: string;
  /** Its first bytes: 2560, or all. */
  readonly start: Uint8Array;
  /** Its members, if it is a zip. Throws InputError where it is damaged. */
  members(): Promise<readonly ZipMember[]>;
  /** Where this runs. */
  readonly host: Host;
}

/** What a reader needs of where it runs: Node with its files, or a page. */
export interface Host {
  readonly unpacker: Unpacker;
  /** The same bytes where any position can be read: a temporary file, or memory. Columns cannot be picked from a compressed stream. */
  anywhere(bytes: Bytes): Promise<Bytes>;
  /** The bytes of a file by its path; closed with the source. */
  file(path: string): Promise<Bytes>;
  /** To be done when the source is closed, before its files are. */
  whenClosed(work: () => Promise<unknown>): void;
}

/** The format of a file; undefined where it is of none. */
export async function formatOf(formats: readonly Format[], source: Source): Promise<Format | undefined> {
  const sniffed = formats.filter(({ sniff }) => sniff(source.start, source.name));
  for (const format of sniffed) if (format.holds?.((await source.members()).map(({ name }) => name))) return format;
  return sniffed.find(({ holds }) => !holds);
}

/** The formats as a message lists them, texts left out: ".npy, .npz or .pt". */
export function endingsOf(formats: readonly Format[]): string {
  const usual = [...new Set(formats.filter(({ isText }) => !isText).flatMap(({ endings }) => endings.slice(0, 1)))];
  return `${usual.slice(0, -1).join(", ")} or ${usual.at(-1)}`;
}

/** Whether a name ends as files of one of the formats do. */
export function hasEnding(formats: readonly Format[], name: string): boolean {
  return formats.some(({ endings }) => endsWithOne(name, endings));
}

/** Whether a name ends as a file of features can: those of networks are left out, and texts. */
export function canHoldFeatures(formats: readonly Format[], name: string): boolean {
  const fits = formats.some(({ endings, isText }) => !isText && endsWithOne(name, endings));
  return fits && !formats.some(({ models = [] }) => endsWithOne(name, models));
}

/** Whether a name has one of these endings, in small letters or capitals. */
export function endsWithOne(name: string, endings: readonly string[]): boolean {
  const lower = name.toLowerCase();
  return endings.some((ending) => lower.endsWith(ending));
}

/** Whether a file begins as a zip does: with its first member, with its end where it is empty, or as one of several parts. */
export function isZip(start: Uint8Array): boolean {
  const [third, fourth] = [start[2], start[3]];
  return start[0] === 0x50 && start[1] === 0x4b && fourth === third + 1 && (third === 3 || third === 5 || third === 7);
}
