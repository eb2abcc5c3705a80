/**
 * Writes models in ONNX's format, as far as a computation of nclab needs it: protocol buffers, fields by their numbers in onnx.proto. Operators of ONNX 17 and of ONNX Runtime's own domain.
 */
export interface OperatorNode {
  type: string;
  inputs: readonly string[];
  outputs: readonly string[];
  /** Whole numbers and lists of them; `{ float }` a number with a point. */
  attributes?: Readonly<Record<string, Attribute>>;
  domain?: string;
}

export type Attribute = number | readonly number[] | { float: number } | { text: string };

/** Float32 unless `data` is whole numbers. */
export interface Value {
  readonly name: string;
  readonly shape: readonly number[];
}

/** What comes from outside or is handed out; a length that has a name is known at a run. */
export interface Outer {
  readonly name: string;
  readonly shape: readonly (number | string)[];
  /** Float64. */
  readonly double?: boolean;
}

export interface ConstantValue extends Value {
  readonly data: Float32Array | BigInt64Array;
}

export interface Model {
  nodes: readonly OperatorNode[];
  constants: readonly ConstantValue[];
  inputs: readonly Outer[];
  outputs: readonly Outer[];
}

const versions = { file: 8, operators: 17 };
/** The runtime's own operators, all of version 1. */
const domains = ["com.microsoft", "com.microsoft.nchwc"];
/** onnx.proto, TensorProto.DataType. */
const types = { float: 1, int64: 7, double: 11 };

/** The bytes of a model. */
export function modelFile({ nodes, constants, inputs, outputs }: Model): Uint8Array {
  return joined([
    whole(1, versions.file),
    message(7, [
      ...nodes.map(operator),
      text(2, "graph"),
      ...constants.map(constant),
      ...inputs.map((value) => declared(11, value)),
      ...outputs.map((value) => declared(12, value)),
    ]),
    message(8, [text(1, ""), whole(2, versions.operators)]),
    ...domains.map((domain) => message(8, [text(1, domain), whole(2, 1)])),
  ]);
}

const operator = ({ type, inputs, outputs, attributes = {}, domain }: OperatorNode): Uint8Array =>
  message(1, [
    ...inputs.map((name) => text(1, name)),
    ...outputs.map((name) => text(2, name)),
    text(4, type),
    ...Object.entries(attributes).map(attribute),
    ...(domain ? [text(7, domain)] : []),
  ]);

/** AttributeProto: the name, the value in the field of its type, the type. */
function attribute([name, value]: [string, Attribute]): Uint8Array {
  const fields = [text(1, name)];
  if (typeof value === "number") fields.push(whole(3, value), whole(20, 2));
  else if ("text" in value) fields.push(text(4, value.text), whole(20, 3));
  else if ("float" in value) fields.push(joined([tag(2, 5), new Uint8Array(Float32Array.of(value.float).buffer)]), whole(20, 1));
  else fields.push(...value.map((n) => whole(8, n)), whole(20, 7));
  return message(5, fields);
}

function constant({ name, shape, data }: ConstantValue): Uint8Array {
  const raw = new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
  const type = data instanceof BigInt64Array ? types.int64 : types.float;
  return message(5, [...shape.map((n) => whole(1, n)), whole(2, type), text(8, name), bytes(9, raw)]);
}

/** ValueInfoProto of an array. */
const declared = (field: number, { name, shape, double = false }: Outer): Uint8Array =>
  message(field, [
    text(1, name),
    message(2, [
      message(1, [
        whole(1, double ? types.double : types.float),
        message(
          2,
          shape.map((n) => message(1, [typeof n === "number" ? whole(1, n) : text(2, n)])),
        ),
      ]),
    ]),
  ]);

function varint(n: number): Uint8Array {
  const digits: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(n));
  for (; rest >= 128n; rest >>= 7n) digits.push(Number(rest & 127n) | 128);
  return Uint8Array.from([...digits, Number(rest)]);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

const tag = (field: number, wire: number): Uint8Array => varint((field << 3) | wire);
const whole = (field: number, n: number): Uint8Array => joined([tag(field, 0), varint(n)]);
const bytes = (field: number, content: Uint8Array): Uint8Array => joined([tag(field, 2), varint(content.length), content]);
const text = (field: number, value: string): Uint8Array => bytes(field, new TextEncoder().encode(value));
const message = (field: number, parts: readonly Uint8Array[]): Uint8Array => bytes(field, joined(parts));
