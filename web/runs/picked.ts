/** Classes as somebody types them: `0-9, 12, cat`. */
export function pickedIn(
  text: string,
  K: number,
  names: readonly string[] | null,
): { picked: readonly number[] | null } | { why: string } {
  const parts = text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
  const found = new Set<number>();
  for (const part of parts) {
    const named = names?.findIndex((name) => name.toLowerCase() === part.toLowerCase()) ?? -1;
    const [, from, to] = /^(\d+)(?:\s*[-–]\s*(\d+))?$/.exec(part) ?? [];
    if (named >= 0) found.add(named);
    else if (from !== undefined && Number(to ?? from) < K && Number(from) <= Number(to ?? from))
      for (let k = Number(from); k <= Number(to ?? from); k++) found.add(k);
    else
      return {
        why: `classes from 0 to ${K - 1} are expected here, as in 0-9, 12${names ? ", or their names" : ""}, got ${part}`,
      };
  }
  return { picked: found.size === 0 || found.size === K ? null : [...found].sort((a, b) => a - b) };
}

/** The same as text: runs of neighbours are ranges. */
export function pickedText(classes: readonly number[]): string {
  const parts: string[] = [];
  for (let i = 0; i < classes.length; ) {
    let j = i;
    while (classes[j + 1] === classes[j] + 1) j++;
    parts.push(j > i + 1 ? `${classes[i]}–${classes[j]}` : classes.slice(i, j + 1).join(", "));
    i = j + 1;
  }
  return parts.join(", ");
}
