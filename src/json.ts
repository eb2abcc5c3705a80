/**
 * Plain data as JSON text and back: the one writer and the one reader of every document that holds numbers, and of settings on their way between processes.
 *
 * JSON has no infinity, and without a word it becomes null. Here it is "inf" (and "-inf"), as the documents of this project say; every finite number comes back to the
 * last bit (but -0 as 0). NaN is a result that cannot be: it throws, with its place.
 */
export function toJson(value: unknown, indent?: number): string {
  return JSON.stringify(written(value, ""), null, indent);
}

/** The value with words for its infinities, copied only where there are any: a function called for each of a million numbers would take longer than writing them. */
function written(value: unknown, key: string): unknown {
  if (typeof value === "number") {
    if (Number.isFinite(value)) return value;
    if (Number.isNaN(value)) throw new Error(`the result has a NaN at ${key}: please report this`);
    return value > 0 ? "inf" : "-inf";
  }
  if (typeof value !== "object" || value === null) return value;
  if (hasToJson(value)) return written(value.toJSON(key), key);
  if (Array.isArray(value)) {
    let copy: unknown[] | null = null;
    for (let i = 0; i < value.length; i++) {
      const x = value[i];
      if (typeof x === "number" && Number.isFinite(x)) continue;
      const y = written(x, String(i));
      if (y === x) continue;
      copy ??= value.slice();
      copy[i] = y;
    }
    return copy ?? value;
  }
  let copy: Record<string, unknown> | null = null;
  for (const [name, x] of Object.entries(value)) {
    const y = written(x, name);
    if (y === x) continue;
    copy ??= { ...value };
    copy[name] = y;
  }
  return copy ?? value;
}

const hasToJson = (x: object): x is { toJSON(key: string): unknown } => "toJSON" in x && typeof x.toJSON === "function";

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
