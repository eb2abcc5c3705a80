import { afterEach, describe, expect, test, vi } from "vitest";
import { gramSum } from "../../src/math/gram-sum.ts";
import { type Crew, crewOf } from "../../src/math/kernels/crew.ts";
import { type LogSums, logSums } from "../../src/math/log-sums.ts";
import { gramOfColumns, shareProducts } from "../../src/math/products.ts";
import { random } from "../../src/math/random.ts";

/*
 * Products that stay where the threads compute them, beside sums written out: gramSum within 2 m eps of the sums of amounts, logits within 2 d eps of theirs.
 */
afterEach(() => {
  vi.unstubAllGlobals();
  shareProducts(1);
});

const normal = (length: number, seed: number): Float64Array => {
  const r = random(seed);
  return Float64Array.from({ length }, () => r.normal());
};
const bits = (x: Float64Array): bigint[] => [...new BigUint64Array(x.buffer, x.byteOffset, x.length)];

describe("gramSum", () => {
  const blocks = [
    { m: 1, seed: 1 },
    { m: 524, seed: 2 },
    { m: 300, seed: 3 },
    { m: 7, seed: 4 },
  ];
  const found = (n: number): Float64Array => {
    const G = new Float64Array(n * n).fill(3);
    const sum = gramSum(n);
    expect(sum).not.toBeNull();
    for (const { m, seed } of blocks) sum?.add(normal(m * n, seed), m);
    sum?.finish(G);
    return G;
  };

  test.each([1, 2, 5, 47, 48, 49, 100, 131])("is the sum of Y'Y of n = %i columns, and symmetric", (n) => {
    const G = found(n);
    const all = blocks.map(({ m, seed }) => ({ m, Y: normal(m * n, seed) }));
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) {
        let sum = 3;
        let amounts = 3;
        for (const { m, Y } of all) {
          for (let l = 0; l < m; l++) {
            sum += Y[l * n + i] * Y[l * n + j];
            amounts += Math.abs(Y[l * n + i] * Y[l * n + j]);
          }
        }
        expect(Math.abs(G[i * n + j] - sum)).toBeLessThan(2 * 832 * Number.EPSILON * amounts);
        expect(G[i * n + j]).toBe(G[j * n + i]);
      }
  });

  test("is equal to the last bit for every number of threads, and nothing where nothing was added", () => {
    const alone = bits(found(150));
    for (const threads of [2, 3, 5]) {
      shareProducts(threads);
      expect(bits(found(150))).toEqual(alone);
    }
    const G = normal(9, 1);
    const before = bits(G);
    gramSum(3)?.finish(G);
    expect(bits(G)).toEqual(before);
  });

  test("several at a time do not meet, also while other products are shared", () => {
    shareProducts(2);
    const n = 120;
    const sums = [1, 2, 3].map((seed) => ({ seed, sum: gramSum(n) }));
    const other = new Float64Array(200 * 200);
    for (let round = 0; round < 4; round++) {
      for (const { seed, sum } of sums) sum?.add(normal(400 * n, 10 * seed + round), 400);
      gramOfColumns(other, normal(300 * 200, round), 300, 200);
    }
    for (const { seed, sum } of sums) {
      const [G, expected] = [new Float64Array(n * n), new Float64Array(n * n)];
      sum?.finish(G);
      for (let round = 0; round < 4; round++) gramOfColumns(expected, normal(400 * n, 10 * seed + round), 400, n, true);
      expect(G.every((x, e) => Math.abs(x - expected[e]) < 1e-11)).toBe(true);
    }
  });
});

interface Rows {
  best: number[];
  crossEntropy: number[];
  forces: Float64Array;
}

function of(sums: LogSums | null, H: Float64Array, labels: number[], K: number): Rows {
  const forces = new Float64Array(labels.length * K);
  const rows: Rows = { best: [], crossEntropy: [], forces };
  expect(sums).not.toBeNull();
  sums?.begin(H, labels, labels.length).finish((found) => {
    labels.forEach((_, i) => {
      rows.best.push(found.best(i));
      rows.crossEntropy.push(found.crossEntropy(i));
      found.force(i, forces, i * K);
    });
  });
  return rows;
}

