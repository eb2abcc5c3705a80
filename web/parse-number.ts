/** A finite number or `inf`, else null. */
export function parseNumber(text: string): number | null {
  const trimmed = text.trim().replace("−", "-");
  if (/^\+?(inf(inity)?|∞)$/i.test(trimmed)) return Number.POSITIVE_INFINITY;
  const value = trimmed === "" ? Number.NaN : Number(trimmed);
  return Number.isFinite(value) ? value : null;
}

/** Why a text is no number: in many languages a comma stands before decimals, or a space between thousands. */
export const noNumber = (text: string): string =>
  /^[-−+\d.,'’ \u00a0\u202f]*\d[-−+\d.,'’e \u00a0\u202f]*$/.test(text.trim())
    ? "a number is expected here, with a point before decimals and nothing between thousands"
    : "a number is expected here";
