/**
 * The cells of a line, as spreadsheets write them: a cell that begins with a quote ends with one, `""` inside it is a quote. A blank as the separator
 * stands for any number of blanks and tabs. Undefined where a quoted cell does not end on the line, where
 * something follows its end, or where a quote without a partner stands in another cell: that line has other separators.
 */
export function cellsOf(line: string, separator: string): string[] | undefined {
  if (!line.includes('"')) return separator === " " ? line.trim().split(/\s+/) : line.split(separator).map((cell) => cell.trim());
  const blanks = separator === "\t" ? / */y : /\s*/y;
  const quoted = /"((?:[^"]|"")*)"/y;
  const plain = separator === " " ? /[^\s]*/y : new RegExp(`[^${separator}]*`, "y");
  const cells: string[] = [];
  let at = 0;
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(line);
    if (found) at = pattern.lastIndex;
    return found;
  };
  for (;;) {
    match(blanks);
    if (line[at] === '"') {
      const cell = match(quoted);
      if (!cell) return undefined;
      cells.push(cell[1].replaceAll('""', '"').trim());
    } else {
      const [cell] = match(plain) as RegExpExecArray;
      if ((cell.split('"').length & 1) === 0) return undefined;
      cells.push(cell.trim());
    }
    const end = at;
    match(blanks);
    if (at === line.length) return cells;
    if (separator === " ") {
      if (at === end) return undefined;
    } else if (line[at++] !== separator) return undefined;
  }
}

/** A cell as `cellsOf` reads it between commas (RFC 4180); null is empty. */
export function csvCell(value: string | number | null): string {
  const text = value === null ? "" : String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
