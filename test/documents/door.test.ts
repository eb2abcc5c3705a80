import { describe, expect, test } from "vitest";
import { advise, fromJson, InputError, measure, path, predict, problem, thresholds, toJson } from "../../src/index.ts";
import { measureClasses, measureFeatures } from "../../src/measure/index.ts";
import {
  advise as adviseOn,
  predictLayerNorm,
  predictLayerPeeled,
  predictPath,
  predict as predictProblem,
  predictTargets,
  summarize,
} from "../../src/prediction/index.ts";
import {
  diagonalMetric,
  family,
  layerNormProblem,
  layerPeeledProblem,
  problemKeys,
  targetsProblem,
  withLambdaZ,
} from "../../src/problem/index.ts";
import { trainingSettings } from "../../src/training/index.ts";

const counts = [50, 50, 20];

/** What a program without types might pass. */
const wrongly =
  (call: (input: never) => unknown, input: unknown): (() => unknown) =>
  () =>
    call(input as never);

describe("unknown keys are refused, with the nearest that is known", () => {
  test.each<[string, () => unknown, RegExp]>([
    ["predict", wrongly(predict, { counts, lamdaZ: 0.01 }), /^predict: .*"lamdaZ" \(did you mean lambdaZ\?\)/],
    ["predict", wrongly(predict, { counts, lambdaZ: 0.01, tolerence: 1 }), /"tolerence" \(did you mean tolerance\?\)/],
    ["thresholds", wrongly(thresholds, { counts, tolerance: 1 }), /^thresholds: .*"tolerance"/],
    ["path", wrongly(path, { counts, lambdaZ: { from: 1, to: 2, point: 3 } }), /^lambdaZ: .*"point" \(did you mean points\?\)/],
    ["path", wrongly(path, { counts, lambda_z: "1:2" }), /"lambda_z" \(did you mean lambdaZ\?\)/],
    ["advise", wrongly(advise, { counts, lambdaZ: 0.01, margins: 1 }), /"margins" \(did you mean margin\?\)/],
    [
      "measure",
      wrongly(measure, { features: [[1], [2]], labels: [0, 1], weight_decay: 1 }),
      /"weight_decay" \(did you mean weightDecay\?\)/,
    ],
    ["layerPeeled", wrongly(predict, { counts, layerPeeled: { EW: 1, Eh: 1 } }), /^layerPeeled: .*"Eh" \(did you mean E[WH]\?\)/],
    [
      "problem",
      wrongly(problem, { counts, lambdaZ: 0.01, wieghts: [1, 1, 1] }),
      /^problem: .*"wieghts" \(did you mean weights\?\)/,
    ],
    [
      "options of a Problem",
      () => predict(problem({ counts, lambdaZ: 0.01 }), { tolerence: 1 } as never),
      /"tolerence" \(did you mean tolerance\?\)/,
    ],
    [
      "options beside a plain object",
      () => (predict as (a: unknown, b: unknown) => unknown)({ counts, lambdaZ: 0.01 }, { tolerance: 1 }),
      /options of predict: .*"tolerance"/,
    ],
    ["of nothing at all", wrongly(predict, { counts, lambdaZ: 1, zzzzzz: 1 }), /"zzzzzz", which is none of counts, /],
  ])("%s", (_, call, message) => {
    expect(call).toThrow(InputError);
    expect(call).toThrow(message);
  });
});

