import { inputError } from "../../errors.ts";
import type { Bytes } from "../bytes.ts";
import { rootTable, type Table } from "./flatbuffer.ts";

/** A field of a table's schema: a column, or the numbers inside its lists. */
export interface Field {
  name: string;
  /** Type in Schema.fbs. */
  type: number;
  /** Bits of integers; precision of floats (0 half, 1 single, 2 double); entries of a list of fixed size. */
  size: number;
  signed: boolean;
  /** Of one that is packed as a dictionary: which, and the integers that are its entries' numbers. */
  dictionary?: { id: number; bits: number; signed: boolean };
  children: Field[];
}

/** Rows of all columns, in the order of their fields and of the fields inside them. */
export interface Batch {
  rows: number;
  /** Of each field: how many entries, how many of them null. */
  nodes: number[][];
  /** Where each buffer lies: from the beginning of the file, and how long. */
  buffers: number[][];
  /** How each is packed: 0 LZ4, 1 Zstandard; undefined: not at all. */
  codec: number | undefined;
  /** Of columns of words that lie anywhere: how many buffers of letters each has. */
  variadic: number[];
}

/** The messages of a file or a stream, in order. */
export interface Messages {
  fields: Field[];
  batches: Batch[];
  /** Words of dictionaries; `before`: how many batches stood before it. */
  dictionaries: { id: number; delta: boolean; before: number; batch: Batch }[];
}

/** More than this is no file of arrays. */
const mostMetadata = 2 ** 28;
const mostFields = 100_000;
const mostBuffers = 2 ** 23;

/** The messages of a stream, one after the other. Throws InputError where one is damaged or cut off. */
export async function streamMessages(bytes: Bytes): Promise<Messages> {
  const { what, length } = bytes;
  const found: Messages = { fields: [], batches: [], dictionaries: [] };
  const room = { left: mostBuffers };
  let schemas = 0;
  for (let at = 0; at + 4 <= length; ) {
    const message = await messageAt(bytes, at);
    if (!message) break;
    if (message.kind === 1 && ++schemas > 1) throw inputError(`${what}: schemas`, "one", "another");
    addMessage(found, message, room, what);
    at = message.end;
  }
  if (schemas === 0) throw inputError(what, "Arrow with a schema", "none");
  return found;
}

/** The messages of a file, as its end says where they are. Throws InputError where one is damaged or missing. */
export async function fileMessages(bytes: Bytes): Promise<Messages> {
  const { what, length } = bytes;
  const end = new Uint8Array(10);
  if (length < 18) throw inputError(what, "a whole Arrow file", `${length} bytes`);
  await bytes.readAt?.(length - 10, end);
  if (new TextDecoder().decode(end.subarray(4)) !== "ARROW1")
    throw inputError(what, "a whole Arrow file (ARROW1 at its end)", "none: is it cut off?");
  const size = new DataView(end.buffer).getInt32(0, true);
  if (!(size > 0 && size <= mostMetadata && size + 18 <= length))
    throw inputError(`${what}: metadata`, `at most ${Math.min(mostMetadata, length - 18)} bytes`, size);
  const own = new Uint8Array(size);
  await bytes.readAt?.(length - 10 - size, own);
  const footer = rootTable(own);
  const schema = footer.table(1);
  if (!schema) throw inputError(what, "Arrow with a schema", "none");
  const found: Messages = { fields: schemaOf(schema, what), batches: [], dictionaries: [] };
  const room = { left: mostBuffers };
  // Dictionaries stand in one list, batches in the next: where each begins, and two lengths.
  for (const [at] of [...footer.longs(2, 3), ...footer.longs(3, 3)]) {
    const message = at >= 0 && at + 8 <= length ? await messageAt(bytes, at) : undefined;
    if (!message) throw inputError(what, "a message where its end says so", `none at ${at}`);
    addMessage(found, message, room, what);
  }
  return found;
}

interface Message {
  kind: number;
  header: Table;
  /** Where its buffers begin, how many bytes they are, and where the next message begins. */
  body: number;
  length: number;
  end: number;
}

