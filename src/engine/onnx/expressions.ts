import type { Binary, Expression, Unary } from "../expression.ts";
import type { Value } from "./model-file.ts";
import type { Operators } from "./operators.ts";

const unary: Record<Exclude<Unary, "positive">, string> = { sqrt: "Sqrt", exp: "Exp", log: "Log" };
const binary: Record<Exclude<Binary, "equal">, string> = {
  add: "Add",
  subtract: "Sub",
  multiply: "Mul",
  divide: "Div",
  max: "Max",
};
const float = { to: 1 };

/** An expression of arrays as operators, each in the smallest shape that its operands need: what depends on rows alone is computed for a row. */
export function expressionOf(ops: Operators, expression: Expression, inputs: readonly Value[]): Value {
  if (expression.op === "input") return inputs[expression.index];
  if (expression.op === "number") return ops.number(expression.value);
  return applied(
    ops,
    expression.op,
    expression.of.map((part) => expressionOf(ops, part, inputs)),
  );
}

/** One operation of arrays. */
export function applied(ops: Operators, op: Unary | Binary, [a, b]: readonly Value[]): Value {
  if (op === "positive") return ops.op("Cast", [ops.op("Greater", [a, ops.number(0)], a.shape)], a.shape, float);
  if (op === "sqrt" || op === "exp" || op === "log") return ops.op(unary[op], [a], a.shape);
  const shape = broadcast(a.shape, b.shape);
  if (op === "equal") return ops.op("Cast", [ops.op("Equal", [a, b], shape)], shape, float);
  return ops.op(binary[op], [a, b], shape);
}

/** Of shapes that fit one another, aligned at their ends. */
export function broadcast(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => Math.max(a[i - rank + a.length] ?? 1, b[i - rank + b.length] ?? 1));
}