describe("so are those of the parts", () => {
  const input = { counts, lambdaZ: 0.01 };
  const range = { over: "lambdaZ", from: 0.01, to: 0.02, points: 2 };
  const data = { features: Float64Array.from([1, 2]), labels: [0, 1], d: 1, K: 2 };
  const decay = { counts, weightDecay: 0.1, ends: "layer-norm", width: 4 } as const;
  const targets = { rows: 2, cols: 3, data: Float64Array.from([1, 0.5, 0, 0, 0.5, 1]) };
  test.each<[string, (stray: never) => unknown, RegExp]>([
    ["summarize", (stray) => summarize(problem(input), stray), /^options: .*"stray"/],
    ["predictPath", (stray) => predictPath(input, range as never, stray), /^options: .*"stray"/],
    ["the range of predictPath", (stray: object) => predictPath(input, { ...range, ...stray } as never), /^range: .*"stray"/],
    ["advise", (stray) => adviseOn(input, stray), /^options: .*"stray"/],
    ["measureFeatures", (stray) => measureFeatures(data, stray), /^options: .*"stray"/],
    ["the data of measureClasses", (stray: object) => measureClasses({ ...data, ...stray }), /^data: .*"stray"/],
    ["layerNormProblem", (stray: object) => layerNormProblem({ ...decay, ...stray }), /^problem: .*"stray"/],
    ["predictLayerNorm", (stray) => predictLayerNorm(layerNormProblem(decay), stray), /^options: .*"stray"/],
    ["targetsProblem", (stray: object) => targetsProblem({ ...input, targets, ...stray }), /^problem with targets: .*"stray"/],
    ["predictTargets", (stray) => predictTargets(targetsProblem({ ...input, targets }), stray), /^options: .*"stray"/],
    [
      "trainingSettings",
      (stray: object) => trainingSettings({ counts, lambdaZ: 0.01, epochs: 1, batch: 10, ...stray }),
      /^settings: .*"stray"/,
    ],
    [
      "the remedies of trainingSettings",
      (stray: object) => trainingSettings({ counts, lambdaZ: 0.01, epochs: 1, batch: 10, remedies: stray }),
      /^remedies: .*"stray"/,
    ],
    [
      "predictLayerPeeled",
      (stray) => predictLayerPeeled(layerPeeledProblem({ counts, EW: 1, EH: 1 }), stray),
      /^options: .*"stray"/,
    ],
  ])("%s", (_, call, message) => {
    expect(() => call({ stray: 1 } as never)).toThrow(message);
    expect(() => call({} as never)).not.toThrow();
  });
});

