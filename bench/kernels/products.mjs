/**
 * GFLOP/s of the three dense products by size: the WebAssembly kernel as src/math/products.ts dispatches to it, its plain twin, and numpy
 * (one thread) where python3 has it. From a clean clone:
 *
 *     npm ci && npm run build && node bench/kernels/products.mjs
 *
 * The machine is often shared: each figure is the median of rounds that alternate between kernel and twin.
 */
import { spawnSync } from "node:child_process";
import { plainTimes, plainTimesTranspose, plainTransposeTimes } from "../../dist/math/kernels/plain.js";
import { times, timesTranspose, transposeTimes } from "../../dist/math/products.js";

const sizes = [
  ...[5, 8, 10, 12, 16, 24, 40, 64, 100, 200, 500, 1000].map((n) => [n, n, n]),
  ...[20, 40, 100, 300, 1000].map((n) => [n, n, 3]),
  ...[100, 300, 1000].map((n) => [n, n, 20]),
];
const median = (x) => x.sort((a, b) => a - b)[x.length >> 1];

function rate([m, n, r], candidates) {
  const flops = 2 * m * n * r;
  const A = Float64Array.from({ length: m * n }, Math.random);
  const B = Float64Array.from({ length: m * r }, Math.random);
  const D = Float64Array.from({ length: n * r }, Math.random);
  const C = { AB: B.slice(), ABt: A.slice(), AtB: D.slice() };
  const work = {
    ABt: (f) => f(C.ABt, B, D, m, n, r),
    AB: (f) => f(C.AB, A, D, m, n, r),
    AtB: (f) => f(C.AtB, A, B, m, n, r),
  };
  const repeats = Math.ceil(1e6 / flops);
  const rounds = flops > 1e9 ? 3 : 25;
  return Object.fromEntries(
    Object.entries(candidates).map(([variant, fs]) => {
      const seconds = fs.map(() => []);
      for (let round = -5; round < rounds; round++) {
        fs.forEach((f, which) => {
          const start = performance.now();
          for (let i = 0; i < repeats; i++) work[variant](f);
          if (round >= 0) seconds[which].push((performance.now() - start) / 1e3 / repeats);
        });
      }
      return [variant, seconds.map((s) => flops / median(s) / 1e9)];
    }),
  );
}

function numpyRates() {
  const program = `
import json, sys, time
import numpy as np
out = []
for m, n, r in json.loads(sys.argv[1]):
    A, B = np.random.rand(m, r), np.random.rand(n, r)
    flops = 2 * m * n * r
    repeats = max(1, int(1e6 / flops))
    t = []
    for _ in range(25 if flops < 1e9 else 3):
        s = time.perf_counter()
        for _ in range(repeats): A @ B.T
        t.append((time.perf_counter() - s) / repeats)
    out.append(flops / sorted(t)[len(t) // 2] / 1e9)
print(json.dumps(out))`;
  const one = { OPENBLAS_NUM_THREADS: "1", OMP_NUM_THREADS: "1", MKL_NUM_THREADS: "1" };
  const result = spawnSync("python3", ["-c", program, JSON.stringify(sizes)], {
    encoding: "utf8",
    env: { ...process.env, ...one },
  });
  return result.status === 0 ? JSON.parse(result.stdout) : undefined;
}

const candidates = {
  ABt: [timesTranspose, plainTimesTranspose],
  AB: [times, plainTimes],
  AtB: [transposeTimes, plainTransposeTimes],
};
const numpy = numpyRates();
const cell = (x) => x.toFixed(2).padStart(8);
console.log(`Node ${process.version}; GFLOP/s, dispatched and plain${numpy ? "; numpy's A B'" : ""}`);
console.log("m x n x r         A B'   plain     A B   plain    A'B   plain  numpy");
sizes.forEach((size, i) => {
  const rates = rate(size, candidates);
  const cells = Object.values(rates).flat().map(cell).join("");
  console.log(size.join(" x ").padEnd(14) + cells + (numpy ? cell(numpy[i]) : ""));
});
