/** `5x500,5x100`: runs of equal counts as one. */
export function textOfCounts(counts: readonly number[]): string {
  const parts: string[] = [];
  for (let i = 0; i < counts.length; ) {
    let j = i;
    while (j < counts.length && counts[j] === counts[i]) j++;
    parts.push(j - i > 1 ? `${j - i}x${counts[i]}` : String(counts[i]));
    i = j;
  }
  return parts.join(",");
}