/** A message; undefined where a stream ends. */
async function messageAt(bytes: Bytes, from: number): Promise<Message | undefined> {
  const { what, length } = bytes;
  const start = new DataView(new ArrayBuffer(8));
  await bytes.readAt?.(from, new Uint8Array(start.buffer, 0, Math.min(8, length - from)));
  // Before 0.15 the mark was not there.
  const marked = start.getUint32(0, true) === 0xffffffff;
  const size = start.getInt32(marked ? 4 : 0, true);
  const at = from + (marked ? 8 : 4);
  if (size === 0) return undefined;
  if (!(size > 0 && size <= mostMetadata && at + size <= length))
    throw inputError(`${what}: message`, `at most ${Math.min(mostMetadata, length - at)} bytes`, size);
  const own = new Uint8Array(size);
  await bytes.readAt?.(at, own);
  const message = rootTable(own);
  const [kind, header, body] = [message.integer(1, 1), message.table(2), message.integer(3, 8) ?? 0];
  if (!header || kind === undefined) throw inputError(`${what}: message`, "one that says what it is", `none at ${from}`);
  if (!(body >= 0 && at + size + body <= length))
    throw inputError(what, "a whole file", `a message whose ${body} bytes at ${at + size} are cut off`);
  return { kind, header, body: at + size, length: body, end: at + size + body };
}

function addMessage(
  { batches, dictionaries, ...found }: Messages,
  { kind, header, body, length }: Message,
  room: { left: number },
  what: string,
): void {
  if (kind === 1) found.fields.push(...schemaOf(header, what));
  const data = kind === 2 ? header.table(1) : kind === 3 ? header : undefined;
  if (!data) return;
  const batch = batchOf(data, body, length, what);
  room.left -= batch.buffers.length + 1;
  if (room.left < 0) throw inputError(`${what}: buffers`, `at most ${mostBuffers}`, "more");
  if (kind === 3) batches.push(batch);
  else dictionaries.push({ id: header.integer(0, 8) ?? 0, delta: header.integer(2, 1) === 1, before: batches.length, batch });
}

function schemaOf(schema: Table, what: string): Field[] {
  if ((schema.integer(0, 2) ?? 0) !== 0) throw inputError(`${what}: byte order`, "the least byte first", "the most");
  return fieldsOf(schema.tables(1), { left: mostFields }, 0, what);
}

function fieldsOf(tables: readonly Table[], room: { left: number }, depth: number, what: string): Field[] {
  room.left -= tables.length;
  if (room.left < 0 || depth > 60) throw inputError(`${what}: fields`, `at most ${mostFields}, 60 deep`, "more");
  return tables.map((table) => {
    const type = table.integer(2, 1) ?? 0;
    const about = table.table(3);
    const dictionary = table.table(4);
    const index = dictionary?.table(1);
    return {
      name: table.text(0) ?? "",
      type,
      size: (type === 3 ? about?.integer(0, 2) : about?.integer(0, 4)) ?? 0,
      signed: (about?.integer(1, 1) ?? 0) === 1,
      ...(dictionary
        ? {
            dictionary: {
              id: dictionary.integer(0, 8) ?? 0,
              bits: index?.integer(0, 4) ?? 32,
              signed: (index?.integer(1, 1) ?? 1) === 1,
            },
          }
        : {}),
      children: fieldsOf(table.tables(5), room, depth + 1, what),
    };
  });
}

function batchOf(table: Table, from: number, body: number, what: string): Batch {
  const rows = table.integer(0, 8) ?? 0;
  const nodes = table.longs(1, 2);
  const buffers = table.longs(2, 2).map(([at, length]) => {
    if (!(at >= 0 && length >= 0 && at + length <= body))
      throw inputError(what, `buffers inside their message's ${body} bytes`, `${length} bytes from ${at}`);
    return [from + at, length];
  });
  if (!(rows >= 0 && nodes.every(([n, nulls]) => n >= 0 && nulls >= 0 && nulls <= n)))
    throw inputError(`${what}: rows`, "numbers of rows and nulls", rows);
  const compression = table.table(3);
  return {
    rows,
    nodes,
    buffers,
    codec: compression && (compression.integer(0, 1) ?? 0),
    variadic: table.longs(4, 1).map(([n]) => n),
  };
}
