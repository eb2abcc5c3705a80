import { describe, expect, test } from "vitest";
import { decayInFile, headByOrder, type Parameter } from "../../src/endings/index.ts";
import * as of from "./checkpoints.ts";

const dense = (place: string, outputs: number, inputs: number): Parameter[] => [
  { name: `${place}.weight`, shape: [outputs, inputs] },
  { name: `${place}.bias`, shape: [outputs] },
];
const batch = (place: string, size: number): Parameter[] =>
  ["weight", "bias", "running_mean", "running_var"].map((part) => ({ name: `${place}.${part}`, shape: [size] }));

describe("the head by the order of the file", () => {
  const sequential = [...dense("0", 16, 20), ...batch("1", 16), ...dense("3", 5, 16)];
  test.each<[string, Parameter[], string | null]>([
    ["a Sequential with batch normalization last", sequential, "3.weight"],
    ["one of ten modules and more", [...dense("2", 16, 20), ...batch("12", 16), ...dense("13", 5, 16)], "13.weight"],
    ["dense layers alone", [...dense("fc1", 16, 20), ...dense("fc2", 12, 16), ...dense("fc3", 5, 12)], "fc3.weight"],
    ["a body in a Sequential, and out", [...of.under("net.", sequential.slice(0, -2)), ...dense("out", 5, 16)], "out.weight"],
    ["in a wrapper", of.under("model_state_dict.", sequential), "model_state_dict.3.weight"],
    ["with an optimizer behind it", [...sequential, ...of.under("optimizer.state.0.exp_avg.", dense("9", 7, 6))], "3.weight"],
    ["one layer in all", dense("0", 5, 20), "0.weight"],
    ["a normalization after it", [...dense("0", 16, 20), ...dense("1", 5, 16), ...batch("2", 5)], null],
    ["a convolution last", [...dense("0", 16, 20), { name: "1.weight", shape: [5, 16, 3, 3] }], null],
    ["square: a hidden layer", [...dense("0", 16, 20), ...dense("1", 16, 16)], null],
    ["two heads of one shape", [...dense("body", 16, 20), ...dense("a", 5, 16), ...dense("b", 5, 16)], null],
    [
      "a projection beside it",
      [...dense("0", 16, 20), ...batch("1", 16), ...dense("zeta", 3, 16), ...dense("proj", 8, 16)],
      null,
    ],
    [
      "a projection beside it, without normalization",
      [...dense("0", 16, 20), ...dense("zeta", 3, 16), ...dense("proj", 8, 16)],
      null,
    ],
    ["a layer before the last normalization", [...dense("0", 48, 16), ...batch("1", 16), ...dense("2", 3, 16)], "2.weight"],
    ["hidden layers of one width", [...dense("0", 16, 16), ...dense("1", 16, 16), ...dense("2", 3, 16)], "2.weight"],
    ["an embedding", [{ name: "embed_tokens.weight", shape: [50, 16] }], null],
    ["two copies of a network", [...of.under("model.", sequential), ...of.under("model_ema.", sequential)], null],
    ["nothing", [], null],
  ])("%s", (_, parameters, name) => {
    expect(headByOrder(parameters, true)).toBe(name);
  });

  test("without an order only the one layer of a file", () => {
    expect(headByOrder(sequential, false)).toBeNull();
    expect(headByOrder(dense("0", 5, 20), false)).toBe("0.weight");
  });
});

describe("the weight decay in a file", () => {
  const at = (i: number, name = "weight_decay"): string => `optimizer.param_groups.${i}.${name}`;
  const told = (settings: Record<string, number | boolean>, arrays: string[] = []) =>
    decayInFile(new Map(Object.entries(settings)), new Set(arrays));
  test("of SGD, the same in every group", () => {
    expect(told({ [at(0)]: 5e-4, [at(1)]: 5e-4 })).toEqual({ values: [5e-4], from: at(0), kind: "gradient" });
  });
  test("the groups' goes before the hyperparameters', which do not say whose it is", () => {
    expect(told({ "hyper_parameters.weight_decay": 1, [at(0)]: 5e-4 })?.values).toEqual([5e-4]);
    expect(told({ "hyper_parameters.weight_decay": 1 })).toMatchObject({ values: [1], kind: "untold" });
  });
  test("Adam's or AdamW's", () => {
    expect(told({ [at(0)]: 0.05 }, [at(0, "betas")])?.kind).toBe("untold");
    const decoupled = at(0, "decoupled_weight_decay");
    expect(told({ [at(0)]: 0.05, [decoupled]: true }, [at(0, "betas")])?.kind).toBe("decoupled");
    expect(told({ [at(0)]: 0.05, [decoupled]: false }, [at(0, "betas")])?.kind).toBe("gradient");
  });
  test("several, and none", () => {
    expect(told({ [at(0)]: 5e-4, [at(1)]: 0 })?.values).toEqual([5e-4, 0]);
    expect(told({ [at(0, "decoupled_weight_decay")]: true })).toBeNull();
  });
});
