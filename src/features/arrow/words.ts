import { inputError } from "../../errors.ts";
import type { Bytes } from "../bytes.ts";
import { checkWords, type TextArray } from "../text-array.ts";
import { bufferOf, checkThere, offsetsOf, type Part, types } from "./column.ts";
import type { Batch, Field, Messages } from "./messages.ts";
import { placesOf } from "./places.ts";

export function isWordField({ type }: Field): boolean {
  return type === types.utf8 || type === types.largeUtf8 || type === types.utf8View;
}

/** A column of words, packed as a dictionary or not. */
export function wordArray(file: Bytes, parts: readonly Part[], field: Field, messages: Messages, what: string): TextArray {
  const rows = parts.reduce((sum, { batch, place }) => sum + batch.nodes[place.node][0], 0);
  return {
    what,
    shape: [rows],
    async words() {
      checkWords(what, rows);
      const words: string[] = [];
      // Most batches have the dictionary of the one before.
      let last: { of: readonly Batch[]; entries: Promise<string[]> } | undefined;
      const entriesAt = (k: number): Promise<string[]> => {
        const of = dictionaryBatches(field, messages, k);
        if (last?.of.length !== of.length || last.of.some((batch, i) => batch !== of[i]))
          last = { of, entries: dictionaryOf(file, field, of, what) };
        return last.entries;
      };
      for (const [k, part] of parts.entries()) {
        const first = words.length;
        await checkThere(file, part, (i) => first + i, what);
        const own = field.dictionary
          ? await chosen(file, part, field, await entriesAt(k), what)
          : await plainWords(file, part, field, what);
        for (const word of own) words.push(word);
      }
      return words;
    },
  };
}

/** What the dictionary is made of for a batch: the last whole one before it, and what was added. */
function dictionaryBatches(field: Field, { dictionaries }: Messages, k: number): Batch[] {
  const own = dictionaries.filter(({ id, before }) => id === field.dictionary?.id && before <= k);
  return own
    .slice(
      Math.max(
        0,
        own.findLastIndex(({ delta }) => !delta),
      ),
    )
    .map(({ batch }) => batch);
}

async function dictionaryOf(file: Bytes, field: Field, batches: readonly Batch[], what: string): Promise<string[]> {
  const plain: Field = { ...field, dictionary: undefined };
  const words: string[] = [];
  for (const batch of batches) {
    const part = { batch, place: placesOf([plain], batch, what)[0] };
    await checkThere(file, part, (i) => words.length + i, `${what}: dictionary`);
    for (const word of await plainWords(file, part, plain, what)) words.push(word);
  }
  return words;
}

async function chosen(file: Bytes, part: Part, field: Field, words: readonly string[], what: string): Promise<string[]> {
  const { bits } = field.dictionary as NonNullable<Field["dictionary"]>;
  const [n] = part.batch.nodes[part.place.node];
  if (![8, 16, 32, 64].includes(bits)) throw inputError(`${what}: entries`, "integers", `${bits} bits`);
  const bytes = await bufferOf(file, part, 1, (n * bits) / 8, what);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const at = (i: number): number => {
    if (bits === 8) return view.getUint8(i);
    if (bits === 16) return view.getUint16(2 * i, true);
    return bits === 32 ? view.getUint32(4 * i, true) : Number(view.getBigUint64(8 * i, true));
  };
  return Array.from({ length: n }, (_, i) => {
    const word = words[at(i)];
    if (word === undefined) throw inputError(`${what}: entries`, `those of a dictionary of ${words.length}`, at(i));
    return word;
  });
}

async function plainWords(file: Bytes, part: Part, field: Field, what: string): Promise<string[]> {
  const [n] = part.batch.nodes[part.place.node];
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const word = (letters: Uint8Array, from: number, to: number): string => {
    if (!(from >= 0 && to >= from && to <= letters.length))
      throw inputError(`${what}: words`, `letters inside their ${letters.length} bytes`, `${from} to ${to}`);
    try {
      return decoder.decode(letters.subarray(from, to));
    } catch {
      throw inputError(`${what}: words`, "UTF-8", [...letters.subarray(from, Math.min(to, from + 8))]);
    }
  };
  if (n === 0) return [];
  if (field.type === types.utf8View) return viewedWords(file, part, n, word, what);
  const offsets = await offsetsOf(file, part, 1, n, field.type === types.largeUtf8, what);
  const letters = await bufferOf(file, part, 2, offsets[n], what);
  return Array.from({ length: n }, (_, i) => word(letters, offsets[i], offsets[i + 1]));
}

/** Words of which short ones stand in 16 bytes each, and of long ones the place in one of several buffers. */
async function viewedWords(
  file: Bytes,
  part: Part,
  n: number,
  word: (letters: Uint8Array, from: number, to: number) => string,
  what: string,
): Promise<string[]> {
  const views = await bufferOf(file, part, 1, 16 * n, what);
  const view = new DataView(views.buffer, views.byteOffset, views.byteLength);
  const kept = new Map<number, Uint8Array>();
  const letters = async (k: number): Promise<Uint8Array> => {
    const known = kept.get(k);
    if (known) return known;
    if (!(k >= 0 && k < part.place.count - 2)) throw inputError(`${what}: words`, `one of ${part.place.count - 2} buffers`, k);
    const found = await wholeBuffer(file, part, 2 + k, what);
    kept.set(k, found);
    return found;
  };
  const words: string[] = [];
  for (let i = 0; i < n; i++) {
    const length = view.getInt32(16 * i, true);
    if (length <= 12) words.push(word(views, 16 * i + 4, 16 * i + 4 + length));
    else {
      const from = view.getInt32(16 * i + 12, true);
      words.push(word(await letters(view.getInt32(16 * i + 8, true)), from, from + length));
    }
  }
  return words;
}

async function wholeBuffer(file: Bytes, part: Part, own: number, what: string): Promise<Uint8Array> {
  const [at, size] = part.batch.buffers[part.place.buffer + own];
  if (part.batch.codec === undefined || size < 8) return bufferOf(file, part, own, size, what);
  const start = new Uint8Array(8);
  await file.readAt?.(at, start);
  const unpacked = Number(new DataView(start.buffer).getBigInt64(0, true));
  return bufferOf(file, part, own, unpacked === -1 ? size - 8 : unpacked, what);
}
