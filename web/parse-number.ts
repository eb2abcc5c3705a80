/** A finite number or `inf`, else null. */
export function parseNumber(text: string): number | null {
  const trimmed = text.trim().replace("−", "-");
  if (/^\+?(inf(inity)?|∞)$/i.test(trimmed)) return Number.POSITIVE_INFINITY;
  const value = trimmed === "" ? Number.NaN : Number(trimmed);
  return Number.isFinite(value) ? value : null;
}
