import type { Expression } from "../expression.ts";
import { sizeOf } from "../graph.ts";
import { applied } from "./expressions.ts";
import type { Value } from "./model-file.ts";
import type { Operators } from "./operators.ts";

/**
 * Expressions over images or the rows of a matrix as sums of whole arrays, each times a number a channel, and of a number a channel. Every operator of the runtime goes through memory once, so that numbers a
 * channel are gathered first: a normalization's gradient, (g - u b - a) s, is g times s less u times s b and less s a, and a factor with a summand is one operator (that of batch normalization).
 * x - mean stays what it is: to take it apart would lose the digits in which they agree.
 */
interface Sum {
  terms: readonly Term[];
  /** A number a channel, or one. */
  rest: Value | null;
}

interface Term {
  core: Value;
  minus: boolean;
  /** A number a channel, or one; null: 1. */
  factor: Value | null;
}

/** An expression's values; `channel`: the axis of the channels, which `inputs` are broadcast to. */
export function linearOf(
  ops: Operators,
  expression: Expression,
  inputs: readonly Value[],
  shape: readonly number[],
  channel: number,
): Value {
  return new Sums(ops, shape, channel).written(new Sums(ops, shape, channel).sum(expression, inputs));
}

/** The sum over all places of each channel, if the expression is one array with a factor: the factor is multiplied afterwards. Null else. */
export function factored(
  ops: Operators,
  expression: Expression,
  inputs: readonly Value[],
  shape: readonly number[],
  channel: number,
): { core: Value; factor: Value } | null {
  const { terms, rest } = new Sums(ops, shape, channel).sum(expression, inputs);
  if (terms.length !== 1 || rest || !terms[0].factor) return null;
  const { core, minus, factor } = terms[0];
  return { core, factor: minus ? ops.op("Neg", [factor], factor.shape) : factor };
}

class Sums {
  readonly ops: Operators;
  readonly shape: readonly number[];
  readonly channel: number;

  constructor(ops: Operators, shape: readonly number[], channel: number) {
    this.ops = ops;
    this.shape = shape;
    this.channel = channel;
  }

  sum(expression: Expression, inputs: readonly Value[]): Sum {
    if (expression.op === "input") return this.#value(inputs[expression.index]);
    if (expression.op === "number") return this.#value(this.ops.number(expression.value));
    const parts = expression.of.map((part) => this.sum(part, inputs));
    const [a, b] = parts;
    const whole = parts.find(({ terms }) => terms.length > 0);
    if (whole) {
      if (expression.op === "add" || expression.op === "subtract") {
        const minus = expression.op === "subtract";
        const bare = ({ terms, rest }: Sum): boolean => terms.length === 1 && !terms[0].factor && !terms[0].minus && !rest;
        const alone = bare(whole) && parts.some(({ terms }) => terms.length === 0);
        if (!alone)
          return {
            terms: [...a.terms, ...b.terms.map((t) => ({ ...t, minus: t.minus !== minus }))],
            rest: this.#rests(a.rest, b.rest, minus),
          };
      }
      if (expression.op === "multiply") {
        if (a.terms.length === 0) return this.#scaled(b, a.rest as Value, "Mul");
        if (b.terms.length === 0) return this.#scaled(a, b.rest as Value, "Mul");
        if ([a, b].every(({ terms, rest }) => terms.length === 1 && !rest)) {
          const [s, t] = [a.terms[0], b.terms[0]];
          const factor = s.factor && t.factor ? this.#op("Mul", s.factor, t.factor) : (s.factor ?? t.factor);
          return { terms: [{ core: this.#op("Mul", s.core, t.core), minus: s.minus !== t.minus, factor }], rest: null };
        }
      }
      if (expression.op === "divide" && b.terms.length === 0) return this.#scaled(a, b.rest as Value, "Div");
    }
    return this.#value(
      applied(
        this.ops,
        expression.op,
        parts.map((part) => this.written(part)),
      ),
    );
  }

  /** As one array. */
  written({ terms, rest }: Sum): Value {
    if (terms.length === 0) return rest as Value;
    // A term that takes the rest along, then those that are added.
    const order = [...terms].sort(
      (a, b) =>
        Number(b.factor !== null && rest !== null) - Number(a.factor !== null && rest !== null) ||
        Number(a.minus) - Number(b.minus),
    );
    const [first, ...others] = order;
    let total: Value;
    if (first.factor && rest && sizeOf(this.#op("Add", first.factor, rest).shape) > 1)
      total = this.#affine(first.core, this.#negated(first.factor, first.minus), rest);
    else {
      const scaled = first.factor ? this.#op("Mul", first.core, first.factor) : first.core;
      total = this.#negated(scaled, first.minus);
      if (rest) total = this.#op("Add", total, rest);
    }
    for (const { core, minus, factor } of others)
      total = this.#op(minus ? "Sub" : "Add", total, factor ? this.#op("Mul", core, factor) : core);
    return total;
  }

  /** Whether it is a whole array, or a number a channel or one. */
  #value(value: Value): Sum {
    const channels = this.shape[this.channel];
    const place = value.shape.length - (this.shape.length - this.channel);
    const row =
      sizeOf(value.shape) === 1 ||
      (sizeOf(value.shape) === channels &&
        value.shape[place] === channels &&
        value.shape.length <= this.shape.length - this.channel);
    return row ? { terms: [], rest: value } : { terms: [{ core: value, minus: false, factor: null }], rest: null };
  }

  #scaled({ terms, rest }: Sum, by: Value, type: "Mul" | "Div"): Sum {
    const scaled = (x: Value | null): Value =>
      x ? this.#op(type, x, by) : type === "Mul" ? by : this.#op("Div", this.ops.number(1), by);
    return { terms: terms.map((t) => ({ ...t, factor: scaled(t.factor) })), rest: rest && scaled(rest) };
  }

  #rests(a: Value | null, b: Value | null, minus: boolean): Value | null {
    if (a && b) return this.#op(minus ? "Sub" : "Add", a, b);
    return a ?? (b && this.#negated(b, minus));
  }

  /** core factor + rest, in one operator. */
  #affine(core: Value, factor: Value, rest: Value): Value {
    const channels = this.shape[this.channel];
    const row = (x: Value): Value => this.ops.expand(x, [channels]);
    const filled = (n: number): Value => this.ops.constant(new Float32Array(channels).fill(n), [channels]);
    const x = this.ops.expand(core, this.shape);
    return this.ops.op("BatchNormalization", [x, row(factor), row(rest), filled(0), filled(1)], this.shape, {
      epsilon: { float: 0 },
    });
  }

  #negated(x: Value, minus: boolean): Value {
    return minus ? this.ops.op("Neg", [x], x.shape) : x;
  }

  #op(type: "Add" | "Sub" | "Mul" | "Div", a: Value, b: Value): Value {
    const names = { Add: "add", Sub: "subtract", Mul: "multiply", Div: "divide" } as const;
    return applied(this.ops, names[type], [a, b]);
  }
}