describe("logSums", () => {
  test.each([
    { K: 2, d: 1, m: 1 },
    { K: 3, d: 5, m: 47 },
    { K: 10, d: 300, m: 49 },
    { K: 101, d: 64, m: 130 },
    { K: 1000, d: 17, m: 50 },
  ])("are those of the logits: %o", ({ K, d, m }) => {
    const [W, b, H] = [normal(K * d, 1), normal(K, 2), normal(m * d, 3)];
    const labels = Array.from({ length: m }, (_, i) => (7 * i) % K);
    const { best, crossEntropy, forces } = of(logSums(W, b, K, d), H, labels, K);
    for (let i = 0; i < m; i++) {
      const z = Array.from(
        b,
        (shift, c) => shift + W.subarray(c * d, c * d + d).reduce((sum, w, j) => sum + w * H[i * d + j], 0),
      );
      const top = Math.max(...z);
      const total = z.reduce((sum, x) => sum + Math.exp(x - top), 0);
      const slack = 1e-15 * d * Math.max(1, ...z.map(Math.abs));
      expect(best[i]).toBe(z.indexOf(top));
      expect(Math.abs(crossEntropy[i] - (Math.log(total) + top - z[labels[i]]))).toBeLessThan(slack);
      for (let c = 0; c < K; c++)
        expect(Math.abs(forces[i * K + c] - ((c === labels[i] ? 1 : 0) - Math.exp(z[c] - top) / total))).toBeLessThan(slack);
    }
  });

  test("exponentials are right to two units in the last place, from where they are 1 to where they are lost", () => {
    const x = [
      ...Array.from({ length: 4000 }, (_, i) => i / 10 + 40),
      ...Array.from({ length: 100 }, (_, i) => 700 + i / 13),
      ...Array.from({ length: 50 }, (_, i) => 40 + (i * Math.LN2) / 2),
    ];
    // Two classes, the logit of the second is -x: the cross-entropy is log(1 + exp(-x)), of which log1p keeps every digit.
    const { crossEntropy } = of(
      logSums(Float64Array.of(0, -1), new Float64Array(2), 2, 1),
      Float64Array.from(x),
      x.map(() => 0),
      2,
    );
    x.forEach((value, i) => {
      const expected = value > 708 ? 0 : Math.log1p(Math.exp(-value));
      expect(Math.abs(crossEntropy[i] - expected), `${value}`).toBeLessThanOrEqual(4.5e-16 * expected);
    });
    const { forces } = of(logSums(Float64Array.of(0, -1), new Float64Array(2), 2, 1), Float64Array.of(1e6, 800), [0, 0], 2);
    expect([...forces].map(Math.abs)).toEqual([0, 0, 0, 0]);
    const near = Array.from({ length: 2000 }, (_, i) => i / 50);
    const found = of(
      logSums(Float64Array.of(0, -1), new Float64Array(2), 2, 1),
      Float64Array.from(near),
      near.map(() => 0),
      2,
    );
    near.forEach((value, i) => {
      const e = Math.exp(-value);
      expect(Math.abs(found.forces[2 * i + 1] + e / (1 + e))).toBeLessThanOrEqual(1e-15 * e);
    });
  });

  test("of equal logits the first is the best", () => {
    const { best } = of(
      logSums(new Float64Array(9), Float64Array.of(1, 2, 2, 2, 0, 2, 2, 2, 2), 9, 1),
      Float64Array.of(5),
      [3],
      9,
    );
    expect(best).toEqual([1]);
  });

  test("equal to the last bit for every number of threads, with the next block begun before the last is finished", () => {
    const [K, d, m] = [70, 300, 130];
    const [W, b] = [normal(K * d, 1), normal(K, 2)];
    const all = (): bigint[] => {
      const sums = logSums(W, b, K, d);
      const found: number[] = [];
      const begin = (seed: number) =>
        sums?.begin(
          normal(m * d, seed),
          Array.from({ length: m }, (_, i) => (i * seed) % K),
          m,
        );
      let last = begin(1);
      for (let seed = 2; seed < 9; seed++) {
        const next = begin(seed);
        last?.finish(({ crossEntropy, best }) => {
          for (let i = 0; i < m; i++) found.push(best(i), crossEntropy(i));
        });
        last = next;
      }
      last?.finish(() => {});
      sums?.close();
      return bits(Float64Array.from(found));
    };
    const alone = all();
    for (const threads of [2, 3, 5]) {
      shareProducts(threads);
      expect(all()).toEqual(alone);
    }
  });

  test("a number of threads that changes on the way changes nothing", () => {
    shareProducts(3);
    const [W, b, H] = [normal(50 * 40, 1), normal(50, 2), normal(90 * 40, 3)];
    const labels = Array.from({ length: 90 }, (_, i) => i % 50);
    const sums = logSums(W, b, 50, 40);
    const begun = sums?.begin(H, labels, 90);
    shareProducts(1);
    const found: number[] = [];
    begun?.finish(({ crossEntropy }) => {
      for (const i of labels.keys()) found.push(crossEntropy(i));
    });
    expect(found).toEqual(of(sums, H, labels, 50).crossEntropy);
    expect(found).toEqual(of(logSums(W, b, 50, 40), H, labels, 50).crossEntropy);
  });

  test("a head that is too large to be kept, and where memory cannot be shared, there are none", () => {
    expect(logSums({ length: 2 ** 26 } as Float64Array, { length: 2 ** 13 } as Float64Array, 2 ** 13, 2 ** 13)).toBeNull();
    const { WebAssembly: real } = globalThis;
    vi.stubGlobal("WebAssembly", {
      ...Object.fromEntries(Object.getOwnPropertyNames(real).map((name) => [name, real[name as keyof typeof real]])),
      Memory: class {
        constructor() {
          throw new Error("no shared memory");
        }
      },
    });
    expect(crewOf(1)).toBeNull();
  });
});

