import { afterAll, afterEach, describe, expect, test } from "vitest";
import { findOnnx, onnxProducts } from "../../src/engine/index.ts";
import { multiplyBy, shareProducts } from "../../src/math/index.ts";
import { random } from "../../src/math/random.ts";
import { type InMemory, type MeasureOptions, measureClasses } from "../../src/measure/index.ts";
import type { NativeProducts } from "../../src/native-products.ts";
import { plainNative } from "../math/plain-native.ts";

/*
 * Whole measurements with native products beside those of the kernels of WebAssembly, which the other files of this folder hold to definitions. What is compared are all numbers of the document; sums of thousands of terms
 * that differ in their order are within 1e-11 of the numbers' sizes, and NC1, which solves systems of the condition that the class means have, within 1e-9.
 */
const onnx = findOnnx();
const pools: (() => NativeProducts)[] = [plainNative];
const started = "missing" in onnx ? null : [1, 2, 3].map(onnxProducts);
const skipped = "missing" in onnx ? `, skipped: ${onnx.missing}` : "";
afterEach(() => {
  multiplyBy(null);
  shareProducts(1);
});
afterAll(() => {
  for (const pool of started ?? []) pool.close();
});

interface Shape {
  K: number;
  d: number;
  N: number;
  single?: boolean;
  size?: number;
  change?: (data: Required<Pick<InMemory, "features" | "labels" | "head">>) => void;
}

function made({ K, d, N, single = false, size = 1, change }: Shape): InMemory {
  const r = random(K + 7 * d);
  const means = Float64Array.from({ length: K * d }, () => r.normal());
  const labels = Array.from({ length: N }, (_, i) => (i < K ? i : Math.floor(K * r.uniform() ** 2)));
  const values = Float64Array.from(
    { length: N * d },
    (_, e) => size * (means[labels[Math.floor(e / d)] * d + (e % d)] + 0.7 * r.normal()),
  );
  const head = {
    W: Float64Array.from({ length: K * d }, (_, e) => (0.2 * (means[e] + 0.5 * r.normal())) / size),
    b: Float64Array.from({ length: K }, () => 0.1 * r.normal()),
  };
  const features = single ? Float32Array.from(values) : values;
  change?.({ features, labels, head });
  return { features, labels, d, K, head };
}

/** Every number of a document by its path; what else there is, as it is. */
function leaves(value: unknown, path: string, to: Map<string, unknown>): Map<string, unknown> {
  if (value !== null && typeof value === "object")
    for (const [key, one] of Object.entries(value)) leaves(one, `${path}.${key}`, to);
  else to.set(path, value);
  return to;
}

/** The largest number beside which a number stands: of its array, however deep. */
const family = (path: string): string => path.replace(/\.\d+/g, "");

function expectAlike(found: unknown, wanted: unknown): void {
  const [mine, theirs] = [leaves(found, "", new Map()), leaves(wanted, "", new Map())];
  expect([...mine.keys()]).toEqual([...theirs.keys()]);
  const sizes = new Map<string, number>();
  for (const [path, x] of theirs)
    if (typeof x === "number") sizes.set(family(path), Math.max(sizes.get(family(path)) ?? 0, Math.abs(x)));
  for (const [path, x] of theirs) {
    const y = mine.get(path);
    if (typeof x !== "number" || typeof y !== "number") expect(y, path).toBe(x);
    else if (!(Math.abs(x - y) <= (path.startsWith(".nc1") ? 1e-9 : 1e-11) * (sizes.get(family(path)) ?? 0)))
      expect.fail(`${path} is ${y}, not ${x}`);
  }
}

const with1 = (data: InMemory, native: NativeProducts | null, options: MeasureOptions = {}): unknown => {
  multiplyBy(native);
  return measureClasses(data, options);
};

const shapes: (Shape & { what: string; options?: MeasureOptions })[] = [
  { what: "more classes than features", K: 150, d: 70, N: 2600 },
  { what: "fewer classes than features, float32", K: 70, d: 160, N: 1700, single: true },
  { what: "with the force on the head", K: 100, d: 80, N: 2500, options: { weightDecay: 5e-4 } },
  {
    what: "a class that does not occur",
    K: 90,
    d: 70,
    N: 3000,
    change: ({ labels }) => {
      for (let i = 0; i < labels.length; i++) if (labels[i] === 7) (labels as number[])[i] = 8;
    },
  },
  { what: "huge numbers", K: 90, d: 70, N: 3000, size: 1e69 },
  { what: "tiny numbers", K: 90, d: 70, N: 3000, size: 1e-60 },
  {
    what: "rows of zeros, in the features and in the head",
    K: 90,
    d: 70,
    N: 3000,
    change: ({ features, head }) => {
      features.fill(0, 5 * 70, 300 * 70);
      head.W.fill(0, 3 * 70, 9 * 70);
    },
  },
  {
    what: "equal rows of the head, and equal means",
    K: 90,
    d: 70,
    N: 3000,
    change: ({ features, labels, head }) => {
      for (const k of [1, 40, 63, 64, 89]) {
        head.W.copyWithin(k * 70, 0, 70);
        head.b[k] = head.b[0];
      }
      for (let i = 0; i < labels.length; i++)
        for (let j = 0; j < 70; j++) if (labels[i] === 20 || labels[i] === 21) features[i * 70 + j] = j;
    },
  },
];

describe.each(shapes)("$what", (shape) => {
  const data = made(shape);
  const wanted = with1(data, null, shape.options);

  test.each(pools)("a plain twin of native code gives the same measurement", (pool) => {
    const native = pool() as ReturnType<typeof plainNative>;
    expectAlike(with1(data, native, shape.options), wanted);
    expect(native.begun.length).toBeGreaterThan(0);
  });

  test.skipIf(started === null)(`so does ONNX Runtime, to the last bit for every number of threads${skipped}`, () => {
    const [alone, ...others] = (started ?? []).map((native, i) => {
      shareProducts(i + 1);
      return with1(data, native, shape.options);
    });
    expectAlike(alone, wanted);
    for (const other of others) expect(other).toEqual(alone);
  });
});

test("what is refused is refused in the same words", () => {
  const data = made({ K: 90, d: 70, N: 3000 });
  data.features[1234] = Number.NaN;
  const refusal = (native: NativeProducts | null): string => {
    try {
      with1(data, native);
    } catch (error) {
      return (error as Error).message;
    }
    return "nothing";
  };
  expect(refusal(null)).toContain("features[17][44]");
  expect(refusal(plainNative())).toBe(refusal(null));
});
