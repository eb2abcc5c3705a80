import { InputError } from "../../errors.ts";

/** A line of this many bytes is longer than any request needs to be: large arrays come in files. */
export const longestLine: number = 2 ** 26;

/**
 * The lines of a stream, as they end (the last one may end with the stream), blank at neither end. One that is longer than `longest` bytes is an InputError in its place: its bytes are let go as they
 * come, and the lines after it are read.
 */
export async function* linesOf(
  input: AsyncIterable<Uint8Array>,
  longest: number = longestLine,
): AsyncGenerator<string | InputError> {
  let parts: Uint8Array[] = [];
  let size = 0;
  const add = (part: Uint8Array): void => {
    size += part.length;
    if (size > longest) parts = [];
    else parts.push(part);
  };
  const take = (): string | InputError => {
    const line =
      size > longest
        ? new InputError(`request: expected a line of at most ${longest} bytes (arrays in files: npyFile), got ${size} bytes`)
        : Buffer.concat(parts).toString("utf8").trim();
    parts = [];
    size = 0;
    return line;
  };
  for await (const chunk of input) {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      add(chunk.subarray(from, end));
      yield take();
      from = end + 1;
    }
    add(chunk.subarray(from));
  }
  if (size > 0) yield take();
}
