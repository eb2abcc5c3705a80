import { describe, expect, test } from "vitest";
import { type NetworkDocument, type NetworkInput, networkFrom } from "../../../src/cli/serve/network.ts";
import type { Parameter } from "../../../src/endings/index.ts";
import { predict } from "../../../src/index.ts";
import * as of from "../../endings/checkpoints.ts";

const plain = (parameters: readonly Parameter[]): NetworkInput["parameters"] =>
  parameters.map(({ name, shape }) => [name, shape]);
const linear = (place: string, K: number, d: number): [string, number[]][] => [
  [`${place}.weight`, [K, d]],
  [`${place}.bias`, [K]],
];
const norm = (place: string, d: number, batch: boolean): [string, number[]][] => [
  [`${place}.weight`, [d]],
  [`${place}.bias`, [d]],
  ...(batch
    ? ([
        [`${place}.running_mean`, [d]],
        [`${place}.running_var`, [d]],
        [`${place}.num_batches_tracked`, []],
      ] as [string, number[]][])
    : []),
];
/** nn.Sequential(Linear, `norm`, `activation`?, Linear). */
const sequential = (type: string, activation?: string): Pick<NetworkInput, "parameters" | "modules"> => {
  const end = activation === undefined ? "2" : "3";
  return {
    parameters: [...linear("0", 64, 20), ...norm("1", 64, type.startsWith("Batch")), ...linear(end, 10, 64)],
    modules: [["0", "Linear"], ["1", type], ...(activation ? ([["2", activation]] as [string, string][]) : []), [end, "Linear"]],
  };
};
const sgd = (groups: [number, string[]][], type = "SGD"): NetworkInput["optimizers"] => [
  { type, groups: groups.map(([weightDecay, parameters]) => ({ weightDecay, parameters })) },
];
const all = ({ parameters }: Pick<NetworkInput, "parameters">): string[] => parameters.map(([name]) => name);

describe("what ends a running network", () => {
  test.each<[string, NetworkInput, Partial<NetworkDocument>]>([
    [
      "a ReLU that is a module",
      sequential("BatchNorm1d", "ReLU"),
      { ends: "batch-norm-relu", activation: "relu", section: "9.1" },
    ],
    [
      "a ReLU that only the signs show",
      { ...sequential("BatchNorm1d"), nonnegative: true },
      { ends: "batch-norm-relu", section: "9.1" },
    ],
    ["no ReLU, by the signs", { ...sequential("BatchNorm1d"), nonnegative: false }, { ends: "batch-norm", activation: "none" }],
    ["no features seen", sequential("BatchNorm1d"), { ends: "batch-norm", activation: "not visible", section: "9.1" }],
    ["layer normalization", { ...sequential("LayerNorm"), nonnegative: false }, { ends: "layer-norm", section: "9.4" }],
    ["a ReLU behind it", sequential("LayerNorm", "ReLU"), { ends: "layer-norm-relu", section: null }],
    [
      "a ReLU behind it that the signs show",
      { ...sequential("LayerNorm"), nonnegative: true },
      { ends: "layer-norm-relu", section: null },
    ],
    ["dropout is no activation", { ...sequential("BatchNorm1d", "Dropout"), nonnegative: false }, { ends: "batch-norm" }],
    [
      "ResNet18, whose names say it",
      { parameters: plain(of.resnet([2, 2, 2, 2], false)), nonnegative: true },
      { ends: "batch-norm-relu", section: "9.2", branchesAtMost: 3 },
    ],
  ])("%s", (_, input, expected) => {
    const found = networkFrom({ ...input, weightDecay: 5e-4 });
    expect(found).toMatchObject(expected);
    expect(found.settings?.ends).toBe(expected.ends);
    expect(found.because).toBe(null);
  });

  test.each<[string, NetworkInput, RegExp]>([
    ["a group normalization", sequential("GroupNorm"), /^1 is GroupNorm, .*for each sample/],
    [
      "an instance normalization with statistics",
      {
        ...sequential("BatchNorm1d"),
        modules: [
          ["0", "Linear"],
          ["1", "InstanceNorm1d"],
          ["2", "Linear"],
        ],
      },
      /^1 is InstanceNorm1d/,
    ],
    ["GELU", sequential("BatchNorm1d", "GELU"), /^gelu follows batch normalization/],
    [
      "a ReLU module, and negative features",
      { ...sequential("BatchNorm1d", "ReLU"), nonnegative: false },
      /^by 2 \(ReLU\) a ReLU stands .* negative/,
    ],
    [
      "names of a ResNet, and negative features",
      { parameters: plain(of.resnet([2, 2, 2, 2], false)), nonnegative: false },
      /^by the names of residual network a ReLU/,
    ],
    [
      "a body and a head of two networks",
      { parameters: [...plain(of.resnet([2, 2, 2, 2], false)).slice(0, -2), ...linear("fc", 10, 77)] },
      /takes 77 features and layer4 gives 512/,
    ],
    ["no optimizer and no decay", { ...sequential("BatchNorm1d"), weightDecay: undefined }, /^no optimizer was given/],
  ])("%s: no settings, and why", (_, input, because) => {
    const found = networkFrom({ weightDecay: 5e-4, ...input });
    expect(found.settings).toBe(null);
    expect(found.because).toMatch(because);
  });

  test("what the theory does not cover is refused by the prediction, in its own words", () => {
    const dense = { parameters: [...linear("0", 64, 20), ...linear("1", 10, 64)], weightDecay: 0.01 };
    for (const [input, message] of [
      [dense, /^ends: .*got none: .*nclab measure --hidden/],
      [{ ...sequential("LayerNorm", "ReLU"), weightDecay: 0.01 }, /^ends: .*got layer-norm-relu: .*open/],
      [
        { ...sequential("BatchNorm1d"), optimizers: sgd([[0.01, all(sequential("BatchNorm1d"))]], "AdamW") },
        /^optimizer: .*adamw.*9\.5/,
      ],
      [
        {
          ...sequential("BatchNorm1d"),
          optimizers: sgd([
            [0.01, ["2.weight", "2.bias"]],
            [0, ["1.weight", "1.bias"]],
          ]),
        },
        /^normWeightDecay: .*got 0/,
      ],
      [
        { ...sequential("BatchNorm1d"), optimizers: sgd([[0, all(sequential("BatchNorm1d"))]]) },
        /^weightDecay: expected a positive/,
      ],
    ] as [NetworkInput, RegExp][]) {
      const { settings } = networkFrom(input);
      expect(() => predict({ counts: [50, 20], ...settings } as never)).toThrow(message);
    }
  });
});

