import { convert } from "hyparquet/src/convert.js";
import { decompressPage } from "hyparquet/src/datapage.js";
import { deltaBinaryUnpack, deltaLengthByteArray } from "hyparquet/src/delta.js";
import { byteStreamSplit } from "hyparquet/src/encoding.js";
import { readPlain } from "hyparquet/src/plain.js";
import { getMaxRepetitionLevel } from "hyparquet/src/schema.js";
import type { ColumnDecoder, Compressors, DecodedArray, PageHeader } from "hyparquet/src/types.js";
import { compressors } from "hyparquet-compressors";
import { InputError, inputError } from "../../errors.ts";
import { snappyLength, unpackBrotli, unpackGzip, unpackHadoopLz4, unpackLz4, zstandardUnpacker } from "../codecs.ts";

/** What a page holds. */
export interface Decoded {
  /** Its values; none of them is null. */
  readonly values: DecodedArray;
  /** Of lists: 0 where a row begins. Empty where every value is a row. */
  readonly repeats: ArrayLike<number>;
}

const unzstd = await zstandardUnpacker();

/** Each gives as many bytes as are asked for, or an error: the package's own fill up with zeros where there are fewer. */
const packings: Compressors = {
  SNAPPY: (packed, length) => {
    const own = snappyLength(packed);
    if (own !== length) throw new Error(`${own} bytes of ${length}`);
    return compressors.SNAPPY?.(packed, length) as Uint8Array;
  },
  LZ4: unpackHadoopLz4,
  LZ4_RAW: unpackLz4,
  GZIP: unpackGzip,
  BROTLI: unpackBrotli,
  ZSTD: unzstd,
};

/** The values of a dictionary page. */
export function dictionaryOf(header: PageHeader, packed: Uint8Array, decoder: ColumnDecoder): DecodedArray {
  const page = unpacked(packed, header.uncompressed_page_size, decoder);
  return convert(
    readPlain(viewOf(page), decoder.type, header.dictionary_page_header?.num_values ?? 0, decoder.element.type_length),
    decoder,
  );
}

/** The values of a page of data; undefined for a page of anything else. `levels`: the one at which a value is there. `place`: of a value, for errors. */
export function pageValues(
  header: PageHeader,
  packed: Uint8Array,
  decoder: ColumnDecoder,
  { dictionary, levels, place }: { dictionary: DecodedArray | undefined; levels: number; place: (i: number) => string },
): Decoded | undefined {
  const { data_page_header: first, data_page_header_v2: second } = header;
  const about = first ?? second;
  if (!about) return undefined;
  const n = about.num_values;
  const lists = getMaxRepetitionLevel(decoder.schemaPath);
  let body: Uint8Array;
  let repeats: ArrayLike<number> = [];
  let there: ArrayLike<number> = [];
  if (second) {
    const [a, b] = [second.repetition_levels_byte_length, second.definition_levels_byte_length];
    if (!(a >= 0 && b >= 0 && a + b <= packed.length)) throw new Error("levels that are longer than their page");
    if (lists > 0) repeats = runs(packed.subarray(0, a), bits(lists), n);
    if (levels > 0) there = runs(packed.subarray(a, a + b), bits(levels), n);
    const rest = packed.subarray(a + b);
    const size = header.uncompressed_page_size - a - b;
    body = second.is_compressed === false || size === 0 ? rest : unpacked(rest, size, decoder);
  } else {
    body = unpacked(packed, header.uncompressed_page_size, decoder);
    const next = (width: number): ArrayLike<number> => {
      const length = viewOf(body).view.getUint32(0, true);
      if (length + 4 > body.length) throw new Error("levels that are longer than their page");
      const found = runs(body.subarray(4, 4 + length), width, n);
      body = body.subarray(4 + length);
      return found;
    };
    if ([first?.repetition_level_encoding, first?.definition_level_encoding].includes("BIT_PACKED") && lists + levels > 0)
      throw new Error("levels that are packed as before 2013");
    if (lists > 0) repeats = next(bits(lists));
    if (levels > 0) there = next(bits(levels));
  }
  for (let i = 0; i < there.length; i++) if (there[i] !== levels) throw inputError(place(i), "a value", null);
  return { values: valuesOf(body, n, about.encoding, dictionary, decoder), repeats };
}

