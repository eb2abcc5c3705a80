/**
 * Formulas in the little of TeX that this page writes, as a tree: letters, numbers, operators, `_` and `^` with one symbol or `{...}`, \frac{}{}, \sqrt{}, \text{}, and \num{i} for the i-th of the numbers
 * that are put in. Symbols are written as they are (λ, Σ, ≤, ½), so that a formula reads in the source as it does on the page.
 */
export type Formula =
  | { kind: "letter" | "number" | "operator" | "text"; text: string }
  | { kind: "value"; index: number }
  | { kind: "row"; parts: Formula[] }
  | { kind: "fraction"; over: Formula; under: Formula }
  | { kind: "root"; of: Formula }
  | { kind: "script"; base: Formula; sub: Formula | null; sup: Formula | null };

/** Throws SyntaxError: formulas are written by us, and a wrong one is found by the tests. */
export function parseFormula(source: string): Formula {
  const place = { at: 0 };
  const parsed = row(source, place, "");
  if (place.at < source.length) throw wrong(source, place.at);
  return parsed;
}

type Place = { at: number };

const wrong = (source: string, at: number): SyntaxError =>
  new SyntaxError(`formula: expected a symbol at ${at} of ${JSON.stringify(source)}`);

function row(source: string, place: Place, end: string): Formula {
  const parts: Formula[] = [];
  for (;;) {
    while (source[place.at] === " ") place.at++;
    if (place.at >= source.length || source[place.at] === end) break;
    parts.push(scripted(source, place));
  }
  return parts.length === 1 ? parts[0] : { kind: "row", parts };
}

function scripted(source: string, place: Place): Formula {
  const base = atom(source, place);
  let [sub, sup]: (Formula | null)[] = [null, null];
  while (source[place.at] === "_" || source[place.at] === "^") {
    const which = source[place.at++];
    const script = atom(source, place);
    if (which === "_") sub = script;
    else sup = script;
  }
  return sub || sup ? { kind: "script", base, sub, sup } : base;
}

function atom(source: string, place: Place): Formula {
  const rest = source.slice(place.at);
  const command = /^\\([a-z]+)/.exec(rest);
  if (command) {
    place.at += command[0].length;
    return made(command[1], source, place);
  }
  if (rest[0] === "{") return group(source, place);
  const number = /^\d+(\.\d+)?(e-?\d+)?/.exec(rest);
  if (number) {
    place.at += number[0].length;
    return { kind: "number", text: number[0] };
  }
  const [symbol] = [...rest];
  if (symbol === undefined || "}_^\\".includes(symbol)) throw wrong(source, place.at);
  place.at += symbol.length;
  return { kind: /\p{L}|½|∞/u.test(symbol) ? "letter" : "operator", text: symbol };
}

function made(name: string, source: string, place: Place): Formula {
  if (name === "text" || name === "num") {
    const text = /^\{([^{}]*)\}/.exec(source.slice(place.at));
    if (!text) throw wrong(source, place.at);
    place.at += text[0].length;
    return name === "text" ? { kind: "text", text: text[1] } : { kind: "value", index: Number(text[1]) };
  }
  if (name === "frac") return { kind: "fraction", over: group(source, place), under: group(source, place) };
  if (name === "sqrt") return { kind: "root", of: group(source, place) };
  throw new SyntaxError(`formula: \\${name} is none of frac, sqrt, text, num`);
}

function group(source: string, place: Place): Formula {
  if (source[place.at] !== "{") throw wrong(source, place.at);
  place.at++;
  const inside = row(source, place, "}");
  if (source[place.at] !== "}") throw wrong(source, place.at);
  place.at++;
  return inside;
}
