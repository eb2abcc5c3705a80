import { format } from "../../src/number-text.ts";
import { exact } from "../numbers.ts";
import { type Formula, parseFormula } from "./parse.ts";

/**
 * A formula as MathML, which browsers draw and screen readers read by themselves: no fonts, no style sheet and no script for it (docs/dependencies.md has what KaTeX would cost). It breaks between lines where
 * a relation or a sum of its outermost row stands.
 */
const namespace = "http://www.w3.org/1998/Math/MathML";

/** `values[i]` stands for `\num{i}`: shown with eight digits, with all of them in `data-value`. */
export function formula(source: string, values: readonly number[] = []): HTMLElement {
  const node = document.createElement("span");
  node.className = "formula";
  const parsed = parseFormula(source);
  for (const piece of pieces(parsed.kind === "row" ? parsed.parts : [parsed])) {
    const row = piece.map((part) => draw(part, values));
    // What a line begins with stands between two things all the same.
    if (row[0].localName === "mo" && breaks.has(row[0].textContent ?? "")) row[0].setAttribute("form", "infix");
    node.append(element("math", {}, ...row), " ");
  }
  return node;
}

/** Before these a line may break, and behind a comma, but not within brackets. */
const breaks = new Set(["=", "≤", ">", "≥", "+", "−", "×"]);

export function pieces(parts: readonly Formula[]): Formula[][] {
  const found: Formula[][] = [[]];
  let depth = 0;
  for (const part of parts) {
    const base = part.kind === "script" ? part.base : part;
    const text = base.kind === "operator" ? base.text : "";
    if (breaks.has(text) && depth === 0 && found[found.length - 1].length > 0) found.push([]);
    found[found.length - 1].push(part);
    if (text === "(") depth++;
    if (text === ")") depth--;
    if (text === "," && depth === 0) found.push([]);
  }
  return found.filter((piece) => piece.length > 0);
}

function draw(part: Formula, values: readonly number[]): Element {
  switch (part.kind) {
    case "letter":
      return element("mi", {}, part.text);
    case "number":
      return element("mn", {}, part.text);
    case "text":
      return element("mtext", {}, part.text);
    case "operator":
      // Bars of norms are no fences: they would stretch, and stand apart from what they hold.
      return element("mo", part.text === "|" ? { stretchy: "false", form: "prefix", lspace: "0", rspace: "0" } : {}, part.text);
    case "value":
      return numberIn(values[part.index]);
    case "row":
      return element("mrow", {}, ...part.parts.map((p) => draw(p, values)));
    case "fraction":
      return element("mfrac", {}, draw(part.over, values), draw(part.under, values));
    case "root":
      return element("msqrt", {}, draw(part.of, values));
    case "script": {
      const inside = [part.base, part.sub, part.sup].flatMap((p) => (p ? [draw(p, values)] : []));
      return element(part.sub && part.sup ? "msubsup" : part.sub ? "msub" : "msup", {}, ...inside);
    }
  }
}

/** A power of ten as one, and a true minus sign. */
function numberIn(value: number): Element {
  const all = { "data-value": exact(value), title: exact(value) };
  const text = shown(value);
  const [mantissa, exponent] = text.split("e");
  if (exponent === undefined) return element("mn", all, text.replace("-", "−"));
  const power = element("msup", {}, element("mn", {}, "10"), element("mn", {}, exponent.replace("-", "−")));
  return element("mrow", all, element("mn", {}, mantissa.replace("-", "−")), element("mo", {}, "×"), power);
}

function shown(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return "∞";
  return Math.abs(value) < 1e-4 && value !== 0 ? value.toExponential(1) : format(value, 8);
}

function element(name: string, attributes: Readonly<Record<string, string>>, ...children: (Element | string)[]): Element {
  const node = document.createElementNS(namespace, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}
