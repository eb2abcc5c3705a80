/**
 * The 8-bit floats of networks: a sign, exponent and fraction bits as their names say. E5M2 is a short binary16; E4M3 has no infinity and one
 * NaN for each sign; the types without a negative zero ("fnuz") have one NaN in its place and a bias one larger; E8M0 is a power of two.
 * Micikevicius et al. 2022, "FP8 formats for deep learning"; the OCP microscaling formats; PyTorch's torch.float8_*.
 */
export interface Float8 {
  exponentBits: number;
  fractionBits: number;
  bias: number;
  /** What the codes beside the numbers are. */
  special: "infinities" | "last is nan" | "no negative zero";
}

export type Float8Name = "e4m3" | "e5m2" | "e4m3z" | "e5m2z" | "e8m0";

export const float8Formats: Readonly<Record<Float8Name, Float8>> = {
  e4m3: { exponentBits: 4, fractionBits: 3, bias: 7, special: "last is nan" },
  e5m2: { exponentBits: 5, fractionBits: 2, bias: 15, special: "infinities" },
  e4m3z: { exponentBits: 4, fractionBits: 3, bias: 8, special: "no negative zero" },
  e5m2z: { exponentBits: 5, fractionBits: 2, bias: 16, special: "no negative zero" },
  e8m0: { exponentBits: 8, fractionBits: 0, bias: 127, special: "last is nan" },
};

const tables = new Map<Float8, Float32Array>();

/** The numbers of all 256 codes. */
export function tableOf(format: Float8): Float32Array {
  const known = tables.get(format);
  if (known) return known;
  const table = Float32Array.from({ length: 256 }, (_, code) => numberOf(code, format));
  tables.set(format, table);
  return table;
}

function numberOf(code: number, { exponentBits, fractionBits, bias, special }: Float8): number {
  const signed = exponentBits + fractionBits < 8;
  const sign = signed && code & 0x80 ? -1 : 1;
  const size = signed ? code & 0x7f : code;
  const fraction = size & ((1 << fractionBits) - 1);
  const exponent = size >> fractionBits;
  if (special === "last is nan" && size === (signed ? 0x7f : 0xff)) return Number.NaN;
  if (special === "no negative zero" && code === 0x80) return Number.NaN;
  if (special === "infinities" && exponent === (1 << exponentBits) - 1)
    return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  // E8M0 has no fraction and no zero.
  if (exponent === 0 && fractionBits > 0) return sign * fraction * 2 ** (1 - bias - fractionBits);
  return sign * (1 + fraction / (1 << fractionBits)) * 2 ** (exponent - bias);
}
