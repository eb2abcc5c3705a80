/** What a cell of a label file can be by itself. */

/** A whole number, as anything writes it: `3`, `03`, `3.0`, `3.000000000000000000e+00` (NumPy's savetxt). */
export function isWhole(cell: string): boolean {
  return isNumber(cell) && Number.isInteger(Number(cell));
}

/** A whole number in signs that programs put around one: `'3'`, `b'3'`, `(3)`, `tensor(3)`, `np.int64(3)`. */
export function isDisguised(cell: string): boolean {
  return !isNumber(cell) && /^([a-z][\w.]*\(|b)?['"`([{]*[+-]?\d+['"`)\]},;:]*$/i.test(cell);
}

/** Any decimal number. */
export function isNumber(cell: string): boolean {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(cell);
}

/** How tables write that there is nothing. */
export function isMissing(cell: string): boolean {
  return /^(|nan|n\/a|null|none|<na>)$/i.test(cell);
}

/** The name of a file with an ending: `img.png`, `a/b.JPEG`. */
export function isFile(cell: string): boolean {
  return /[^\s/\\]\.[a-z][a-z0-9]{1,4}$/i.test(cell);
}

/** A file in a folder. */
export function isPath(cell: string): boolean {
  return /[^/\\][/\\]+[^/\\]+$/.test(cell);
}

/** The folder that a file is in. */
export function folderOf(path: string): string {
  return path.split(/[/\\]+/).at(-2) ?? "";
}

const plain = (cell: string): string => cell.toLowerCase().replace(/[\s_-]+/g, "");

/** Names that programs give to the column of classes. */
export function isLabelName(cell: string): boolean {
  return /^(y|gt|groundtruth|(class|label|target|categor(y|ie)|species|cls)(e?s|ids?|idx|index|int|code|num|number|no)?)$/.test(
    plain(cell),
  );
}

/** Names of a column of names beside it. */
export function isClassNameName(cell: string): boolean {
  return /^(class|label|target|category|species)(names?|str)$/.test(plain(cell));
}
