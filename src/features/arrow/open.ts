import { InputError, inputError } from "../../errors.ts";
import type { Bytes } from "../bytes.ts";
import { addColumns, checkHeld, type TableColumn } from "../columns.ts";
import { type Contents, empty } from "../contents.ts";
import type { Host } from "../format.ts";
import { checkThere, fieldElement, numberArray, offsetsOf, type Part, types } from "./column.ts";
import { type Field, fileMessages, type Messages, streamMessages } from "./messages.ts";
import { placesOf } from "./places.ts";
import { isWordField, wordArray } from "./words.ts";

/**
 * The columns of a table in Arrow's format for files or streams (Feather's second version is the first of these): of numbers, of lists of equally many numbers, of words. Others are left out by name. What
 * lies in the file as it is in memory is read where it lies.
 */
export async function arrowArrays(bytes: Bytes, isFile: boolean, host: Host): Promise<Contents> {
  const { what } = bytes;
  const messages = await said(what, () => (isFile ? fileMessages(bytes) : streamMessages(bytes)));
  const contents = empty();
  const places = await said(what, async () => messages.batches.map((batch) => placesOf(messages.fields, batch, what)));
  const rows = messages.batches.reduce((sum, batch) => sum + batch.rows, 0);
  const columns: TableColumn[] = [];
  for (const [k, field] of messages.fields.entries()) {
    const parts = messages.batches.map((batch, b) => ({ batch, place: places[b][k] }));
    try {
      const column = await said(`${what}, ${field.name}`, () => columnOf(bytes, parts, field, messages, rows));
      if ("words" in column) contents.texts.set(field.name, column);
      else columns.push({ name: field.name, array: column, isFloat: field.type === types.float });
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      contents.skipped.set(field.name, error.message.replace(`${what}, ${field.name}: `, "not read: "));
    }
  }
  addColumns(contents, columns, rows, { host, what });
  return contents;
}

async function columnOf(
  bytes: Bytes,
  parts: readonly Part[],
  field: Field,
  messages: Messages,
  rows: number,
): Promise<TableColumn["array"] | ReturnType<typeof wordArray>> {
  const what = `${bytes.what}, ${field.name}`;
  const own = parts.reduce((sum, { batch, place }) => sum + batch.nodes[place.node][0], 0);
  if (own !== rows) throw inputError(`${what}: rows`, `${rows}, as the others`, own);
  if (isWordField(field)) return wordArray(bytes, parts, field, messages, what);
  if (fieldElement(field)) return numberArray(bytes, parts, field, null, what);
  const isList = [types.list, types.largeList, types.fixedList].includes(field.type) && !field.dictionary;
  if (!isList || field.children.length !== 1 || !fieldElement(field.children[0]))
    throw inputError(what, "numbers, lists of them, or words", `another type (${field.type} of Arrow)`);
  const entries = field.type === types.fixedList ? field.size : await firstListEntries(bytes, parts, field, what);
  // As long as bytes are not packed there are as many; packed ones hold no more than this.
  checkHeld(`${what}: size`, entries * rows, bytes);
  return numberArray(bytes, parts, field, entries, what);
}

/** How many entries the first list has. */
async function firstListEntries(bytes: Bytes, parts: readonly Part[], field: Field, what: string): Promise<number> {
  const part = parts.find(({ batch, place }) => batch.nodes[place.node][0] > 0);
  if (!part) return 0;
  await checkThere(bytes, part, (i) => i, what);
  const offsets = await offsetsOf(bytes, part, 1, part.batch.nodes[part.place.node][0], field.type === types.largeList, what);
  return offsets[1] - offsets[0];
}

/** Places that are outside of what is there, as bad input. */
async function said<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError)
      throw new InputError(`${what}: expected Arrow, got a damaged description of it`);
    throw error;
  }
}