function valuesOf(
  body: Uint8Array,
  n: number,
  encoding: string,
  dictionary: DecodedArray | undefined,
  decoder: ColumnDecoder,
): DecodedArray {
  const { type, element } = decoder;
  if (encoding === "PLAIN_DICTIONARY" || encoding === "RLE_DICTIONARY") {
    if (!dictionary) throw new Error("a page without its dictionary");
    const at = n === 0 ? [] : runs(body.subarray(1), body[0], n);
    return Array.from(at, (k) => {
      if (k >= dictionary.length) throw new Error(`entry ${k} of a dictionary of ${dictionary.length}`);
      return dictionary[k];
    });
  }
  const reader = viewOf(body);
  switch (encoding) {
    case "PLAIN":
      return convert(readPlain(reader, type, n, element.type_length), decoder);
    case "RLE":
      if (type !== "BOOLEAN") throw new Error(`${type} in runs`);
      return Array.from(runs(body.subarray(4), 1, n), (bit) => bit === 1);
    case "BYTE_STREAM_SPLIT":
      if (n * 8 > 8 * body.length) throw new Error(`${n} values in ${body.length} bytes`);
      return convert(byteStreamSplit(reader, n, type, element.type_length), decoder);
    case "DELTA_BINARY_PACKED": {
      const out = type === "INT32" ? new Int32Array(n) : new BigInt64Array(n);
      deltaBinaryUnpack(reader, n, out);
      return convert(out, decoder);
    }
    case "DELTA_LENGTH_BYTE_ARRAY": {
      const out = new Array<Uint8Array>(n);
      deltaLengthByteArray(reader, n, out);
      return convert(out, decoder);
    }
    case "DELTA_BYTE_ARRAY":
      return convert(sharedStarts(reader, n), decoder);
    default:
      throw new Error(`the encoding ${encoding}`);
  }
}

/** Words of which each says how much of the one before it begins with. */
function sharedStarts(reader: { view: DataView; offset: number }, n: number): Uint8Array[] {
  const [shared, own] = [new Int32Array(n), new Int32Array(n)];
  deltaBinaryUnpack(reader, n, shared);
  deltaBinaryUnpack(reader, n, own);
  const out: Uint8Array[] = [];
  let [before, total] = [new Uint8Array(0), 0];
  for (let i = 0; i < n; i++) {
    const [a, b] = [shared[i], own[i]];
    total += a + b;
    if (!(a >= 0 && a <= before.length && b >= 0) || total > 2 ** 28) throw new Error(`a word of ${a} and ${b} letters`);
    const word = new Uint8Array(a + b);
    word.set(before.subarray(0, a));
    word.set(new Uint8Array(reader.view.buffer, reader.view.byteOffset + reader.offset, b), a);
    reader.offset += b;
    out.push(word);
    before = word;
  }
  return out;
}

/** Parquet's hybrid of runs of equal numbers and numbers of `width` bits: `n` of them and no more, whatever the runs say. */
function runs(bytes: Uint8Array, width: number, n: number): Int32Array | Uint8Array {
  if (width > 32) throw new Error(`numbers of ${width} bits`);
  const out = width <= 8 ? new Uint8Array(n) : new Int32Array(n);
  let [at, done] = [0, 0];
  const short = (): Error => new Error(`${done} of ${n} numbers`);
  while (done < n) {
    let [header, shift] = [0, 0];
    for (let more = true; more; shift += 7) {
      if (at >= bytes.length || shift > 28) throw short();
      more = bytes[at] >= 128;
      header += (bytes[at++] & 127) * 2 ** shift;
    }
    if (header % 2 === 0) {
      const size = (width + 7) >> 3;
      if (at + size > bytes.length) throw short();
      let value = 0;
      for (let k = 0; k < size; k++) value |= bytes[at++] << (8 * k);
      const end = Math.min(n, done + header / 2);
      out.fill(value, done, end);
      done = end;
      continue;
    }
    const count = Math.min(n - done, ((header - 1) / 2) * 8);
    if (at + Math.ceil((count * width) / 8) > bytes.length) throw short();
    let [word, have, from] = [0n, 0, at];
    const mask = (1 << width) - 1;
    let small = 0;
    for (let k = 0; k < count; k++) {
      if (width <= 24) {
        while (have < width) {
          small |= bytes[from++] << have;
          have += 8;
        }
        out[done++] = small & mask;
        small >>>= width;
        have -= width;
      } else {
        while (have < width) {
          word |= BigInt(bytes[from++]) << BigInt(have);
          have += 8;
        }
        out[done++] = Number(BigInt.asUintN(width, word));
        word >>= BigInt(width);
        have -= width;
      }
    }
    at += ((header - 1) / 2) * width;
  }
  return out;
}

const bits = (most: number): number => 32 - Math.clz32(most);

const viewOf = (bytes: Uint8Array): { view: DataView; offset: number } => ({
  view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  offset: 0,
});

const unpacked = (packed: Uint8Array, size: number, { codec }: ColumnDecoder): Uint8Array =>
  decompressPage(packed, size, codec, packings);

/** What the reader throws, as bad input. */
export function attempt<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw asInput(what, error);
  }
}

/** The same of an error that was thrown. The system's own errors (a disk that cannot be read) stay what they are. */
export function asInput(what: string, error: unknown): Error {
  if (error instanceof InputError || (error as NodeJS.ErrnoException).syscall !== undefined) return error as Error;
  // What the reader says in its own words is an Error; anything else is a value that it took for another.
  const got = (error as Error).name === "Error" ? (error as Error).message : "damaged pages or metadata";
  return new InputError(`${what}: expected Parquet that can be read, got ${got}`);
}
