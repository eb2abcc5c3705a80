/** Writes ONNX models (opset 17 and the operators of onnxruntime), as far as a training step needs: protobuf by hand, fields by their numbers in onnx.proto. */

const varint = (n) => {
  const bytes = [];
  for (let x = BigInt.asUintN(64, BigInt(n)); ; x >>= 7n) {
    if (x < 128n) return [...bytes, Number(x)];
    bytes.push(Number(x & 127n) | 128);
  }
};
const join = (parts) => Buffer.concat(parts);
const tag = (field, wire) => Buffer.from(varint((field << 3) | wire));
const number = (field, n) => join([tag(field, 0), Buffer.from(varint(n))]);
const bytes = (field, content) => join([tag(field, 2), Buffer.from(varint(content.length)), Buffer.from(content)]);
const text = (field, value) => bytes(field, Buffer.from(value));
const message = (field, parts) => bytes(field, join(parts));

const FLOAT = 1;
const INT64 = 7;

function attribute([name, value]) {
  const fields = [text(1, name)];
  if (Array.isArray(value)) fields.push(...value.map((n) => number(8, n)), number(20, 7));
  else if (Number.isInteger(value)) fields.push(number(3, value), number(20, 2));
  else {
    const float = Buffer.alloc(4);
    float.writeFloatLE(value.float);
    fields.push(join([tag(2, 5), float]), number(20, 1));
  }
  return message(5, fields);
}

const node = ({ type, inputs, outputs, attributes = {}, domain }) =>
  message(1, [
    ...inputs.map((name) => text(1, name)),
    ...outputs.map((name) => text(2, name)),
    text(4, type),
    ...Object.entries(attributes).map(attribute),
    ...(domain ? [text(7, domain)] : []),
  ]);

const constant = ({ name, shape, data }) => {
  const whole = data instanceof BigInt64Array;
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return message(5, [...shape.map((n) => number(1, n)), number(2, whole ? INT64 : FLOAT), text(8, name), bytes(9, raw)]);
};

const value = (field, { name, shape }) =>
  message(field, [
    text(1, name),
    message(2, [
      message(1, [
        number(1, FLOAT),
        message(
          2,
          shape.map((n) => message(1, [number(1, n)])),
        ),
      ]),
    ]),
  ]);

/** A model of these nodes, in order: `inputs` and `outputs` are float32, `constants` have their data. */
export const model = ({ nodes, constants, inputs, outputs }) =>
  join([
    number(1, 8),
    message(7, [
      ...nodes.map(node),
      text(2, "step"),
      ...constants.map(constant),
      ...inputs.map((x) => value(11, x)),
      ...outputs.map((x) => value(12, x)),
    ]),
    message(8, [text(1, ""), number(2, 17)]),
    message(8, [text(1, "com.microsoft"), number(2, 1)]),
  ]);
