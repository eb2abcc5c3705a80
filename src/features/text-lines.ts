import { inputError } from "../errors.ts";
import type { Bytes } from "./bytes.ts";
import { textDecoder } from "./text.ts";

/** A line of a text file that is not blank. */
export interface Line {
  /** Without its end; blanks around it are gone, tabs are not. */
  text: string;
  /** From 1, as editors count. */
  number: number;
}

const longest = 1 << 20;

/**
 * The lines of a text of any size, many at a time (one after the other would wait for each): ended by \n, \r\n or \r, blank ones left out, and
 * those that begin with # before the first other one (what NumPy writes above a table).
 */
export async function* lineBlocks(bytes: Bytes): AsyncGenerator<Line[]> {
  const reader = bytes.reader(0);
  let rest = "";
  let number = 0;
  let begun = false;
  const take = (texts: readonly string[]): Line[] => {
    const lines: Line[] = [];
    for (const whole of texts) {
      number++;
      const text = whole.replace(/^ +| +$/g, "");
      if (text.trim() === "" || (!begun && text.startsWith("#"))) continue;
      begun = true;
      lines.push({ text, number });
    }
    return lines;
  };
  try {
    let decode: ReturnType<typeof textDecoder> | undefined;
    for (let at = 0; at < bytes.length; ) {
      const chunk = new Uint8Array(Math.min(1 << 18, bytes.length - at));
      await reader.fill(chunk);
      at += chunk.length;
      decode ??= textDecoder(chunk, bytes.what);
      const last = at === bytes.length;
      let text = rest + decode(chunk) + (last ? decode(null) : "");
      // \r at the end of a piece may be the first half of \r\n.
      const held: boolean = !last && text.endsWith("\r");
      if (held) text = text.slice(0, -1);
      const texts = text.split(/\r\n|\n|\r/);
      rest = last ? "" : (texts.pop() as string);
      if (held) rest += "\r";
      if (rest.length > longest)
        throw inputError(`${bytes.what}, line ${number + 1}`, `at most ${longest} letters a line`, "more");
      const lines = take(texts);
      if (lines.length > 0) yield lines;
    }
  } finally {
    await reader.close();
  }
}