describe("what is wrong is named by its key, with the rule and the value", () => {
  test.each<[() => unknown, RegExp]>([
    [wrongly(predict, undefined), /^predict: expected an object with settings, got nothing/],
    [wrongly(predict, { lambdaZ: 0.01 }), /^classes: expected exactly one of counts, labels, longTail, got none/],
    [wrongly(predict, { counts, labels: [0, 1], lambdaZ: 1 }), /^classes: .*got counts and labels/],
    [wrongly(predict, { counts: [5, "6"], lambdaZ: 1 }), /^counts\[1\]: expected a positive integer, got "6"/],
    [wrongly(predict, { counts, lambdaZ: "0.1" }), /^lambdaZ: expected a positive finite number, got "0.1"/],
    [wrongly(predict, { counts, lambdaZ: 0.1, lambdaB: "infinite" }), /^lambdaB: .*got "infinite"/],
    [wrongly(predict, { counts, lambdaZ: 0.1, nonnegative: "no" }), /^nonnegative: expected true or false, got "no"/],
    [wrongly(predict, { counts, lambdaZ: 0.1, tolerance: "1e-3" }), /^tolerance: expected a positive number, got "1e-3"/],
    [wrongly(predict, { counts, lambdaZ: 0.1, dimension: 0 }), /^dimension: expected a whole number of at least 1, got 0/],
    [wrongly(predict, { counts, lambdaZ: 0.1, starts: 3 }), /^starts: /],
    [wrongly(predict, { counts, lambdaZ: 0.1, classNames: ["a", "b"] }), /^classNames: expected 3 names/],
    [wrongly(predict, { counts, layerPeeled: { EW: 1, EH: 1 }, lambdaZ: 0.1 }), /^lambdaZ: expected nothing with layerPeeled/],
    [wrongly(predict, { counts, layerPeeled: { EW: 1 } }), /^layerPeeled: expected EW and EH, got no EH/],
    [wrongly(predict, { counts, lambdaZ: 0.1, targets: [[1, 0]] }), /^targets: expected at least 2 rows/],
    [wrongly(predict, { counts, lambdaZ: 0.1, targets: [[1, 0], [0]] }), /^targets\[1\]: /],
    [
      wrongly(predict, { labels: [0, 1], longTail: "exp:3:9:1", lambdaZ: 0.1, targets: [[1], [0]] }),
      /^labels: expected nothing beside targets/,
    ],
    [wrongly(predict, { labels: [0, 2], lambdaZ: 0.1 }), /^labels: .*none of class 1/],
    [wrongly(predict, { labels: [0, 1.5], lambdaZ: 0.1 }), /^labels\[1\]: expected a whole number/],
    [wrongly(predict, { counts, ignoreLabel: 3, lambdaZ: 0.1 }), /^ignoreLabel: expected labels beside it/],
    [
      wrongly(predict, { counts, weightDecay: 0.1, ends: "layer-norm", width: 8, batchSize: 9 }),
      /^batchSize: expected nothing with layer-norm/,
    ],
    [wrongly(path, { counts, lambdaZ: 0.1 }), /^path: expected a range .* got none/],
    [wrongly(path, { counts, lambdaZ: "1:2", imbalance: "1:2" }), /got lambdaZ and imbalance/],
    [wrongly(path, { counts, lambdaZ: "1:x" }), /^lambdaZ: TO: expected a number, got "x"/],
    [wrongly(path, { counts, nB: 3, lambdaZ: "1:2" }), /^nB: expected FROM:TO/],
    [wrongly(advise, { counts, lambdaZ: 0.1, change: ["wieght"] }), /^change: expected any of/],
    [wrongly(measure, { features: [[1], [2]], labels: [] }), /^labels: /],
    [wrongly(measure, { features: [[1], [2]], labels: [0, 1, 1] }), /^features: expected 3 x d numbers.*2 rows/],
    [wrongly(measure, { features: [[1], [2, 3]], labels: [0, 1] }), /^features\[1\]: expected 1 numbers/],
    [wrongly(measure, { features: [[1], ["2"]], labels: [0, 1] }), /^features\[1\]\[0\]: expected a number, got "2"/],
    [
      wrongly(measure, { features: [[1], [2]], labels: [0, 3], headWeight: [[1], [2]] }),
      /^labels\[1\]: expected a whole number from 0 to 1, as the head has rows, got 3/,
    ],
    [wrongly(measure, { features: [[1], [2]], labels: [0, 1], headBias: [0, 0] }), /^headBias: expected headWeight beside it/],
    [wrongly(measure, { features: [[1], [2]], labels: [0, 1], head: "cosine" }), /^head: expected headWeight/],
    [
      wrongly(measure, { features: [[1], [2]], labels: [0, 1], compareEffective: true }),
      /^compareEffective: expected weightDecay/,
    ],
    [wrongly(advise, { counts, lambdaZ: 0.1, margin: "1" }), /^margin: expected a positive number of logits, got "1"/],
    [
      wrongly(measure, { features: [[1], [2]], labels: [0, 1], weightDecay: 0.1, compareEffective: "false" }),
      /^compareEffective: expected true or false, got "false"/,
    ],
    [
      wrongly(measure, { features: [[1], [2]], labels: [0, 1], lambdaZ: 0.1, nonnegative: 1 }),
      /^nonnegative: expected true or false, got 1/,
    ],
    ...[null, 3, "abc", { data: [1] }, { rows: 1, cols: 1, data: [1] }, { rows: 2, cols: 1.5, data: new Float64Array(3) }].map(
      (targets): [() => unknown, RegExp] => [
        wrongly(predict, { counts, lambdaZ: 0.1, targets }),
        /^targets: expected K rows of M shares, or the same as \{ rows: K, cols: M, data: Float64Array \}, got /,
      ],
    ),
    [
      wrongly(predict, { counts, lambdaZ: 0.1, targets: { rows: 2, cols: 3, data: new Float64Array(5) } }),
      /^targets: data: expected 2 x 3 shares, got "5 numbers"/,
    ],
    [
      wrongly(predict, {
        counts: [3, 2],
        lambdaZ: 0.1,
        targets: [
          [1, "0"],
          [0, 1],
        ],
      }),
      /^targets\[0\]\[1\]: expected a share/,
    ],
    [wrongly(predict, { counts: [3, 2], lambdaZ: 0.1, targets: ["10", "01"] }), /^targets\[0\]: expected K rows of M shares/],
    ...["lambdaZ", "weightDecay"].flatMap((name) =>
      [Number.POSITIVE_INFINITY, Number.NaN, "1", 0].map((value): [() => unknown, RegExp] => [
        wrongly(measure, { features: [[1], [2]], labels: [0, 1], [name]: value }),
        new RegExp(`^${name}: expected a positive finite number, got `),
      ]),
    ),
    [
      wrongly(measure, { features: [[1], [2]], labels: [0, 1], lambdaZ: 1, lambdaB: "1" }),
      /^lambdaB: expected a number of at least 0 .*got "1"/,
    ],
    [wrongly(measure, { features: [[1], [2]], labels: [0, 1], lambdaW: 1 }), /^regularization: expected .* got "only lambdaW"/],
    [wrongly(measure, { features: [[1], [2]], labels: [0, 1], lambdaZ: 1, lambdaH: 1 }), /^lambdaZ: expected either lambdaZ or/],
    ...[null, "", true, [0], "0x1", "1", undefined].flatMap((label): [() => unknown, RegExp][] => [
      [wrongly(predict, { labels: [0, 1, label], lambdaZ: 0.1 }), /^labels\[2\]: expected a whole number from 0 to /],
      [
        wrongly(measure, { features: [[1], [2], [3]], labels: [0, 1, label] }),
        /^labels\[2\]: expected a whole number from 0 to /,
      ],
    ]),
    [wrongly(predict, { labels: [0, 1], ignoreLabel: "1", lambdaZ: 0.1 }), /^ignoreLabel: expected a whole number, got "1"/],
    [
      wrongly(measure, { features: [[1], [2]], labels: [0, 1], ignoreLabel: null }),
      /^ignoreLabel: expected a whole number, got null/,
    ],
    [wrongly(predict, { labels: "0101", lambdaZ: 0.1 }), /^labels: expected a list/],
    [wrongly(measure, { features: [[1], [2]], labels: [0, 1], classNames: ["a", 2] }), /^classNames: expected 2 names/],
    [wrongly(measure, { features: [[1], [2]], labels: [0, 1], classNames: "ab" }), /^classNames: expected 2 names/],
    [wrongly(measure, { features: [[1], [2]], labels: [0, 1], ood: null }), /^ood: expected K x 1 numbers/],
    ...[Number.NaN, Number.POSITIVE_INFINITY, 1e80].map((x): [() => unknown, RegExp] => [
      wrongly(measure, { features: [[1], [2]], labels: [0, 1], ood: [[0], [x]] }),
      /^ood\[1\]\[0\]: expected a finite number of at most 1e\+70, got (NaN|Infinity|1e\+80)/,
    ]),
    [
      wrongly(measure, {
        features: [[1], [2]],
        labels: [0, 1],
        headWeight: [[1], [2]],
        head: "cosine",
        ood: Float64Array.of(-1 / 0),
      }),
      /^ood\[0\]\[0\]: expected a finite number of at most 1e\+70, got -Infinity/,
    ],
  ])("%#: %s", (call, message) => {
    expect(call).toThrow(InputError);
    expect(call).toThrow(message);
  });
});

