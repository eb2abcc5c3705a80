/**
 * How many columns a line of text may take, and texts broken into such lines. COLUMNS, if it says a number, wins over what the terminal tells; text that goes into a
 * file or another program has no width, so that nothing in it is broken.
 */
export function terminalWidth(
  output: { isTTY?: boolean; columns?: number } = process.stdout,
  { COLUMNS }: Record<string, string | undefined> = process.env,
): number {
  if (/^\d+$/.test(COLUMNS ?? "") && Number(COLUMNS) > 0) return Math.max(narrowest, Number(COLUMNS));
  const columns = output.isTTY ? output.columns : undefined;
  return columns ? Math.max(narrowest, columns) : Number.POSITIVE_INFINITY;
}

/** In fewer columns no table can be read. */
const narrowest = 20;

/** Breaks at spaces; a word longer than a line stays whole. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line ? `${line} ${word}` : word;
  }
  lines.push(line);
  return lines;
}