describe("what decays", () => {
  const network = sequential("BatchNorm1d", "ReLU");
  test.each<[string, NetworkInput["optimizers"], object]>([
    ["everything alike", sgd([[0.01, all(network)]]), { weightDecay: 0.01, ends: "batch-norm-relu" }],
    ["Adam's decay is a term of the loss", sgd([[0.01, all(network)]], "Adam"), { weightDecay: 0.01, ends: "batch-norm-relu" }],
    [
      "scale and shift otherwise, the bias not at all",
      sgd([
        [0.01, ["3.weight", "0.weight"]],
        [0.002, ["1.weight", "1.bias"]],
        [0, ["3.bias"]],
      ]),
      { weightDecay: 0.01, normWeightDecay: 0.002, biasWeightDecay: 0, ends: "batch-norm-relu" },
    ],
    [
      "a bias that is not trained",
      sgd([[0.01, ["3.weight", "1.weight", "1.bias"]]]),
      { weightDecay: 0.01, biasWeightDecay: 0, ends: "batch-norm-relu" },
    ],
    [
      "two optimizers",
      [...(sgd([[0.01, ["3.weight", "3.bias"]]]) ?? []), ...(sgd([[0.02, ["1.weight", "1.bias"]]]) ?? [])],
      { weightDecay: 0.01, normWeightDecay: 0.02, ends: "batch-norm-relu" },
    ],
  ])("%s", (_, optimizers, settings) => {
    expect(networkFrom({ ...network, optimizers }).settings).toEqual(settings);
  });

  test.each<[string, NetworkInput["optimizers"], RegExp]>([
    ["a frozen head", sgd([[0.01, ["1.weight", "1.bias"]]]), /^3\.weight is in no group/],
    ["a frozen normalization", sgd([[0.01, ["3.weight", "3.bias"]]]), /^1\.weight is in no group/],
    [
      "scale and shift apart",
      sgd([
        [0.01, ["3.weight", "1.weight"]],
        [0, ["1.bias", "3.bias"]],
      ]),
      /^scale and shift .* \(0\.01, 0\)/,
    ],
  ])("%s: no settings, and why", (_, optimizers, because) => {
    const found = networkFrom({ ...network, optimizers });
    expect(found.settings).toBe(null);
    expect(found.because).toMatch(because);
  });

  test("a head without a bias has none to decay; what is stated goes before the groups", () => {
    const parameters = network.parameters.slice(0, -1);
    expect(networkFrom({ ...network, parameters, weightDecay: 0.03, optimizers: sgd([[1, all(network)]]) }).settings).toEqual({
      weightDecay: 0.03,
      biasWeightDecay: "inf",
      ends: "batch-norm-relu",
    });
    expect(networkFrom({ ...sequential("GroupNorm"), ends: "batch-norm", weightDecay: 0.03 }).settings).toEqual({
      weightDecay: 0.03,
      ends: "batch-norm",
    });
  });

  test("one logit has the decay of its two rows", () => {
    const parameters = [...linear("0", 64, 20), ...norm("1", 64, true), ...linear("2", 1, 64)];
    const decays = { weightDecay: 0.02, normWeightDecay: 0.01, biasWeightDecay: 0.02, ends: "batch-norm" };
    expect(networkFrom({ parameters, nonnegative: false, weightDecay: 0.01 }).settings).toEqual(decays);
    const optimizers = sgd([[0.01, all({ parameters })]]);
    expect(networkFrom({ parameters, nonnegative: false, optimizers }).settings).toEqual({
      weightDecay: 0.02,
      normWeightDecay: 0.01,
      ends: "batch-norm",
    });
  });

  test("layer normalization takes the width along", () => {
    expect(networkFrom({ ...sequential("LayerNorm"), nonnegative: false, weightDecay: 0.001 }).settings).toEqual({
      weightDecay: 0.001,
      ends: "layer-norm",
      width: 64,
    });
  });
});

