import { InputError, inputError } from "../errors.ts";

/**
 * Class counts in a line: `5x500,5x100`, `500,300,20`, also with semicolons, tabs or blanks between them; `exp:K:nmax:factor`,
 * `step:K:nmax:factor`. Tables are in count-table.ts. Files are opened elsewhere; here is only text.
 */
export function parseCounts(text: string, what = "--counts"): number[] {
  const counts: number[] = [];
  const line = text.trim().replace(/\s*[xX×]\s*/g, "x");
  const separator = [";", "\t", ","].find((one) => line.includes(one)) ?? /\s+/;
  for (const part of line.split(separator)) {
    const match = /^\s*(?:(\S+?)x)?([^\sx]+)\s*$/.exec(part);
    if (!match) throw inputError(what, "counts such as 5x500,5x100 or 500,300,20", text);
    const repeat = match[1] === undefined ? 1 : wholeOf(match[1], `${what}: number of classes in ${JSON.stringify(part.trim())}`);
    const n = countOf(match[2], `${what}[${counts.length}]`, separator !== ",");
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
  const K = wholeOf(parts[1], `${what}: K`);
  const nmax = wholeOf(parts[2], `${what}: nmax`);
  const factor = parts[3].trim() === "" ? Number.NaN : Number(parts[3]);
  if (!(factor > 0 && factor <= 1)) {
    const hint = factor > 1 && Number.isFinite(factor) ? ` (an imbalance of ${factor} is ${1 / factor})` : "";
    throw inputError(`${what}: factor`, `a number in (0, 1], the smallest count over the largest${hint}`, parts[3]);
  }
  if (K < 2 || K > 1_000_000) throw inputError(`${what}: K`, "from 2 to 1000000 classes", K);
  // floor() of a product such as 5000 * 0.01 must not lose a sample to rounding: 1e-9 relative is forgiven.
  const down = (x: number): number => Math.floor(x * (1 + 1e-9));
  const counts = Array.from({ length: K }, (_, k) =>
    parts[0] === "exp" ? down(nmax * factor ** (k / (K - 1))) : k < K - Math.floor(K / 2) ? nmax : down(nmax * factor),
  );
  if (counts[K - 1] < 1)
    throw inputError(`${what}: factor`, "at least one sample of every class (a larger factor or a larger nmax)", parts[3]);
  return checkCounts(counts, what);
}

/** Refuses anything but two or more positive integers. */
export function checkCounts(counts: unknown, what = "counts"): number[] {
  if (!Array.isArray(counts)) throw inputError(what, "a list of class counts", counts);
  counts.forEach((n, k) => {
    if (typeof n !== "number" || !Number.isSafeInteger(n) || n < 1) throw noCount(`${what}[${k}]`, n);
  });
  if (counts.length < 2) throw inputError(what, "at least 2 classes", `${counts.length} class${counts.length === 1 ? "" : "es"}`);
  return [...counts] as number[];
}

/** The error about what is no count of samples; of 0, which tables often have, with what to do. `name`: of the class. */
export function noCount(what: string, value: unknown, name: string | null = null): InputError {
  const error = inputError(what, wholeRule(value), value);
  const zero = value === 0 || (typeof value === "string" && /^0+(\.0*)?$/.test(value.trim()));
  if (!zero) return error;
  const who = name === null ? "a class without samples" : `${JSON.stringify(name)}, which has no samples`;
  return new InputError(`${error.message}: leave out ${who}`, error);
}

/**
 * A count as people and programs write it: `500`, `5e2`, `500.0`, and, where a comma separates nothing else, `12,000`. What can be two numbers
 * (`12.000`, the `050` of `12,050` in a list) is refused. `name`: of the class.
 */
export function countOf(text: string, what: string, grouped = true, name: string | null = null): number {
  return whole(text, what, grouped, () => noCount(what, text, name));
}

/** Another positive whole number, written in the same ways. */
const wholeOf = (text: string, what: string): number => whole(text, what, true, () => inputError(what, wholeRule(text), text));

/** What a value breaks that is no positive integer, or one beyond those that float64 tells apart. */
const wholeRule = (value: unknown): string => {
  const n = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  const tooLarge = typeof n === "number" && n > Number.MAX_SAFE_INTEGER;
  return tooLarge ? `a positive integer of at most ${Number.MAX_SAFE_INTEGER} (2^53 - 1)` : "a positive integer";
};

function whole(text: string, what: string, grouped: boolean, refusal: () => InputError): number {
  const trimmed = text.trim();
  const rule = "a positive integer";
  if (/^\d{1,3}(\.\d{3})+$/.test(trimmed)) throw inputError(what, `${rule} without a point (12000, or 12)`, text);
  if (/^0\d/.test(trimmed) && !grouped)
    throw inputError(what, `${rule} (12000 and not 12,000 where commas separate the classes)`, text);
  const digits =
    grouped && /^\d{1,3}([,_'\u00a0\u202f\u2009])\d{3}(\1\d{3})*$/.test(trimmed) ? trimmed.replace(/\D/g, "") : trimmed;
  const n = Number(digits);
  if (!/^\d+(\.0*)?([eE]\+?\d+)?$/.test(digits) || !Number.isSafeInteger(n) || n < 1) throw refusal();
  return n;
}
