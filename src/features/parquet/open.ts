import { parquetMetadata, parquetSchema } from "hyparquet";
import { getMaxDefinitionLevel, getMaxRepetitionLevel } from "hyparquet/src/schema.js";
import type { FileMetaData, SchemaElement, SchemaTree } from "hyparquet/src/types.js";
import { InputError, inputError } from "../../errors.ts";
import type { Bytes } from "../bytes.ts";
import { addColumns, checkHeld, type TableColumn } from "../columns.ts";
import { type Contents, empty } from "../contents.ts";
import type { Host } from "../format.ts";
import { contiguous } from "../stored-array.ts";
import { firstRowEntries, numberBytes, wordColumn } from "./columns.ts";
import { asInput, attempt } from "./decode.ts";
import type { Leaf } from "./pages.ts";

/** The most bytes of what a file says of itself. */
const mostMetadata = 2 ** 28;

/** The columns of a Parquet file: of numbers, of lists of equally many numbers, of words. Others are left out by name. Nothing is read but what the file says of itself, and of lists the first row. */
export async function parquetArrays(bytes: Bytes, host: Host): Promise<Contents> {
  const { what } = bytes;
  const metadata = await metadataOf(bytes);
  const rows = Number(metadata.num_rows);
  const own = metadata.row_groups.reduce((sum, group) => sum + Number(group.num_rows), 0);
  if (!(Number.isSafeInteger(rows) && rows >= 0 && own === rows))
    throw inputError(`${what}: rows`, `${own}, as the row groups have`, rows);
  checkHeld(`${what}: rows`, rows, bytes);
  const contents = empty();
  const columns: TableColumn[] = [];
  for (const child of attempt(what, () => parquetSchema(metadata)).children) {
    const { name } = child.element;
    if (typeof name !== "string") throw inputError(what, "columns that have names", "one that has none");
    try {
      const leaf = leafOf(child, metadata, `${what}, ${name}`);
      const { element } = leaf.schemaPath[leaf.schemaPath.length - 1];
      if (isWordColumn(element) && getMaxRepetitionLevel(leaf.schemaPath) === 0) {
        contents.texts.set(name, wordColumn(bytes, leaf, rows));
        continue;
      }
      const type = decodedType(element, leaf.what);
      const lists = getMaxRepetitionLevel(leaf.schemaPath);
      if (lists > 1) throw inputError(leaf.what, "numbers, or lists of them", "lists of lists");
      const entries = lists === 1 ? await firstRowEntries(bytes, leaf) : null;
      if (entries !== null) checkHeld(`${leaf.what}: size`, entries * rows, bytes);
      const shape = entries === null ? [rows] : [rows, entries];
      columns.push({
        name,
        isFloat: element.type === "FLOAT" || element.type === "DOUBLE" || element.type === "FIXED_LEN_BYTE_ARRAY",
        array: {
          what: leaf.what,
          shape,
          type,
          littleEndian: true,
          strides: contiguous(shape),
          bytes: numberBytes(bytes, { leaf, type, rows, entries }),
          offset: 0,
        },
      });
    } catch (thrown) {
      const error = asInput(`${what}, ${name}`, thrown);
      if (!(error instanceof InputError)) throw error;
      contents.skipped.set(name, error.message.replace(`${what}, ${name}: expected `, "not read: expected "));
    }
  }
  addColumns(contents, columns, rows, { host, what });
  return contents;
}

async function metadataOf(bytes: Bytes): Promise<FileMetaData> {
  const { what, length } = bytes;
  const end = new Uint8Array(Math.min(8, length));
  await bytes.readAt?.(length - end.length, end);
  const mark = new TextDecoder().decode(end.subarray(4));
  const size = end.length < 8 ? 0 : new DataView(end.buffer).getUint32(0, true);
  if (mark !== "PAR1") throw inputError(what, "a whole Parquet file (PAR1 at its end)", "none: is it cut off, or encrypted?");
  if (size + 12 > length || size > mostMetadata)
    throw inputError(`${what}: metadata`, `at most ${Math.min(length - 12, mostMetadata)} bytes`, size);
  const own = new Uint8Array(size + 8);
  await bytes.readAt?.(length - own.length, own);
  return attempt(what, () => parquetMetadata(own.buffer, { geoparquet: false }));
}

/** A column that has one column of values in it. */
function leafOf(top: SchemaTree, { row_groups: groups }: FileMetaData, what: string): Leaf {
  const schemaPath = [top];
  for (let at = top; at.children.length > 0; [at] = at.children) {
    if (at.children.length > 1)
      throw inputError(
        what,
        "numbers, lists of them, or words",
        `a struct of ${at.children.map(({ element }) => element.name).join(", ")}`,
      );
    schemaPath.push(at.children[0]);
  }
  const path = schemaPath.map(({ element }) => element.name).join("\0");
  // The levels are counted from the root, which is no column.
  const whole = [
    { children: [top], count: 0, element: { name: "root", repetition_type: "REQUIRED" as const }, path: [] },
    ...schemaPath,
  ];
  return {
    what,
    schemaPath: whole,
    levels: getMaxDefinitionLevel(whole),
    lists: getMaxRepetitionLevel(whole) > 0,
    groups: groups.map(({ columns, num_rows: rows }) => {
      const at = columns.find(({ meta_data: own }) => own?.path_in_schema.join("\0") === path);
      if (!at?.meta_data || at.file_path !== undefined)
        throw inputError(what, "a column in every row group, in this file", "none in one");
      return { rows: Number(rows), at: at.meta_data };
    }),
  };
}

function isWordColumn({ type, converted_type: old, logical_type: logical }: SchemaElement): boolean {
  return (
    type === "BYTE_ARRAY" &&
    (logical === undefined
      ? old === undefined || old === "UTF8" || old === "ENUM"
      : logical.type === "STRING" || logical.type === "ENUM")
  );
}

/** What numbers come out as. Throws InputError where it is another column. */
function decodedType({ type, converted_type: old, logical_type: logical }: SchemaElement, what: string): "f4" | "f8" {
  const kind = logical?.type ?? old;
  const whole = kind === undefined || /^U?INT|^INTEGER$/.test(kind);
  if (type === "FLOAT") return "f4";
  if (type === "DOUBLE" || type === "BOOLEAN") return "f8";
  if ((type === "INT32" || type === "INT64") && whole) return "f8";
  if (type === "FIXED_LEN_BYTE_ARRAY" && kind === "FLOAT16") return "f8";
  throw inputError(what, "numbers, lists of them, or words", kind ?? type);
}
