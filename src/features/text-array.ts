import { inputError } from "../errors.ts";
import { type Bytes, head } from "./bytes.ts";
import { npyDictionary } from "./npy.ts";
import { npyStart } from "./read-npy.ts";
import { sizeOf } from "./stored-array.ts";

/** An array of words: names of classes, or the class of every sample by name. */
export interface TextArray {
  /** For messages: file and name. */
  readonly what: string;
  /** Sizes along the axes. */
  readonly shape: readonly number[];
  /** All of them, row-major. */
  words(): Promise<string[]>;
}

/** More than these, in number or in bytes, are no names and no labels. */
const mostWords = 2 ** 26;
const mostBytes = 2 ** 30;

/** Throws InputError where an array has more words than labels have. `bytes`: how many all of them take, as far as that is known before they are read. */
export function checkWords(what: string, n: number, bytes = 0): void {
  if (n > mostWords) throw inputError(`${what}: words`, `at most ${mostWords}`, n);
  if (bytes > mostBytes) throw inputError(`${what}: words`, `at most ${mostBytes} bytes`, bytes);
}

/** The words of a .npy of NumPy's `<U12` (four bytes a letter) or `S12` (UTF-8), padded with zeros; undefined where it holds anything else. */
export async function npyText(bytes: Bytes): Promise<TextArray | undefined> {
  const { what } = bytes;
  const { descr, shape, fortranOrder, offset } = npyDictionary(await npyStart(bytes), what);
  const type = /^([<>|=]?)([US])(\d{1,6})$/.exec(descr);
  if (!type) return undefined;
  const width = Number(type[3]) * (type[2] === "U" ? 4 : 1);
  const n = sizeOf(shape, what);
  if (bytes.length - offset !== n * width)
    throw inputError(`${what}: words`, `${n * width} bytes (shape ${shape.join(" x ")})`, `${bytes.length - offset} bytes`);
  if (fortranOrder && shape.filter((size) => size > 1).length > 1) throw inputError(`${what}: words`, "in rows", "in columns");
  return {
    what,
    shape,
    async words() {
      checkWords(what, n, n * width);
      const all = (await head(bytes, bytes.length)).subarray(offset);
      return packedWords(all, { letters: type[2] === "U", width, littleEndian: type[1] !== ">" }, what);
    },
  };
}

/** Words of `width` bytes each, four a letter or UTF-8. */
export function packedWords(
  all: Uint8Array,
  { letters, width, littleEndian }: { letters: boolean; width: number; littleEndian: boolean },
  what: string,
): string[] {
  const wordOf = letters ? utf32(littleEndian, what) : utf8(what);
  return Array.from({ length: all.length / width }, (_, i) => wordOf(all.subarray(i * width, (i + 1) * width)));
}

/** Words that are in memory. */
export function wordList(what: string, words: readonly string[]): TextArray {
  return { what, shape: [words.length], words: async () => [...words] };
}

function utf32(littleEndian: boolean, what: string): (word: Uint8Array) => string {
  return (word) => {
    const view = new DataView(word.buffer, word.byteOffset, word.byteLength);
    let text = "";
    for (let at = 0; at < word.length; at += 4) {
      const letter = view.getUint32(at, littleEndian);
      if (letter > 0x10ffff) throw inputError(`${what}: words`, "letters of Unicode", letter);
      text += String.fromCodePoint(letter);
    }
    return unpadded(text);
  };
}

function utf8(what: string): (word: Uint8Array) => string {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  return (word) => {
    try {
      return unpadded(decoder.decode(word));
    } catch {
      throw inputError(`${what}: words`, "UTF-8", [...word.subarray(0, 8)]);
    }
  };
}

function unpadded(text: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === "\0") end--;
  return text.slice(0, end);
}
