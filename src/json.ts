/**
 * Plain data as JSON text and back: the one writer and the one reader of every document that holds numbers, and of settings on their way between processes.
 *
 * JSON has no infinity, and without a word it becomes null. Here it is "inf" (and "-inf"), as the documents of this project say; every finite number comes back to the
 * last bit (but -0 as 0). NaN is a result that cannot be: it throws, with its place.
 */
export function toJson(value: unknown, indent?: number): string {
  return JSON.stringify(
    value,
    (key, x: unknown) => {
      if (typeof x !== "number" || Number.isFinite(x)) return x;
      if (Number.isNaN(x)) throw new Error(`the result has a NaN at ${key}: please report this`);
      return x > 0 ? "inf" : "-inf";
    },
    indent,
  );
}

/**
 * Reads what `toJson` wrote. The text alone does not say whether "inf" was a number or a word: it is a number, but for what stands under one of the names `words`.
 * Throws SyntaxError for a text that is no JSON.
 */
export function fromJson(text: string, words: readonly string[] = []): unknown {
  try {
    return numbersIn(JSON.parse(text), new Set(words));
  } catch (error) {
    if (error instanceof RangeError) throw new SyntaxError("something nested thousands of levels deep");
    throw error;
  }
}

function numbersIn(value: unknown, words: ReadonlySet<string>): unknown {
  if (value === "inf") return Number.POSITIVE_INFINITY;
  if (value === "-inf") return Number.NEGATIVE_INFINITY;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((x) => numbersIn(x, words));
  return Object.fromEntries(Object.entries(value).map(([key, x]) => [key, words.has(key) ? x : numbersIn(x, words)]));
}

/** Whether a value is what JSON calls an object: no list, not null. */
export const isObject = (x: unknown): x is Record<string, unknown> => typeof x === "object" && x !== null && !Array.isArray(x);
