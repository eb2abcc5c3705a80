import { inputError } from "../errors.ts";
import type { ArrayValue } from "./array-value.ts";
import type { Bytes } from "./bytes.ts";
import { type ElementType, numbersOf, widthOf } from "./elements.ts";
import { itemsOf, nameOf, type Pickled } from "./pickle-values.ts";
import { arrayOf, type Part } from "./pickled-arrays.ts";
import { readWhole } from "./stored-array.ts";

/**
 * Quantized tensors as the numbers that they mean, scale (q - zero point), in single precision like `x.dequantize()`: one scale for all, or one for
 * each position along an axis. The bytes of the storage are turned into these numbers as they are read: nothing is kept.
 */
export function dequantized(what: string, view: ArrayValue, params: Pickled | undefined): ArrayValue {
  if (view.is !== "array") return view;
  const q = view.array;
  const [scheme, scale, zero, axis] = itemsOf(params) ?? [];
  const name = nameOf(scheme);
  if (/\bper_tensor_affine$/.test(name)) {
    if (typeof scale !== "number" || typeof zero !== "number")
      throw inputError(`${what}: quantized tensor`, "a scale and a zero point", `${nameOf(scale)}, ${nameOf(zero)}`);
    return { is: "array", array: mapped(q, async () => ({ scales: [scale], zeros: [zero] }), { stride: 1, n: 1 }) };
  }
  if (!/\bper_channel_affine(_float_qparams)?$/.test(name))
    throw inputError(`${what}: quantized tensor`, "one scale, or one for each channel", name);
  if (!(typeof axis === "number" && axis in q.shape))
    throw inputError(`${what}: quantized tensor`, "an axis of its own", nameOf(axis));
  const n = q.shape[axis];
  const [scales, zeros] = [listOf(scale), listOf(zero)];
  for (const { shape } of [scales, zeros])
    if (shape.length !== 1 || shape[0] !== n)
      throw inputError(`${what}: quantized tensor`, `${n} scales and zero points`, shape.join(" x "));
  if (!isDense(q)) throw inputError(`${what}: quantized tensor`, "numbers one after the other in memory", `strides ${q.strides}`);
  const read = async (): Promise<Scales> => ({
    scales: (await readWhole({ ...scales, what })).data,
    zeros: (await readWhole({ ...zeros, what })).data,
  });
  return { is: "array", array: mapped(q, read, { stride: q.strides[axis], n }) };
}

interface Scales {
  scales: ArrayLike<number>;
  zeros: ArrayLike<number>;
}

function listOf(value: Pickled | undefined): Part {
  const array = arrayOf(value);
  if (array) return array;
  throw inputError("quantized tensor", "scales and zero points as numbers", nameOf(value));
}

/** Whether the axes lie one inside the other without gaps: then the position along one follows from the place in memory. */
function isDense({ shape, strides }: Part): boolean {
  let step = 1;
  const axes = shape.map((n, k) => ({ n, stride: strides[k] })).filter(({ n }) => n > 1);
  for (const { n, stride } of axes.sort((a, b) => a.stride - b.stride)) {
    if (stride !== step) return false;
    step *= n;
  }
  return true;
}

/** The same view of the storage's numbers in single precision; entry i of the view's memory has the scale number floor(i / stride) mod n. */
function mapped(q: Part, read: () => Promise<Scales>, { stride, n }: { stride: number; n: number }): Part {
  const width = widthOf(q.type);
  const start = q.offset / width;
  let known: Promise<Scales> | undefined;
  const convert = async (raw: Uint8Array, at: number, into: Uint8Array): Promise<void> => {
    known ??= read();
    const { scales, zeros } = await known;
    const codes = numbersOf(raw, q.type as ElementType, q.littleEndian);
    const numbers = new Float32Array(codes.length);
    for (let i = 0; i < codes.length; i++) {
      const c = n === 1 ? 0 : Math.floor((at + i - start) / stride) % n;
      numbers[i] = Math.fround(codes[i] - zeros[c]) * Math.fround(scales[c]);
    }
    into.set(new Uint8Array(numbers.buffer));
  };
  const { readAt, reader, verify, packed, what, length } = q.bytes;
  const bytes: Bytes = {
    what,
    length: (length / width) * 4,
    verify,
    packed,
    // Whole numbers are read, so places and lengths are multiples of 4.
    readAt:
      readAt &&
      (async (at, into) => {
        const raw = new Uint8Array((into.length / 4) * width);
        await readAt((at / 4) * width, raw);
        await convert(raw, at / 4, into);
      }),
    reader: (from) => {
      const codes = reader((from / 4) * width);
      let at = from / 4;
      return {
        async fill(into) {
          const raw = new Uint8Array((into.length / 4) * width);
          await codes.fill(raw);
          await convert(raw, at, into);
          at += into.length / 4;
        },
        close: codes.close,
      };
    },
  };
  return { ...q, type: "f4", littleEndian: true, bytes, offset: start * 4 };
}
