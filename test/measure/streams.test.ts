import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { encodeNpy, encodeSafetensors, onDisk } from "../../src/features/index.ts";
import { openInput } from "../../src/inputs/index.ts";
import { random } from "../../src/math/random.ts";
import { bothPasses, finish, finishWithClasses, measureFeatures, ranked } from "../../src/measure/index.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "nclab-streams-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("more rows than a block, K of d and d of K: a stream gives what memory gives", async () => {
  for (const { N, d, K } of [
    { N: 5000, d: 3, K: 40 },
    { N: 2500, d: 300, K: 7 },
  ]) {
    const r = random(N);
    const labels = Int32Array.from({ length: N }, (_, i) => (i < K ? i : Math.floor(K * r.uniform() ** 2)));
    const mu = Float64Array.from({ length: K * d }, () => r.normal());
    const features = Float32Array.from(
      { length: N * d },
      (_, e) => mu[labels[Math.floor(e / d)] * d + (e % d)] + 0.4 * r.normal(),
    );
    const W = Float32Array.from(mu, (x) => x + 0.01);
    writeFileSync(join(folder, "H.npy"), encodeNpy({ shape: [N, d], data: features }));
    writeFileSync(
      join(folder, "rest.safetensors"),
      encodeSafetensors({ labels: { shape: [N], data: labels }, "fc.weight": { shape: [K, d], data: W } }),
    );
    const rest = join(folder, "rest.safetensors");
    const input = await openInput({ features: join(folder, "H.npy"), labels: rest, weight: rest, keys: {} }, onDisk);
    const { frame, within } = await bothPasses(input, input.n);
    await input.close();
    const streamed = finish(frame, within, input.head, { weightDecay: 0.1 });
    const head = { W: Float64Array.from(W), b: new Float64Array(K) };
    const expected = measureFeatures({ features, labels, d, K, head }, { weightDecay: 0.1 });
    const flat = (x: unknown): number[] =>
      typeof x === "number" ? [x] : x !== null && typeof x === "object" ? Object.values(x).flatMap(flat) : [];
    const [a, b] = [flat(streamed), flat(expected)];
    expect(a).toHaveLength(b.length);
    a.forEach((x, i) => {
      expect(Math.abs(x - b[i])).toBeLessThanOrEqual(1e-11 * Math.max(1, Math.abs(b[i])));
    });
  }
});

test("the report on classes: nearest, merged and vanished, worst first", async () => {
  // Classes 2 and 3 share their mean, class 4's features are orthogonal to the head.
  const means = [
    [4, 0, 0, 0],
    [0, 4, 0, 0],
    [0, 0, 3, 0],
    [0, 0, 3, 0],
    [0, 0, 0, 2],
  ];
  const labels = [0, 0, 1, 1, 2, 2, 3, 3, 4];
  const features = Float64Array.from(
    labels.flatMap((k, i) => means[k].map((x, j) => x + (j === 0 && k < 4 ? (i % 2 === 0 ? 0.1 : -0.1) : 0))),
  );
  const W = Float64Array.from([4, 0, 0, 0, 0, 4, 0, 0, 0, 0, 3, 0, 0, 0, 3, 0, 0, 0, 0, 0]);
  writeFileSync(join(folder, "F.npy"), encodeNpy({ shape: [9, 4], data: features }));
  writeFileSync(join(folder, "y.csv"), labels.join("\n"));
  writeFileSync(join(folder, "W.npy"), encodeNpy({ shape: [5, 4], data: W }));
  const input = await openInput(
    {
      features: join(folder, "F.npy"),
      labels: join(folder, "y.csv"),
      weight: join(folder, "W.npy"),
      keys: {},
    },
    onDisk,
  );
  const { frame, within } = await bothPasses(input, input.n);
  await input.close();
  const { classes, merged, vanished } = finishWithClasses(frame, within, input.head);
  expect(classes.map((c) => c.nearestMean)).toEqual([4, 4, 3, 2, 2]);
  expect(classes[2].meanDistance).toBeCloseTo(0, 12);
  expect(classes[0].spread).toBeCloseTo(0.1, 12);
  expect(classes[0].margin).toBeCloseTo(16, 12);
  expect(merged).toEqual([[2, 3]]);
  expect(classes.map((c) => c.group)).toEqual([null, null, 0, 0, null]);
  expect(vanished).toEqual([4]);
  expect(classes.map((c) => c.vanished)).toEqual([false, false, false, false, true]);
  expect(ranked(classes).map((c) => c.class)).toEqual([4, 2, 3, 0, 1]);
  expect(finishWithClasses(frame, within, null).merged).toEqual([[2, 3]]);
});
