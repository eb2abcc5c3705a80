import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { afterEach, describe, expect, test } from "vitest";
import { rowFiles } from "../../src/files/index.ts";
import { logSumsByParts, multiplyBy, type PartedLogSums, shareProducts } from "../../src/math/index.ts";
import { random } from "../../src/math/random.ts";
import { type Block, bothPasses, finishWithClasses, type Head, type Stream, storedHead } from "../../src/measure/index.ts";
import { rowsIn } from "../../src/row-store.ts";
import { plainNative } from "../math/plain-native.ts";

/*
 * Measurements whose matrices with a row a class lie on a disk, beside those in memory: the same sums, cut elsewhere. Sums of n terms of one size differ by about sqrt(n) eps.
 */
afterEach(() => {
  multiplyBy(null);
  shareProducts(1);
});

interface Made {
  K: number;
  d: number;
  N: number;
  /** Changes features before they are measured. */
  change?: (h: Float64Array, label: number) => void;
  /** Which class the i-th sample belongs to. */
  labelOf?: (i: number) => number;
}

function made({ K, d, N, change, labelOf = (i) => i % K }: Made): { stream: Stream; head: Head } {
  const r = random(K + d);
  const mu = Float64Array.from({ length: K * d }, () => r.normal());
  const features = new Float64Array(N * d);
  const labels = Int32Array.from({ length: N }, (_, i) => labelOf(i));
  labels.forEach((k, i) => {
    const h = features.subarray(i * d, i * d + d);
    for (let j = 0; j < d; j++) h[j] = mu[k * d + j] + 0.4 * r.normal();
    change?.(h, k);
  });
  const head = {
    W: Float64Array.from(mu, (x) => 0.3 * x + 0.05 * r.normal()),
    b: Float64Array.from({ length: K }, () => 0.1 * r.normal()),
  };
  const step = 301;
  const stream: Stream = {
    d,
    K,
    head,
    async *blocks(from, to): AsyncGenerator<Block & { first: number }> {
      for (let first = from; first < to; first += step) {
        const n = Math.min(step, to - first);
        yield { n, first, features: features.subarray(first * d, (first + n) * d), labels: labels.subarray(first, first + n) };
      }
    },
  };
  return { stream, head };
}

async function both(of: Made): Promise<{ memory: unknown; disk: unknown }> {
  const { stream, head } = made(of);
  const measured = async (stream: Stream): Promise<unknown> => {
    const { frame, within } = await bothPasses(stream, of.N, undefined, { force: false });
    return finishWithClasses(frame, within, stream.head, { lambdas: { lambdaZ: 1e-5 } });
  };
  const memory = await measured(stream);
  const storage = rowFiles();
  const W = storage.rows(of.K, of.d);
  W.write(0, head.W);
  // Whoever fills the memory after all is found out, where there are too many classes for tables of all of them.
  const all = of.K > 2000 ? (): never => expect.fail("all of W was asked for") : W.all;
  const onDisk = storedHead({ ...W, all }, head.b);
  const disk = await measured({ ...stream, head: onDisk, storage });
  storage.close();
  return { memory, disk };
}

/** Numbers near each other, everything else equal. */
function alike(a: unknown, b: unknown, where = ""): void {
  if (typeof a === "number" && typeof b === "number" && Number.isFinite(a)) {
    if (!(Math.abs(a - b) <= 1e-10 * Math.max(1, Math.abs(a)))) expect.fail(`${where}: ${a} in memory, ${b} on the disk`);
  } else if (a !== null && typeof a === "object") {
    expect(Object.keys(b as object), where).toEqual(Object.keys(a));
    for (const [key, value] of Object.entries(a)) alike(value, (b as Record<string, unknown>)[key], `${where}.${key}`);
  } else expect(b, where).toEqual(a);
}

describe("matrices on a disk are measured as those in memory", () => {
  test.each([
    { what: "more classes than features, beyond rotations", of: { K: 2010, d: 130, N: 2300 } },
    { what: "few features", of: { K: 1050, d: 9, N: 2200 } },
    { what: "fewer samples than classes: some do not occur", of: { K: 1200, d: 140, N: 1150 } },
    {
      what: "dead features, so that the means do not span the space",
      of: { K: 1030, d: 160, N: 2100, change: (h: Float64Array) => h.fill(0, 150) },
    },
    {
      what: "classes of very different counts",
      of: { K: 1010, d: 135, N: 4000, labelOf: (i: number) => (i < 1010 ? i : Math.floor((i * i) / 7) % 90) },
    },
    {
      what: "two classes with one mean",
      of: {
        K: 1020,
        d: 131,
        N: 2050,
        change: (h: Float64Array, k: number) => {
          if (k === 7 || k === 590) h.fill(0.25);
        },
      },
    },
  ])("$what", async ({ of }) => {
    shareProducts(2);
    const { memory, disk } = await both(of);
    alike(memory, disk);
  });

  test("by native products too", async () => {
    multiplyBy(plainNative());
    const { memory, disk } = await both({ K: 200, d: 64, N: 420 });
    alike(memory, disk);
  });
});