test("a Problem is taken as it is, by the same function, and its answer is that of nclab/prediction", () => {
  const p = problem({ counts, lambdaZ: 0.01, lambdaB: 0.1 });
  const { seconds: _, ...answer } = predict(p);
  const { seconds: __, ...expected } = predictProblem(p);
  expect(answer).toEqual(expected);
  const { seconds: ___, ...document } = predict({ counts, lambdaZ: 0.01, lambdaB: 0.1 });
  expect(document).toMatchObject(answer);
});

test("problems that other functions make are taken too", () => {
  const p = problem({ counts, lambdaZ: 0.01, lambdaB: 0.1 });
  const { Z } = predictProblem(problem({ counts, lambdaZ: 0.02, lambdaB: 0.1 }));
  const along = family({ counts, lambdaZ: 0.02, lambdaB: 0.1 }, "nB");
  for (const other of [withLambdaZ(p, 0.02), family({ counts, lambdaB: 0.1 }, "lambdaZ")(0.02), along(20)])
    expect(predict(other).Z).toEqual(Z);
  const metric = diagonalMetric({ masses: [0.5, 0.3, 0.2], metric: [2, 1, 1], lambda: 0.1 });
  expect(predict(metric).Z).toEqual(predictProblem(metric).Z);
  // Counts on the way need not be whole; the door itself would refuse these.
  expect(predict(along(12.5)).problem.counts).toEqual([50, 50, 12.5]);
});

