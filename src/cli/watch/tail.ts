import { stat } from "node:fs/promises";
import { openFile } from "../../files/index.ts";

/** How far a file that grows line by line was read. A value: reading on gives the next one. */
export interface Tail {
  inode: number;
  /** Behind the last whole line. */
  offset: number;
  /** Lines before it. */
  lines: number;
  /** The bytes before it: a file that was written anew has others there. */
  ending: Buffer;
}

export const beginning: Tail = { inode: 0, offset: 0, lines: 0, ending: Buffer.alloc(0) };

const block = 2 ** 22;
const remembered = 64;

/**
 * The whole lines since the last time, and how far was read now; `anew`: the file was written anew (a run that goes on from its checkpoint does that), and these are its lines from the first. Nothing is held of a line that
 * is not whole. Null where the file is not there.
 */
export async function newLines(
  file: string,
  before: Tail,
): Promise<{ lines: { text: string; number: number }[]; tail: Tail; anew: boolean; more: boolean } | null> {
  const found = await stat(file).catch(() => null);
  if (!found) return null;
  const same = found.ino === before.inode && found.size >= before.offset;
  // Nothing new: the file is not even opened.
  if (same && found.size === before.offset) return { lines: [], tail: before, anew: false, more: false };
  const { handle, size } = await openFile(file);
  try {
    const goesOn = same && (await read(handle, before.offset - before.ending.length, before.offset)).equals(before.ending);
    const tail = goesOn ? before : { ...beginning, inode: found.ino };
    const parts: Buffer[] = [];
    let at = tail.offset;
    // At least one whole line, however long it is.
    do {
      const part = await read(handle, at, Math.min(size, at + block));
      if (part.length === 0) break;
      parts.push(part);
      at += part.length;
    } while (at < size && !parts[parts.length - 1].includes(10));
    const bytes = Buffer.concat(parts);
    const whole = bytes.subarray(0, bytes.lastIndexOf(10) + 1);
    const texts = whole.length === 0 ? [] : whole.subarray(0, -1).toString("utf8").split("\n");
    const lines = texts.map((text, i) => ({ text, number: tail.lines + i + 1 })).filter(({ text }) => text.trim() !== "");
    const ending = Buffer.from(Buffer.concat([tail.ending, whole]).subarray(-remembered));
    const next = { inode: found.ino, offset: tail.offset + whole.length, lines: tail.lines + texts.length, ending };
    return { lines, tail: next, anew: !goesOn && before.offset > 0, more: at < size };
  } finally {
    await handle.close();
  }
}

async function read(handle: Awaited<ReturnType<typeof openFile>>["handle"], from: number, to: number): Promise<Buffer> {
  const bytes = Buffer.alloc(to - from);
  let done = 0;
  while (done < bytes.length) {
    const { bytesRead } = await handle.read(bytes, done, bytes.length - done, from + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return bytes.subarray(0, done);
}
