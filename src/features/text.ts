import { InputError } from "../errors.ts";

/**
 * Text as programs save it: UTF-8, or UTF-16 (Excel's "Unicode text", PowerShell's `>`), told by the mark at its start or, without one, by the
 * zero byte beside every letter. Bytes that are neither are refused: two names must not become one because their letters were lost.
 */
export function encodingOf(start: Uint8Array): "utf-8" | "utf-16le" | "utf-16be" {
  if (start[0] === 0xff && start[1] === 0xfe) return "utf-16le";
  if (start[0] === 0xfe && start[1] === 0xff) return "utf-16be";
  const zeros = [0, 0];
  const looked = Math.min(start.length & ~1, 512);
  for (let i = 0; i < looked; i++) if (start[i] === 0) zeros[i & 1]++;
  if (zeros[1] > looked / 4 && zeros[0] === 0) return "utf-16le";
  if (zeros[0] > looked / 4 && zeros[1] === 0) return "utf-16be";
  return "utf-8";
}

/** A decoder that refuses what is not text, a piece at a time; the last piece is `null`. `what` names the file in errors. */
export function textDecoder(start: Uint8Array, what: string): (piece: Uint8Array | null) => string {
  const encoding = encodingOf(start);
  const decoder = new TextDecoder(encoding, { fatal: true });
  return (piece) => {
    let text: string;
    try {
      text = piece === null ? decoder.decode() : decoder.decode(piece, { stream: true });
    } catch {
      throw new InputError(`${what}: expected text in UTF-8 or UTF-16, got bytes that are not ${encoding} (save it as UTF-8)`);
    }
    if (text.includes("\0")) throw new InputError(`${what}: expected text in UTF-8 or UTF-16, got zero bytes (a binary file?)`);
    return text;
  };
}

/** A whole text in memory. */
export function decodeText(bytes: Uint8Array, what: string): string {
  const decode = textDecoder(bytes, what);
  return decode(bytes) + decode(null);
}
