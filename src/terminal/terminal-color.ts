/**
 * Background colors for a terminal: blue below 0, red above, white at 0, the text on top black or white, whichever is
 * easier to read. 24-bit sequences, which terminals of today understand.
 */
const blue = [33, 102, 172];
const white = [247, 247, 247];
const red = [178, 24, 43];

/** `value` from -1 to 1. */
export function paint(text: string, value: number): string {
  const share = Math.min(1, Math.abs(value));
  const end = value < 0 ? blue : red;
  const [r, g, b] = white.map((w, i) => Math.round(w + (end[i] - w) * share));
  const ink = 0.299 * r + 0.587 * g + 0.114 * b > 140 ? "30" : "97";
  return `\u001b[48;2;${r};${g};${b}m\u001b[${ink}m${text}\u001b[0m`;
}

/** Colors only on a terminal that wants them: https://no-color.org, FORCE_COLOR, TERM=dumb. */
export function colorWanted(env: Readonly<Record<string, string | undefined>>, isTerminal: boolean): boolean {
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== "0";
  return isTerminal && env.TERM !== "dumb";
}
