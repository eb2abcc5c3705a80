import fc from "fast-check";
import { afterAll, afterEach, expect, test, vi } from "vitest";
import { type Gemm, loadGemm, type Operand } from "../../src/math/kernels/gemm.ts";
import { gemmTeam, type Team } from "../../src/math/kernels/gemm-threads.ts";
import { shareProducts, times, timesTranspose, transposeTimes } from "../../src/math/products.ts";
import { random } from "../../src/math/random.ts";

/*
 * What several threads compute is held to the kernel of one thread, to the last bit: that one is held to sums written out in products.test.ts.
 */
const started = [2, 3, 5].map((threads) => gemmTeam(threads) as Team);
afterAll(() => {
  for (const team of started) team.stop();
});
afterEach(() => vi.unstubAllGlobals());

const normal = (length: number, seed: number): Float64Array => {
  const r = random(seed);
  return Float64Array.from({ length }, () => r.normal());
};

const operand = (rows: number, cols: number, transposed: boolean, seed: number): Operand => ({
  data: normal(rows * cols, seed),
  stride: transposed ? rows : cols,
  transposed,
});

interface Sizes {
  m: number;
  n: number;
  k: number;
  ways: [boolean, boolean];
  onto: boolean;
}

function expectEqual(gemm: Gemm, one: Gemm, { m, n, k, ways, onto }: Sizes, seed: number): void {
  const A = operand(m, k, ways[0], seed);
  const B = operand(k, n, ways[1], seed + 1);
  const guard = 5;
  const expected = normal(m * n + guard, seed + 2);
  const found = expected.slice();
  one(expected, A, B, m, n, k, onto);
  gemm(found, A, B, m, n, k, onto);
  const bits = (x: Float64Array): BigUint64Array => new BigUint64Array(x.buffer);
  const wrong = bits(found).findIndex((x, e) => x !== bits(expected)[e]);
  if (wrong >= 0) expect.fail(`${m} x ${k} by ${k} x ${n}: entry ${wrong} is ${found[wrong]}, not ${expected[wrong]}`);
}

test.each(["double", "single"] as const)(
  "products of %s precision are equal to the last bit for every number of threads",
  (precision) => {
    const one = loadGemm(precision) as Gemm;
    const size = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 90, max: 300 }), fc.integer({ min: 500, max: 700 }));
    const sizes = fc.record({
      m: size,
      n: size,
      k: fc.oneof(fc.constant(0), size),
      ways: fc.tuple(fc.boolean(), fc.boolean()),
      onto: fc.boolean(),
    });
    fc.assert(
      fc.property(sizes, fc.integer({ min: 0, max: 1e6 }), (s, seed) => {
        for (const team of started) expectEqual(team.gemm(precision), one, s, seed);
      }),
      { numRuns: 20 },
    );
  },
);

test("more blocks than the threads have places for", () => {
  const one = loadGemm() as Gemm;
  for (const team of started)
    expectEqual(team.gemm("double"), one, { m: 2500, n: 1100, k: 530, ways: [false, true], onto: true }, 4);
});

test("the three products are shared once threads are asked for, and the calling one's alone again after", () => {
  const [m, n, r] = [300, 200, 170];
  const inputs = [normal(m * r, 1), normal(n * r, 2), normal(m * n, 3)];
  const all = (): Float64Array[] => {
    const C = [new Float64Array(m * n), new Float64Array(m * r), new Float64Array(n * r)];
    timesTranspose(C[0], inputs[0], inputs[1], m, n, r);
    times(C[1], inputs[2], inputs[1], m, n, r);
    transposeTimes(C[2], inputs[2], inputs[0], m, n, r);
    return C;
  };
  const alone = all();
  const { getBuiltinModule } = process as unknown as { getBuiltinModule(name: string): typeof import("node:worker_threads") };
  const begun = vi.fn();
  const ended = vi.fn();
  const node = getBuiltinModule("node:worker_threads");
  class Counted extends node.Worker {
    constructor(...of: ConstructorParameters<typeof node.Worker>) {
      super(...of);
      begun();
    }
    override terminate(): Promise<number> {
      ended();
      return super.terminate();
    }
  }
  vi.stubGlobal("process", { ...process, getBuiltinModule: () => ({ ...node, Worker: Counted }) });
  for (const [threads, running] of [
    [2, 1],
    [4, 3],
    [1, 0],
  ]) {
    shareProducts(threads);
    expect(all()).toEqual(alone);
    expect(begun.mock.calls.length - ended.mock.calls.length).toBe(running);
  }
});

test("where a thread cannot be had, those that could are ended", () => {
  const ended = vi.fn();
  let made = 0;
  class Few {
    constructor() {
      if (++made === 3) throw new Error("no more threads");
    }
    on(): void {}
    unref(): void {}
    terminate = ended;
  }
  vi.stubGlobal("process", { ...process, getBuiltinModule: () => ({ Worker: Few }) });
  expect(gemmTeam(4)).toBeNull();
  expect(ended).toHaveBeenCalledTimes(2);
});

test.each([0, -1, 1.5, 65, Number.NaN])("%s threads are refused", (threads) => {
  expect(() => shareProducts(threads)).toThrow(/threads: expected a whole number from 1 to 64/);
});

test("threads that never start are not waited for, and where there are none there is no team", () => {
  class Silent {
    on(): void {}
    unref(): void {}
    terminate(): void {}
  }
  const { process: real } = globalThis;
  vi.stubGlobal("process", { ...real, getBuiltinModule: () => ({ Worker: Silent }) });
  const team = gemmTeam(3) as Team;
  expectEqual(team.gemm("double"), loadGemm() as Gemm, { m: 400, n: 600, k: 300, ways: [false, false], onto: false }, 9);
  vi.stubGlobal("process", undefined);
  expect(gemmTeam(2)).toBeNull();
});