test("nothing is left in the folder for temporary files, open or closed", () => {
  const ours = (): string[] => readdirSync(tmpdir()).filter((name) => /^nclab-[0-9a-f]{16}$/.test(name));
  const before = ours();
  const storage = rowFiles();
  const rows = storage.rows(5, 3);
  rows.write(2, Float64Array.of(1, 2, 3, 4, 5, 6));
  rows.add(3, Float64Array.of(0, 10, 20, 30), 1);
  expect(ours()).toEqual(before);
  expect(Array.from(rows.all())).toEqual([0, 0, 0, 0, 0, 0, 1, 2, 3, 14, 25, 36, 0, 0, 0]);
  expect(Array.from(rows.read(2, 3, 1))).toEqual([1, 2, 3]);
  const shared = new Float64Array(new SharedArrayBuffer(48));
  rows.copy(shared, 3, 4);
  expect(Array.from(shared.subarray(0, 3))).toEqual([14, 25, 36]);
  storage.close();
  expect(() => rows.read(0, 1)).toThrow();
});

describe("log sums by parts of the classes", () => {
  // Logits of thousands: sums of exp that do not fit into a number, terms that vanish beside others, a first largest among equal ones.
  const [K, d, m] = [700, 6000, 26];
  const r = random(5);
  const W = Float64Array.from({ length: K * d }, () => r.normal());
  const b = Float64Array.from({ length: K }, () => r.normal());
  const H = Float64Array.from({ length: m * d }, (_, e) => r.normal() * 10 ** ((Math.floor(e / d) % 5) - 3));
  H.fill(0, 0, d);
  b.fill(2.5, 400, 403);
  const labels = Int32Array.from({ length: m }, (_, i) => (i * 97) % K);
  const expected = Array.from(labels, (label, i) => {
    const logits = Array.from(b, (bias, k) => {
      let sum = 0;
      for (let j = 0; j < d; j++) sum += W[k * d + j] * H[i * d + j];
      return sum + bias;
    });
    const top = logits.reduce((most, x) => Math.max(most, x));
    const best = logits.indexOf(top);
    const rest = logits.reduce((sum, x, k) => (k === best ? sum : sum + Math.exp(x - top)), 0);
    return { best, crossEntropy: Math.log1p(rest) + (top - logits[label]) };
  });

  test.each(["the threads", "native products"])("by %s are those of all logits", (by) => {
    shareProducts(2);
    if (by === "native products") multiplyBy(plainNative());
    const sums = logSumsByParts(rowsIn(W, K, d), b);
    if (!sums) throw new Error("expected memory");
    // A block, and a smaller one in its room.
    for (const rows of [m, 20]) {
      const { best, crossEntropy } = sums.of(H, labels, rows) as PartedLogSums;
      for (let i = 0; i < rows; i++) {
        expect(best[i], `row ${i}`).toBe(expected[i].best);
        expect(Math.abs(crossEntropy[i] - expected[i].crossEntropy), `row ${i}`).toBeLessThan(
          1e-10 * Math.max(1, expected[i].crossEntropy),
        );
      }
    }
    sums.close();
  });

  test("equal to the last bit for every number of threads", () => {
    const bits = [1, 2, 3].map((threads) => {
      shareProducts(threads);
      const sums = logSumsByParts(rowsIn(W, K, d), b);
      if (!sums) throw new Error("expected memory");
      const { best, crossEntropy } = sums.of(H, labels, m) as PartedLogSums;
      sums.close();
      return [Array.from(best), Array.from(new BigUint64Array(crossEntropy.buffer))];
    });
    expect(bits[1]).toEqual(bits[0]);
    expect(bits[2]).toEqual(bits[0]);
  });

  test("where there is no room for them nobody is let down half way", () => {
    const wide = {
      n: 50,
      d: 2 ** 23,
      read: () => expect.fail("read"),
      copy: () => expect.fail("read"),
      all: () => expect.fail("read"),
    };
    expect(logSumsByParts(wide, new Float64Array(50))).toBeNull();
    // Room for the classes and not for a block; afterwards there is as much as before.
    for (let again = 0; again < 3; again++) {
      const sums = logSumsByParts(rowsIn(W, K, d), b);
      expect(sums?.of({ length: 0 } as Float64Array, [], 2 ** 15)).toBeNull();
      sums?.close();
    }
  });
});
