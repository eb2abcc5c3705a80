/**
 * Functions of single numbers, as trees: what a `map` or a `reduce` of the graph computes at each place. `input` is the value of the node's input of that index there.
 */
export type Expression =
  | { readonly op: "input"; readonly index: number }
  | { readonly op: "number"; readonly value: number }
  | { readonly op: Unary; readonly of: readonly [Expression] }
  | { readonly op: Binary; readonly of: readonly [Expression, Expression] };

/** `positive`: 1 above 0, else 0. */
export type Unary = "sqrt" | "exp" | "log" | "positive";
/** `equal`: 1 where they are, else 0. */
export type Binary = "add" | "subtract" | "multiply" | "divide" | "max" | "equal";

export const input = (index: number): Expression => ({ op: "input", index });
export const number = (value: number): Expression => ({ op: "number", value });

/** The expression with each input replaced by another expression. */
export function substitute(expression: Expression, inputs: readonly Expression[]): Expression {
  if (expression.op === "input") return inputs[expression.index];
  if (expression.op === "number") return expression;
  const [a, b] = expression.of.map((part) => substitute(part, inputs));
  return (b ? { op: expression.op, of: [a, b] } : { op: expression.op, of: [a] }) as Expression;
}

/** How many of its parts, written out, are such. */
export function countIn(expression: Expression, such: (part: Expression) => boolean): number {
  const parts = "of" in expression ? expression.of : [];
  return parts.reduce((sum, part) => sum + countIn(part, such), such(expression) ? 1 : 0);
}

/** Every operation in it, each once. */
export function operationsIn(expression: Expression): Set<Expression["op"]> {
  const found = new Set<Expression["op"]>();
  const visit = (e: Expression): void => {
    found.add(e.op);
    if ("of" in e) for (const part of e.of) visit(part);
  };
  visit(expression);
  return found;
}

/** A text that is the same for the same function. */
export function textOf(expression: Expression): string {
  if (expression.op === "input") return `#${expression.index}`;
  if (expression.op === "number") return String(expression.value);
  return `${expression.op}(${expression.of.map(textOf).join(",")})`;
}
