/**
 * Whole numbers among labels that are no classes: which they are beside the classes says what was meant. Samples are thrown away by `--ignore-label` only where a usual mark of "no class" stands beside
 * other classes.
 */
export class OtherLabels {
  private readonly found = new Set<number>();
  /** The first of them, and where it stands. */
  first: { label: number; where: string } | null = null;

  add(label: number, where: () => string): void {
    this.first ??= { label, where: where() };
    // Two say that there is no single one.
    if (this.found.size < 2) this.found.add(label);
  }

  /** In words, in brackets, or nothing. `counts`: of the classes beside them, `most`: the largest that is one. */
  hint(counts: Float64Array, most: number): string {
    const first = this.first as NonNullable<typeof this.first>;
    const present = counts.reduce((classes, count) => classes + (count > 0 ? 1 : 0), 0);
    const only = this.found.size === 1 ? first.label : null;
    if (only === -1 && present === 1 && counts[1] > 0) return " (labels -1 and 1: write them as 0 and 1, (y + 1) / 2)";
    if (only === most + 1 && present > 0 && !(counts[0] > 0))
      return ` (no label is 0: are they counted from 1? Here the first class is 0: write y - 1)`;
    if (only !== null && marks.includes(only) && present > 1) return ` (--ignore-label ${only}: samples that belong to no class)`;
    return first.label > most
      ? " (ids instead of numbers of classes? Write them as words, or renumber them from 0 on; beside a head in the order of its rows)"
      : "";
  }
}

/** What PyTorch, segmentation data sets and scikit-learn write for samples of no class. */
const marks = [-1, 255, -100];
