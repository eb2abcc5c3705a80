/** Labels as they were read: how many, of which classes, and how. */
export interface LabelCounts {
  /** For messages: where they come from. */
  readonly what: string;
  /** Number of labels, ignored ones too. */
  readonly n: number;
  /** Samples of each class. */
  readonly counts: ArrayLike<number>;
  /** How many labels are the one to be ignored. */
  readonly ignored: number;
  /** Names of the classes where they came with names. */
  readonly names: readonly string[] | null;
  /** How the classes got their numbers where they have names, in words; null: they are numbers. */
  readonly order: string | null;
  /** Names that are numbers, and which of two orders they got, in words. */
  readonly numerals?: string | null;
  /** How they were read, in words. */
  readonly how: string;
}

/** A label to be ignored that none of the samples has, in words; null where one has, or none was stated. */
export const unusedIgnore = (what: string, ignored: number, ignore: string | number | undefined): string | null =>
  ignore === undefined || ignored > 0 ? null : `${what}: no sample has the label ${ignore} that is to be ignored`;

/**
 * What a person should know of labels before the numbers that come of them. `K`: classes of the head, or of the labels without one; `ignore`: the label of samples that belong to no class, where one
 * was stated.
 */
export function labelNotes(labels: LabelCounts, K: number, head: boolean, ignore?: string | number): string[] {
  const { what, n, counts, ignored, names, order, numerals, how } = labels;
  const notes: string[] = [];
  const absent = Array.from({ length: K }, (_, k) => k).filter((k) => !(counts[k] > 0));
  const present = K - absent.length;
  if (ignored > 0) notes.push(`${what}: ${ignored} of ${n} samples have the label to be ignored`);
  const unused = unusedIgnore(what, ignored, ignore);
  if (unused) notes.push(unused);
  if (absent.length > 0) {
    const last = counts.length - 1;
    // Classes 0 to k without a gap, and then one far away.
    const marks = !head && present > 2 && absent[0] === present - 1 && absent.at(-1) === last - 1;
    notes.push(
      `${what}: no sample of ${absent.length} of the ${K} classes (${list(absent)})${
        absent[0] === 0 && absent.length === 1 ? "; are these labels counted from 1? Here the first class is 0" : ""
      }${marks ? `; if ${last} marks samples that belong to no class: --ignore-label ${last}` : ""}`,
    );
  }
  if (present > 1 && Array.prototype.every.call(counts, (count: number) => count <= 1))
    notes.push(
      `${what}: EVERY CLASS HAS ONE SAMPLE, so nothing varies within a class and NC1 is undefined: are these labels the classes? (${how})`,
    );
  else if (present > 2 && present > (n - ignored) / 2)
    notes.push(`${what}: ${present} classes among ${n - ignored} samples, most with one: are these labels the classes? (${how})`);
  if (present === 1) notes.push(`${what}: all samples are of one class (${how})`);
  if (numerals) notes.push(`${what}: ${numerals}`);
  if (names !== null && head && order !== null)
    notes.push(
      `${what}: the classes are known by name and were numbered ${order} (${names
        .slice(0, 4)
        .map((name, k) => `${k} ${name}`)
        .join(
          ", ",
        )}${names.length > 4 ? ", ..." : ""}); NC3, NC4 and the accuracy mean something only if the head's rows are in this order`,
    );
  return notes;
}

function list(classes: readonly number[]): string {
  const ranges: string[] = [];
  for (let i = 0; i < classes.length; ) {
    let j = i;
    while (j + 1 < classes.length && classes[j + 1] === classes[j] + 1) j++;
    ranges.push(j > i ? `${classes[i]}-${classes[j]}` : String(classes[i]));
    i = j + 1;
  }
  return ranges.length > 6 ? `${ranges.slice(0, 5).join(", ")}, ...` : ranges.join(", ");
}
