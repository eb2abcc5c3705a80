import { crc32c } from "./crc32c.ts";

/**
 * TensorBoard's event files: records of length, masked CRC-32C of the length, data, masked CRC-32C of the data; each record's data is an `Event` in protobuf's wire
 * format, of which scalars take five fields. A file is its header and any number of events: it is written by appending.
 *
 *     Event    1 wall_time double, 2 step int64, 3 file_version string, 5 summary
 *     Summary  1 value (repeated);  Value  1 tag string, 2 simple_value float
 */

/** The first record of a file. `wallTime`: seconds since 1970. @internal */
export function eventFileHeader(wallTime: number): Uint8Array {
  return record(join([double(1, wallTime), bytesField(3, utf8("brain.Event:2"))]));
}

/**
 * One record with every number that there is; those that are null are left out. Values are stored as float32.
 *
 * @internal
 */
export function scalarEvent(step: number, wallTime: number, scalars: Readonly<Record<string, number | null>>): Uint8Array {
  const values = Object.entries(scalars).flatMap(([tag, value]) =>
    value === null ? [] : [bytesField(1, join([bytesField(1, utf8(tag)), float(2, value)]))],
  );
  return record(join([double(1, wallTime), integer(2, step), bytesField(5, join(values))]));
}

function record(data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(data.length + 16);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, masked(bytes.subarray(0, 8)), true);
  bytes.set(data, 12);
  view.setUint32(12 + data.length, masked(data), true);
  return bytes;
}

/** So that the CRC of data which contain CRCs is no weaker: rotated by 15 bits, and a constant added. */
function masked(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

const key = (field: number, type: number): Uint8Array => varint((field << 3) | type);

function double(field: number, value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value, true);
  return join([key(field, 1), bytes]);
}

function float(field: number, value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return join([key(field, 5), bytes]);
}

const integer = (field: number, value: number): Uint8Array => join([key(field, 0), varint(value)]);

const bytesField = (field: number, bytes: Uint8Array): Uint8Array => join([key(field, 2), varint(bytes.length), bytes]);

/** Seven bits a byte, the lowest first; for whole numbers from 0 to 2^53. */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
