import { inputError } from "../errors.ts";

/** The arguments of pickle instructions, read in order. Throws InputError where the bytes end too soon. */
export interface PickleBytes {
  at(): number;
  skip(n: number): number;
  u1(): number;
  u2(): number;
  u4(): number;
  i4(): number;
  u8(): number;
  f8(): number;
  bytes(n: number): Uint8Array;
  text(n: number): string;
  /** Up to the next newline. */
  line(): string;
  long(n: number): number | bigint;
}

export function pickleBytes(bytes: Uint8Array, what: string): PickleBytes {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const take = (n: number): number => {
    if (!(n >= 0 && at + n <= bytes.length))
      throw inputError(`${what}: pickle at byte ${at}`, `${n} more bytes`, `${bytes.length - at}`);
    at += n;
    return at - n;
  };
  const raw = (n: number): Uint8Array => {
    const from = take(n);
    return bytes.subarray(from, from + n);
  };
  return {
    at: () => at,
    skip: take,
    u1: () => view.getUint8(take(1)),
    u2: () => view.getUint16(take(2), true),
    u4: () => view.getUint32(take(4), true),
    i4: () => view.getInt32(take(4), true),
    u8: () => Number(view.getBigUint64(take(8), true)),
    f8: () => view.getFloat64(take(8)),
    bytes: raw,
    text: (n: number) => new TextDecoder().decode(raw(n)),
    line(): string {
      const end = bytes.indexOf(10, at);
      if (end < 0) throw inputError(`${what}: pickle at byte ${at}`, "a whole line", "none");
      const text = new TextDecoder().decode(bytes.subarray(at, end));
      at = end + 1;
      return text;
    },
    /** A whole number, least byte first, two's complement. */
    long(n: number): number | bigint {
      const digits = raw(n);
      if (n > 1024) throw inputError(`${what}: pickle at byte ${at}`, "a number of at most 1024 bytes", n);
      let value = 0n;
      for (let i = n - 1; i >= 0; i--) value = (value << 8n) | BigInt(digits[i]);
      if (n > 0 && digits[n - 1] & 128) value -= 1n << BigInt(8 * n);
      return Number.isSafeInteger(Number(value)) ? Number(value) : value;
    },
  };
}
