import { crc32 } from "node:zlib";
import { parquetHeader } from "hyparquet/src/column.js";
import { DEFAULT_PARSERS } from "hyparquet/src/convert.js";
import type { ColumnDecoder, ColumnMetaData, DecodedArray, PageHeader, SchemaTree } from "hyparquet/src/types.js";
import { inputError } from "../../errors.ts";
import type { Bytes } from "../bytes.ts";
import { asInput, attempt, type Decoded, dictionaryOf, pageValues } from "./decode.ts";

/** A column of values in a Parquet file, through all row groups. */
export interface Leaf {
  /** For messages: file and column. */
  readonly what: string;
  /** Its place in the schema, from the root. */
  readonly schemaPath: SchemaTree[];
  /** The level at which a value is there: below it, it or a list around it is null. */
  readonly levels: number;
  /** Whether it holds lists. */
  readonly lists: boolean;
  /** In each row group: how many rows, and where. */
  readonly groups: readonly { rows: number; at: ColumnMetaData }[];
}

/** Pages of more bytes or values are no pages; and what packs further than this beyond a few bytes is no data. */
const mostPage = 2 ** 28;
const mostValues = 2 ** 24;
const fewBytes = 2 ** 20;
const mostRatio = 5000;
/** A header holds the smallest and largest value of its page, which may be words. */
const longestHeader = 2 ** 16;

/** The pages of a column, one after the other, each read when it is asked for. Throws InputError where one is damaged or has a null. */
export async function* pagesOf(bytes: Bytes, leaf: Leaf): AsyncGenerator<Decoded> {
  try {
    let row = 0;
    for (const group of leaf.groups) {
      yield* groupPages(bytes, leaf, group, row);
      row += group.rows;
    }
  } catch (error) {
    throw asInput(leaf.what, error);
  }
}

async function* groupPages(bytes: Bytes, leaf: Leaf, { at }: Leaf["groups"][number], row: number): AsyncGenerator<Decoded> {
  const { what, schemaPath, levels, lists } = leaf;
  const decoder: ColumnDecoder = {
    pathInSchema: at.path_in_schema,
    type: at.type,
    element: schemaPath[schemaPath.length - 1].element,
    schemaPath,
    codec: at.codec,
    parsers: DEFAULT_PARSERS,
  };
  const { start, end } = partOf(at, bytes.length, what);
  const wanted = Number(at.num_values);
  let dictionary: DecodedArray | undefined;
  let seen = 0;
  for (let place = start; seen < wanted; ) {
    const { header, size } = await headerAt(bytes, place, end, what);
    const packed = new Uint8Array(header.compressed_page_size);
    place += size;
    if (place + packed.length > end)
      throw inputError(what, "pages inside the column's bytes", `${packed.length} bytes at ${place}`);
    await bytes.readAt?.(place, packed);
    place += packed.length;
    const sum = header.crc === undefined ? undefined : Number(header.crc) >>> 0;
    if (sum !== undefined && sum !== crc32(packed)) throw inputError(`${what}: checksum`, `${sum}`, crc32(packed));
    if (header.type === "DICTIONARY_PAGE") {
      dictionary = dictionaryOf(header, packed, decoder);
      continue;
    }
    const name = (i: number): string => `${what}, ${lists ? "entry" : "row"} ${row + seen + i}`;
    const page = attempt(what, () => pageValues(header, packed, decoder, { dictionary, levels, place: name }));
    if (!page) continue;
    seen += page.values.length;
    if (page.values.length === 0 || seen > wanted)
      throw inputError(`${what}: values`, `${wanted} in a row group`, seen > wanted ? "more" : seen);
    yield page;
  }
}

/** Where a column of a row group lies. Polars does not say where its dictionary is, which stands before the data. */
function partOf(at: ColumnMetaData, size: number, what: string): { start: number; end: number } {
  const places = [at.dictionary_page_offset, at.data_page_offset].map((place) => Number(place ?? 0)).filter((place) => place > 0);
  const [start, length] = [Math.min(...places), Number(at.total_compressed_size)];
  if (!(places.length > 0 && length >= 0 && start + length <= size))
    throw inputError(what, `its bytes inside the file's ${size}`, `${length} from ${start}`);
  return { start, end: start + length };
}

async function headerAt(bytes: Bytes, place: number, end: number, what: string): Promise<{ header: PageHeader; size: number }> {
  const own = new Uint8Array(Math.max(0, Math.min(longestHeader, end - place)));
  await bytes.readAt?.(place, own);
  const reader = { view: new DataView(own.buffer), offset: 0 };
  const header = attempt(what, () => parquetHeader(reader));
  const [packed, size] = [header.compressed_page_size, header.uncompressed_page_size];
  const fits = (n: unknown): boolean => typeof n === "number" && n >= 0 && n <= mostPage;
  if (!(fits(packed) && fits(size)))
    throw inputError(`${what}: page`, `at most ${mostPage} bytes`, `${packed}, ${size} unpacked`);
  if (size > fewBytes && size > mostRatio * packed)
    throw inputError(`${what}: page`, `at most ${mostRatio} times its ${packed} packed bytes`, size);
  const n: unknown = (header.data_page_header ?? header.data_page_header_v2 ?? header.dictionary_page_header)?.num_values ?? 0;
  // A run of equal values costs nothing in the file; in memory it does.
  if (!(fits(n) && (n as number) <= mostValues)) throw inputError(`${what}: page`, `at most ${mostValues} values`, n);
  return { header, size: reader.offset };
}