test("a copy of a problem with other values was not checked, and is refused", () => {
  const document = predict({ counts, lambdaZ: 0.01, lambdaB: 0.1 });
  const p = problem({ counts, lambdaZ: 0.01, lambdaB: 0.1 });
  for (const copy of [
    { ...document.problem, counts: [20, 20, 20] },
    { ...document.problem, lambdaZ: 0.5 },
    document.problem,
    { ...p, lambdaZ: 0.5 },
    withLambdaZ({ ...p, counts: [20, 20, 20] }, 0.1),
    withLambdaZ(p, -1),
    { K: 3, N: 120 },
  ])
    expect(wrongly(predict, copy)).toThrow(/^predict: expected keys that it knows, got "[KN]"/);
  // What was checked cannot be changed afterwards.
  expect(() => ((p.counts as number[])[0] = 1)).toThrow(TypeError);
  expect(() => ((p as { lambdaZ: number }).lambdaZ = 1)).toThrow(TypeError);
});

test("what is told is a function, and a trace is told of counts alone", () => {
  const any = (options: unknown) => options as never;
  const settings = { counts, lambdaZ: 0.01 };
  for (const call of [
    () => predict(settings, any({ trace: 3 })),
    () => predict(problem(settings), any({ trace: 3 })),
    () => predict(settings, any({ progress: "yes" })),
    () => path({ counts, lambdaZ: "0.1:0.2:2" }, any({ progress: 1 })),
    () => advise(settings, any({ progress: 1 })),
  ])
    expect(call).toThrow(/^(trace|progress): expected a function to be called, got /);
  const trace = () => {};
  const targets = [
    [1, 0, 0.5],
    [0, 1, 0.5],
  ];
  for (const [input, beside] of [
    [{ ...settings, targets }, "targets"],
    [{ counts, layerPeeled: { EW: 1, EH: 1 } }, "layerPeeled"],
    [{ ...settings, dimension: 1 }, "dimension"],
    [{ counts, weightDecay: 0.1, ends: "layer-norm", width: 4 }, "ends: layer-norm"],
  ] as const)
    expect(() => predict(any(input), { trace })).toThrow(`trace: expected nothing beside ${beside}`);
  expect(() => predict(settings, { trace })).not.toThrow();
});

test("every setting of a problem but those that say what holds anyway is refused beside bounds", () => {
  const bounded = { counts, layerPeeled: { EW: 1, EH: 1 } };
  const { Z } = predict(bounded);
  const same = { lambdaB: "inf", loss: "cross-entropy", nonnegative: false, weights: null, offsets: null, factors: null };
  expect(predict({ ...bounded, ...same } as never).Z).toEqual(Z);
  for (const name of Object.keys(problemKeys).filter((key) => key !== "counts"))
    expect(wrongly(predict, { ...bounded, [name]: 1 })).toThrow(new RegExp(`^${name}: expected nothing with layerPeeled, wh`));
});

test("labels may be bigints, as NumPy's int64 are read", () => {
  expect(predict({ labels: BigInt64Array.of(0n, 0n, 1n, -1n), ignoreLabel: -1, lambdaZ: 0.1 }).problem.counts).toEqual([2, 1]);
  const features = [[1], [2], [4], [9]];
  const { nc1 } = measure({ features: features.slice(0, 3), labels: [0, 0, 1] });
  expect(measure({ features, labels: BigInt64Array.of(0n, 0n, 1n, -1n), ignoreLabel: -1 }).nc1).toEqual(nc1);
});

test("documents go to text and back", () => {
  const document = predict({ counts, lambdaZ: 0.01 });
  expect(toJson(document)).toContain('"lambdaB":"inf"');
  expect(fromJson(toJson(document))).toEqual(document);
});

test("progress of what is searched, followed and advised", () => {
  const told: string[] = [];
  predict(
    { counts: [5, 4, 3], weightDecay: 0.1, ends: "layer-norm", width: 4, starts: 2 },
    { progress: (done, of) => told.push(`${done}/${of}`) },
  );
  // Exchanges of classes come after the descents that were asked for.
  expect(told.slice(0, 2)).toEqual(["1/2", "2/2"]);
  const rows: number[] = [];
  path({ counts, lambdaZ: { from: 0.001, to: 0.01, points: 3 } }, { progress: ({ done }) => rows.push(done) });
  expect(rows.slice(0, 3)).toEqual([1, 2, 3]);
  const kinds: string[] = [];
  advise({ counts, lambdaZ: 0.03, change: "offset" }, { progress: (what) => kinds.push(what) });
  expect(kinds).toContain("offset");
});
