import { InputError, inputError } from "../errors.ts";

/**
 * Every way to say class counts, as text: `5x500,5x100`, `500,300,20`, `exp:K:nmax:factor`, `step:K:nmax:factor`, a JSON array,
 * or lines `count` / `name,count`. Files are opened elsewhere; here is only text.
 */
export function parseCounts(text: string, what = "--counts"): number[] {
  const counts: number[] = [];
  for (const part of text.split(",")) {
    const match = /^\s*(?:(\S+)\s*[x×]\s*)?([^\sx×]+)\s*$/.exec(part);
    if (!match) throw inputError(what, "counts such as 5x500,5x100 or 500,300,20", text);
    const repeat =
      match[1] === undefined ? 1 : wholeNumber(match[1], `${what}: number of classes in ${JSON.stringify(part.trim())}`);
    const n = wholeNumber(match[2], `${what}[${counts.length}]`);
    if (counts.length + repeat > 1_000_000) throw inputError(what, "at most 1000000 classes", counts.length + repeat);
    for (let i = 0; i < repeat; i++) counts.push(n);
  }
  return checkCounts(counts, what);
}

/**
 * A long tail: `exp:K:nmax:factor` has n_k = floor(nmax factor^(k/(K-1))); in `step:K:nmax:factor` the last floor(K/2) classes
 * have floor(nmax factor) samples and the others nmax.
 */
export function parseLongTail(text: string, what = "--long-tail"): number[] {
  const parts = text.split(":");
  const rule = "exp:K:nmax:factor or step:K:nmax:factor";
  if (parts.length !== 4 || (parts[0] !== "exp" && parts[0] !== "step")) throw inputError(what, rule, text);
  const K = wholeNumber(parts[1], `${what}: K`);
  const nmax = wholeNumber(parts[2], `${what}: nmax`);
  const factor = parts[3].trim() === "" ? Number.NaN : Number(parts[3]);
  if (!(factor > 0 && factor <= 1)) throw inputError(`${what}: factor`, "a number in (0, 1]", parts[3]);
  if (K < 2 || K > 1_000_000) throw inputError(`${what}: K`, "from 2 to 1000000 classes", K);
  // floor() of a product such as 5000 * 0.01 must not lose a sample to rounding: 1e-9 relative is forgiven.
  const down = (x: number): number => Math.floor(x * (1 + 1e-9));
  const counts = Array.from({ length: K }, (_, k) =>
    parts[0] === "exp" ? down(nmax * factor ** (k / (K - 1))) : k < K - Math.floor(K / 2) ? nmax : down(nmax * factor),
  );
  return checkCounts(counts, what);
}

/** The text of a counts file: a JSON array, or lines with `count` or `name,count` (a header line and # comments are skipped). */
export function parseCountsFile(text: string, name: string): number[] {
  const body = text.replace(/^\uFEFF/, "");
  if (body.trim().startsWith("[")) {
    let values: unknown;
    try {
      values = JSON.parse(body);
    } catch (error) {
      throw new InputError(`${name}: expected a JSON array of counts, got ${(error as Error).message}`);
    }
    return checkCounts(values as number[], name);
  }
  const counts: number[] = [];
  body.split(/\r?\n/).forEach((line, index) => {
    const cells = line.split(",").map((cell) => cell.trim());
    const last = cells[cells.length - 1];
    if (line.trim() === "" || line.trim().startsWith("#")) return;
    if (counts.length === 0 && /^[a-z_ ]*(count|n|samples)s?$/i.test(last)) return;
    if (cells.length > 2) throw inputError(`${name}, line ${index + 1}`, "`count` or `name,count`", line);
    counts.push(wholeNumber(last, `${name}, line ${index + 1}`));
  });
  return checkCounts(counts, name);
}

/** Refuses anything but two or more positive integers. */
export function checkCounts(counts: unknown, what = "counts"): number[] {
  if (!Array.isArray(counts)) throw inputError(what, "a list of class counts", counts);
  counts.forEach((n, k) => {
    if (typeof n !== "number" || !Number.isSafeInteger(n) || n < 1) throw inputError(`${what}[${k}]`, "a positive integer", n);
  });
  if (counts.length < 2) throw inputError(what, "at least 2 classes", `${counts.length} class${counts.length === 1 ? "" : "es"}`);
  return [...counts] as number[];
}

function wholeNumber(text: string, what: string): number {
  const n = Number(text);
  if (!/^\s*\d+([eE]\+?\d+)?\s*$/.test(text) || !Number.isSafeInteger(n) || n < 1)
    throw inputError(what, "a positive integer", text);
  return n;
}
