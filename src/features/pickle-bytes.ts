import { InputError, inputError } from "../errors.ts";

/** The arguments of pickle instructions, read in order. Throws CutOff where the bytes end too soon. */
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
  /** Python 2's text, which may be bytes. */
  oldText(of: Uint8Array): string | Uint8Array;
  /** Up to the next newline. */
  line(): string;
  /** The same, a character a byte. */
  rawLine(): string;
  long(n: number): number | bigint;
}

/** The pickle goes on where the bytes end. */
export class CutOff extends InputError {}

export function pickleBytes(bytes: Uint8Array, what: string): PickleBytes {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = new TextDecoder("utf-8", { ignoreBOM: true });
  const strict = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });
  let at = 0;
  const take = (n: number): number => {
    if (!(n >= 0 && at + n <= bytes.length))
      throw new CutOff(`${what}: pickle at byte ${at}: expected ${n} more bytes, got ${bytes.length - at}`);
    at += n;
    return at - n;
  };
  const raw = (n: number): Uint8Array => {
    const from = take(n);
    return bytes.subarray(from, from + n);
  };
  const line = (): Uint8Array => {
    const end = bytes.indexOf(10, at);
    if (end < 0) throw new CutOff(`${what}: pickle at byte ${at}: expected a whole line, got none`);
    const found = bytes.subarray(at, end);
    at = end + 1;
    return found;
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
    text: (n: number) => text.decode(raw(n)),
    oldText(of: Uint8Array): string | Uint8Array {
      try {
        return strict.decode(of);
      } catch {
        return of;
      }
    },
    line: () => text.decode(line()).replace(/\r$/, ""),
    rawLine: () => Array.from(line(), (byte) => String.fromCharCode(byte)).join(""),
    /** A whole number, least byte first, two's complement. */
    long(n: number): number | bigint {
      if (n > 1024) throw inputError(`${what}: pickle at byte ${at}`, "a number of at most 1024 bytes", n);
      const digits = raw(n);
      if (n === 0) return 0;
      const value = BigInt(
        `0x${[...digits]
          .reverse()
          .map((d) => d.toString(16).padStart(2, "0"))
          .join("")}`,
      );
      return asNumber(digits[n - 1] & 128 ? value - (1n << BigInt(8 * n)) : value);
    },
  };
}

/** A number where it is exact as one. */
export function asNumber(value: bigint): number | bigint {
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

/** The bytes of Python 2's text in quotes, with its escapes. */
export function unquoted(line: string): Uint8Array {
  const inside = /^\s*(?:'(.*)'|"(.*)")\s*$/s.exec(line);
  const text = (inside?.[1] ?? inside?.[2] ?? line).replace(/\\(x[0-9a-f]{2}|.)/gis, (_, code: string) =>
    code.length === 3 ? String.fromCharCode(Number.parseInt(code.slice(1), 16)) : ({ n: "\n", r: "\r", t: "\t" }[code] ?? code),
  );
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}

/** Protocol 0's text, whose characters beyond Latin-1 are numbers. */
export function unescaped(line: string): string {
  return line.replace(/\\(u[0-9a-f]{4}|U[0-9a-f]{8})/g, (_, code: string) =>
    String.fromCodePoint(Math.min(0x10ffff, Number.parseInt(code.slice(1), 16))),
  );
}