describe("residual branches", () => {
  const parameters = plain(of.resnet([2, 2, 2, 2], false));
  test("J is what was measured, within what the branches allow", () => {
    const at = (branches?: number): NetworkDocument => networkFrom({ parameters, weightDecay: 0.01, branches });
    expect(at().settings).toEqual({ weightDecay: 0.01, ends: "batch-norm-relu" });
    expect(at().notes.join()).toMatch(/1 to 3: taken as 1 until/);
    expect(at(1.7).settings?.branches).toBe(1.7);
    expect(at(5).settings?.branches).toBe(3);
    expect(at(0.7).settings?.branches).toBe(undefined);
    expect(at(0.7).notes.join()).toMatch(/0\.7: the network is not at its end/);
  });

  test("which is told by the sizes of scale and shift where these are given", () => {
    const { norms } = networkFrom({ parameters, weightDecay: 0.01 });
    const names = norms.flatMap(({ scale, shift }) => [scale as string, shift as string]);
    // One branch alone is used: J is 1 at most.
    const values = Object.fromEntries(names.map((name, i) => [name, new Array(512).fill(i === 0 ? 1 : 0)]));
    expect(networkFrom({ parameters, weightDecay: 0.01, values, branches: 2 })).toMatchObject({
      branchesAtMost: 1,
      settings: { branches: 1 },
    });
  });
});

test("what a measurement is compared with: the prediction of the ending, the effective lambdas, or nothing", () => {
  const batch = { weightDecay: 0.01, ends: "batch-norm" };
  expect(networkFrom({ ...sequential("BatchNorm1d"), nonnegative: false, weightDecay: 0.01 }).measure).toEqual(batch);
  expect(networkFrom({ ...sequential("LayerNorm"), nonnegative: false, weightDecay: 0.01 }).measure).toEqual({
    weightDecay: 0.01,
  });
  const adamw = sgd([[0.01, all(sequential("BatchNorm1d"))]], "AdamW");
  expect(networkFrom({ ...sequential("BatchNorm1d"), optimizers: adamw }).measure).toBe(null);
  expect(networkFrom({ ...sequential("GroupNorm"), weightDecay: 0.01 }).measure).toBe(null);
});

test.each<[object, RegExp]>([
  [{}, /^parameters: expected a list of names with shapes/],
  [{ parameters: [["a", [-1]]] }, /^parameters: /],
  [{ parameters: [], other: 1 }, /^network: expected keys/],
  [{ parameters: [["w", [3]]], modules: [1] }, /^modules: /],
  [{ parameters: [["w", [3]]], optimizers: [{ type: "SGD" }] }, /^optimizers: /],
  [{ parameters: [["w", [3]]], nonnegative: 1 }, /^nonnegative: /],
  [{ parameters: [["w", [3]]], weightDecay: "x" }, /^weightDecay: /],
  [
    {
      parameters: [
        ["a.weight", [3, 4]],
        ["b.weight", [5, 3]],
        ["c.weight", [3, 3]],
      ],
    },
    /--keys weight=NAME/,
  ],
  [{ parameters: [["a.weight", [3, 4]]], head: "b.weight" }, /b\.weight/],
])("what is wrong is said (%#)", (input, message) => {
  expect(() => networkFrom(input as NetworkInput)).toThrow(message);
});
