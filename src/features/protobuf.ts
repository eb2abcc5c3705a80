import { inputError } from "../errors.ts";
import type { Bytes } from "./bytes.ts";

/** A field of a message in Protocol Buffers' wire format: a number, or a part of the file. */
export interface WireField {
  /** Its number in the schema. */
  readonly id: number;
  /** Of a number: its value, an integer of at most 64 bits as two's complement. */
  readonly value: bigint;
  /** Of a text, bytes, a message or numbers that are packed: where in the file. Of a number of 4 or 8 bytes too. */
  readonly from: number;
  readonly to: number;
  /** Wire type: 0 a number of any length, 1 eight bytes, 2 a part of the file, 5 four bytes. */
  readonly wire: number;
}

/** Goes through a file by pieces: of long parts nothing is read unless they are asked for. */
export interface MessageReader {
  /** The fields of the message at a part of the file. Throws InputError where it is none, and where all messages together have more than 2^22. */
  fields(from: number, to: number): AsyncGenerator<WireField>;
  /** A text. Throws InputError where it is longer than 64 kB. */
  text(field: WireField): Promise<string>;
  /** Integers of any length, one or many that are packed, as two's complement of 64 bits. Throws InputError where there are more than `most`, and above 128 MB. */
  integers(field: WireField, most: number): Promise<BigUint64Array>;
  /** The bytes of a field. Throws InputError above 128 MB. */
  bytes(field: WireField): Promise<Uint8Array>;
}

const piece = 1 << 16;
/** More than this is no list that is written number by number. */
export const mostListBytes: number = 2 ** 27;
/** More than this is no description of a network: a field of two bytes takes fifty where it is kept. */
const mostFields = 2 ** 22;

/** Reads messages out of bytes of any length. */
export function messageReader(bytes: Bytes): MessageReader {
  const { what } = bytes;
  let window: Uint8Array = new Uint8Array(0);
  let begin = 0;
  let seen = 0;
  /** Some bytes from there on, as many as there are. */
  const at = async (from: number, most: number): Promise<Uint8Array> => {
    const wanted = Math.min(most, bytes.length - from);
    if (from < begin || from + wanted > begin + window.length) {
      window = new Uint8Array(Math.min(Math.max(piece, wanted), bytes.length - from));
      await bytes.readAt?.(from, window);
      begin = from;
    }
    return window.subarray(from - begin, from - begin + wanted);
  };
  const damaged = (place: number, got: string): Error => inputError(what, "Protocol Buffers", `${got} at byte ${place}`);
  const whole = async ({ from, to }: WireField): Promise<Uint8Array> => {
    if (to - from > mostListBytes) throw inputError(what, `at most ${mostListBytes} bytes of numbers`, to - from);
    const own = new Uint8Array(to - from);
    await bytes.readAt?.(from, own);
    return own;
  };
  return {
    bytes: whole,
    async integers(field, most) {
      const own = field.wire === 0 ? undefined : await whole(field);
      // Each ends in a byte below 128: they are counted before anything is made of them.
      const n = own?.reduce((sum, byte) => sum + (byte < 128 ? 1 : 0), 0) ?? 1;
      if (n > most) throw inputError(`${what}: integers`, `at most ${most}`, n);
      if (!own) return BigUint64Array.of(field.value);
      const found = new BigUint64Array(n);
      for (let [place, k] = [0, 0]; place < own.length; k++) {
        const next = varint(own, place);
        if (!next) throw damaged(field.from + place, "an integer without an end");
        found[k] = next.value;
        place += next.length;
      }
      return found;
    },
    async *fields(from, to) {
      for (let place = from; place < to; ) {
        const here = await at(place, Math.min(24, to - place));
        const tag = varint(here, 0);
        if (!tag) throw damaged(place, "no field");
        const [id, wire] = [Number(tag.value >> 3n), Number(tag.value & 7n)];
        const start = place + tag.length;
        const number = wire === 0 || wire === 2 ? varint(here, tag.length) : undefined;
        if (id === 0 || (number === undefined && wire !== 1 && wire !== 5))
          throw damaged(place, `a field ${id} of wire type ${wire}`);
        const first = start + (number?.length ?? 0);
        const length = wire === 2 ? Number(number?.value) : wire === 1 ? 8 : wire === 5 ? 4 : 0;
        if (first + length > to) throw damaged(place, `a field of ${length} bytes, of ${to - first}`);
        if (++seen > mostFields) throw inputError(`${what}: fields`, `at most ${mostFields}`, "more");
        yield { id, wire, value: wire === 0 ? (number?.value as bigint) : 0n, from: first, to: first + length };
        place = first + length;
      }
    },
    async text({ from, to }) {
      if (to - from > piece) throw inputError(`${what}: text`, `at most ${piece} bytes`, to - from);
      return new TextDecoder().decode(await at(from, to - from));
    },
  };
}

/** An integer of any length at a place; undefined where it does not end. */
export function varint(bytes: Uint8Array, at: number): { value: bigint; length: number } | undefined {
  let low = 0;
  // Below 2^28 without bigints.
  for (let k = 0; k < 4 && at + k < bytes.length; k++) {
    low |= (bytes[at + k] & 127) << (7 * k);
    if (bytes[at + k] < 128) return { value: BigInt(low), length: k + 1 };
  }
  let value = BigInt(low);
  for (let k = 4; k < 10 && at + k < bytes.length; k++) {
    value |= BigInt(bytes[at + k] & 127) << BigInt(7 * k);
    if (bytes[at + k] < 128) return { value: BigInt.asUintN(64, value), length: k + 1 };
  }
  return undefined;
}
