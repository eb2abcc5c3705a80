import type { Bytes } from "../bytes.ts";

/**
 * What the file says of a dataset's numbers, bit by bit, which the library does not tell: floats of two bytes are half precision or bfloat16, and integers may have fewer bits than their bytes.
 *
 * It stands in the dataset's object header, a list of messages (HDF5 File Format Specification 3.0, IV.A); that of the type has the number 3, and one of the number 16 says where the list goes on.
 */
export interface NumberBits {
  /** H5T_class_t. */
  readonly type: number;
  /** Of integers and floats: the first bit, and how many there are. */
  readonly offset: number;
  readonly precision: number;
  /** Of floats: where exponent and fraction are, and how many bits each has; the bias of the exponent. */
  readonly float: readonly number[] | null;
  /** Whether the bytes stand in the order of VAX computers. */
  readonly vax: boolean;
}

/** Reads them; undefined where they are not found: a type that is described in another way, or a header that is longer than any. */
export async function numberBits(file: Bytes, address: number): Promise<NumberBits | undefined> {
  const base = await baseOf(file);
  if (base === undefined) return undefined;
  const message = await typeMessage(file, base, address, 2);
  return message && bitsIn(message);
}

const dataType = 3;
const continuation = 16;
/** More messages than this no dataset has before its type. */
const most = 200;

/** Where addresses count from; undefined where they are not of eight bytes. */
async function baseOf(file: Bytes): Promise<number | undefined> {
  for (const at of [0, 512, 1024, 2048]) {
    const start = await part(file, at, 16);
    if (start === undefined || start.getUint32(0) !== 0x89484446) continue;
    return start.getUint8(start.getUint8(8) < 2 ? 13 : 9) === 8 ? at : undefined;
  }
  return undefined;
}

/** The message of the type in the object header at an address; a type that several datasets share stands in a header of its own. */
async function typeMessage(file: Bytes, base: number, address: number, hops: number): Promise<DataView | undefined> {
  const start = await part(file, base + address, 32);
  if (start === undefined || hops === 0) return undefined;
  const second = start.getUint32(0) === 0x4f484452;
  const flags = second ? start.getUint8(5) : 0;
  let at = 16;
  let length = start.getUint32(8, true);
  if (second) {
    at = 6 + (flags & 32 ? 16 : 0) + (flags & 16 ? 4 : 0);
    const width = 1 << (flags & 3);
    length = [1, 2, 4].includes(width) ? Number(integer(start, at, width)) : 0;
    at += width;
  } else if (start.getUint8(0) !== 1) return undefined;
  const blocks = [{ from: base + address + at, length }];
  let seen = 0;
  for (let block = blocks.shift(); block; block = blocks.shift()) {
    const head = second ? 4 + (flags & 4 ? 2 : 0) : 8;
    for (let place = block.from; place + head <= block.from + block.length && seen < most; seen++) {
      const about = await part(file, place, head);
      if (about === undefined) return undefined;
      const [kind, size, how] = second
        ? [about.getUint8(0), about.getUint16(1, true), about.getUint8(3)]
        : [about.getUint16(0, true), about.getUint16(2, true), about.getUint8(4)];
      place += head;
      if (kind === dataType || kind === continuation) {
        const message = await part(file, place, Math.min(size, 256));
        if (message === undefined || size < 16) return kind === dataType && (how & 2) === 0 ? message : undefined;
        if (kind === dataType) return how & 2 ? shared(file, base, message, hops) : message;
        const [from, bytes] = [Number(message.getBigUint64(0, true)), Number(message.getBigUint64(8, true))];
        // Blocks of the second version have a signature before and a checksum behind.
        blocks.push(second ? { from: base + from + 4, length: bytes - 8 } : { from: base + from, length: bytes });
      }
      place += size;
    }
  }
  return undefined;
}

function shared(file: Bytes, base: number, message: DataView, hops: number): Promise<DataView | undefined> {
  const at = message.getUint8(0) === 1 ? 8 : 2;
  return message.byteLength < at + 8
    ? Promise.resolve(undefined)
    : typeMessage(file, base, Number(message.getBigUint64(at, true)), hops - 1);
}

/** A type of numbers, or that of an enumeration's; other types have nothing to say. */
function bitsIn(message: DataView, at = 0): NumberBits | undefined {
  if (message.byteLength < at + 12) return undefined;
  const type = message.getUint8(at) & 15;
  if (type === 8 && at === 0) return bitsIn(message, 8);
  if (type > 1 || (type === 1 && message.byteLength < at + 20)) return undefined;
  const byte = (k: number): number => message.getUint8(at + k);
  return {
    type,
    offset: message.getUint16(at + 8, true),
    precision: message.getUint16(at + 10, true),
    float: type === 1 ? [byte(12), byte(13), byte(14), byte(15), message.getUint32(at + 16, true)] : null,
    vax: type === 1 && (byte(1) & 64) !== 0,
  };
}

function integer(view: DataView, at: number, width: number): number {
  return width === 1 ? view.getUint8(at) : width === 2 ? view.getUint16(at, true) : view.getUint32(at, true);
}

async function part(file: Bytes, at: number, length: number): Promise<DataView | undefined> {
  if (!(at >= 0 && at + length <= file.length)) return undefined;
  const bytes = new Uint8Array(length);
  await file.readAt?.(at, bytes);
  return new DataView(bytes.buffer);
}