describe("a crew", () => {
  const marks = (crew: Crew) => {
    const room = crew.room(64);
    if (!room) throw new Error("no room");
    return room;
  };

  test("does more tasks than its ring has places for, alone and together", () => {
    for (const threads of [1, 2, 4]) {
      const crew = crewOf(threads) as Crew;
      const [A, B, C] = [marks(crew), marks(crew), marks(crew)];
      A.numbers.fill(1);
      B.numbers.fill(2);
      // A tile of one term a task, all onto the same one: each waits for the one before it.
      let last = -1;
      for (let i = 0; i < 500; i++) {
        if (last >= 0) crew.wait(last);
        last = crew.publish([["onPlace", A.at, B.at, C.at, 1, 1, 1, 32, i === 0 ? 0 : 1, 1]]);
      }
      crew.wait(last);
      expect(C.numbers[0]).toBe(1000);
      crew.wait(3);
      const many = Array.from({ length: 400 }, () => crew.publish([["onPlace", A.at, B.at, C.at, 1, 1, 1, 32, 0, 1]]));
      for (const task of many) crew.wait(task);
      expect(C.numbers[0]).toBe(2);
      crew.stop();
    }
  });

  test("rooms do not overlap, and one that was given back is given again", () => {
    const crew = crewOf(1) as Crew;
    const rooms = [100, 9000, 100, 20_000, 8192].map((length) => crew.room(length));
    const spans = rooms.map((room) => [room?.at as number, (room?.at as number) + 8 * (room?.numbers.length as number)]);
    spans.sort((a, b) => a[0] - b[0]);
    for (let i = 1; i < spans.length; i++) expect(spans[i][0]).toBeGreaterThanOrEqual(spans[i - 1][1]);
    const [first] = rooms;
    if (first) crew.giveBack(first);
    expect(crew.room(90)?.at).toBe(first?.at);
    expect(crew.room(2 ** 28)).toBeNull();
  });
});
