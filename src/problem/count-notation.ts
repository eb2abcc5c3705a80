import { InputError, inputError } from "../errors.ts";
import { maximum } from "../extremes.ts";
import type { CountTable } from "./count-table.ts";
import { checkCounts, countOf, noCount } from "./counts.ts";

/** Counts in the notation of a program: JSON, or what Python prints for a list, a dictionary, a Counter or an array. */
export function notation(text: string, what: string): CountTable {
  return countsOfValue(notedValue(text, what), what);
}

/** A list of counts, an object of them by name, or a list of pairs. */
export function countsOfValue(value: unknown, what: string, inside = false): CountTable {
  if (Array.isArray(value)) {
    if (!value.some(Array.isArray)) return { counts: checkCounts(value, what), names: null };
    const pairs = value.map((pair, i): [string, number] => {
      if (!Array.isArray(pair) || pair.length !== 2) throw inputError(`${what}[${i}]`, "a name and a count", pair);
      return [String(pair[0]), count(pair[1], `${what}[${i}]`)];
    });
    return namedCounts(pairs, what);
  }
  if (typeof value !== "object" || value === null) throw inputError(what, "a list of class counts", value);
  const entries = value instanceof Map ? [...value] : Object.entries(value);
  // A document that holds them.
  const held = entries.find(([name, inner]) => !inside && name === "counts" && typeof inner === "object");
  if (held) return countsOfValue(held[1], `${what}: counts`, true);
  return namedCounts(
    entries.map(([name, n]) => [String(name), count(n, `${what}[${JSON.stringify(name)}]`)]),
    what,
  );
}

function count(value: unknown, what: string): number {
  return typeof value === "string" ? countOf(value, what) : checkOne(value, what);
}

function checkOne(value: unknown, what: string): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 1) throw noCount(what, value);
  return value;
}

/**
 * Counts by name, in the order given; names that are whole numbers are the classes' numbers, whatever order they came in, and 0 to K - 1 are no names
 * at all. Throws InputError where a name comes twice.
 */
export function namedCounts(pairs: readonly (readonly [string, number])[], what: string): CountTable {
  const seen = new Set<string>();
  for (const [name] of pairs) {
    if (seen.has(name)) throw inputError(what, "every class once", name);
    seen.add(name);
  }
  const numbers = pairs.length > 0 && pairs.every(([name]) => /^\d+$/.test(name));
  const order = numbers ? [...pairs].sort((a, b) => Number(a[0]) - Number(b[0])) : pairs;
  const counts = checkCounts(
    order.map(([, n]) => n),
    what,
  );
  const plain = numbers && order.every(([name], k) => Number(name) === k);
  return { counts, names: plain ? null : order.map(([name]) => name) };
}

/** What was done where classes are numbered and numbers are left out, in a sentence; null where none are. `names`: those of a table of counts. */
export function missingNumbers(names: readonly string[] | null): string | null {
  if (names === null || !names.every((name) => /^\d+$/.test(name))) return null;
  const there = new Set(names.map(Number));
  const top = maximum(there);
  const missing: number[] = [];
  for (let k = 0; k < top && missing.length < 6; k++) if (!there.has(k)) missing.push(k);
  const list = missing.length > 5 ? `${missing.slice(0, 5).join(", ")}, ...` : missing.join(", ");
  return `no count of class ${list}: the ${names.length} others are taken as classes 0 to ${names.length - 1} in the order of their numbers, which stay as their names`;
}

/** JSON, or else a flat list or dictionary of Python. */
function notedValue(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const python = pythonValue(text);
    if (python !== undefined) return python;
    throw new InputError(`${what}: expected a JSON array or object of counts, got ${(error as Error).message}`);
  }
}

/**
 * `{'cat': 500}`, `Counter({0: 500})`, `[('cat', 500)]`, `array([500, 100])`, `[500 100]`, `(array([0, 1]), array([500, 100]))` (np.unique with its counts); undefined for anything
 * else. NumPy 2 prints its numbers as `np.int64(500)`.
 */
function pythonValue(printed: string): unknown {
  const text = printed.replace(/\bnp\.\w+\(([^()]*)\)/g, "$1");
  const unique = /^\(\s*(array\([^()]*\))\s*,\s*(array\([^()]*\))\s*\)$/.exec(text);
  if (unique) return pairsOf(arrayItems(unique[1]), arrayItems(unique[2]));
  const inside = /^(?:\w+\(\s*(?:<class '\w+'>,\s*)?)?([[{][\s\S]*[\]}])\s*(?:,[^()[\]{}]*)?\)?$/.exec(text)?.[1];
  if (inside === undefined) return undefined;
  const word = `(?:'((?:[^'\\\\]|\\\\.)*)'|"((?:[^"\\\\]|\\\\.)*)"|(\\d+))`;
  const pair = new RegExp(`\\s*\\(?\\s*${word}\\s*[:,]\\s*(\\d+)(?:\\.0*)?\\s*\\)?\\s*(,|$)`, "y");
  const body = inside.slice(1, -1);
  if (/^[\s\d,.]*$/.test(body))
    return body.trim() === ""
      ? []
      : body
          .trim()
          .replace(/,\s*$/, "")
          .split(/\s*,\s*|\s+/)
          .map(Number);
  if (inside[0] === "[" && !body.trim().startsWith("(")) return undefined;
  const pairs: [string, number][] = [];
  for (let at = 0; body.slice(at).trim() !== ""; at = pair.lastIndex) {
    pair.lastIndex = at;
    const found = pair.exec(body);
    if (!found) return undefined;
    pairs.push([(found[1] ?? found[2] ?? found[3]).replace(/\\(.)/g, "$1"), Number(found[4])]);
  }
  return pairs;
}

/** What stands in `array([0, 1, 2])` or `array(['cat', 'dog'], dtype='<U3')`. */
function arrayItems(text: string): string[] {
  const inside = /\[([\s\S]*)\]/.exec(text)?.[1].trim() ?? "";
  return inside === "" ? [] : inside.split(/\s*,\s*/).map((item) => item.replace(/^(['"])(.*)\1$/, "$2"));
}

function pairsOf(names: readonly string[], counts: readonly string[]): [string, string][] | undefined {
  return names.length === counts.length ? names.map((name, k) => [name, counts[k]]) : undefined;
}
