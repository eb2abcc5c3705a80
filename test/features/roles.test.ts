import { describe, expect, test } from "vitest";
import { InputError } from "../../src/errors.ts";
import { type ArrayFile, findArray, type Keys, onlyArray, type Role } from "../../src/features/index.ts";
import { memoryBytes } from "../../src/features/memory-bytes.ts";
import { contiguous } from "../../src/features/stored-array.ts";

/** Which array of a file plays which role, by names alone. */
const file = (
  shapes: Record<string, number[]>,
  kind: ArrayFile["kind"] = "torch",
  skipped: [string, string][] = [],
): ArrayFile => ({
  file: "x",
  kind,
  ordered: true,
  arrays: new Map(
    Object.entries(shapes).map(([name, shape]) => [
      name,
      {
        what: name,
        shape,
        type: "f4",
        littleEndian: true,
        strides: contiguous(shape),
        bytes: memoryBytes(name, new Uint8Array(0)),
        offset: 0,
      },
    ]),
  ),
  texts: new Map(),
  skipped: new Map(skipped),
  settings: new Map(),
  close: async () => {},
});
const found = (shapes: Record<string, number[]>, role: Role, keys?: Keys): string | undefined =>
  findArray(file(shapes), role, keys)?.what;
const refusal = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return (error as Error).message;
  }
  throw new Error("nothing was refused");
};

describe("features and labels", () => {
  test.each<[Role, string[], string | undefined]>([
    ["features", ["features", "labels"], "features"],
    ["features", ["feat", "y"], "feat"],
    ["features", ["train.Embeddings", "y"], "train.Embeddings"],
    ["features", ["x", "features"], "features"],
    ["features", ["x", "h.0"], "x"],
    ["features", ["penultimate"], "penultimate"],
    ["features", ["my_features", "xs", "featured"], undefined],
    ["labels", ["features", "labels"], "labels"],
    ["labels", ["y", "targets"], "targets"],
    ["labels", ["LABEL"], "LABEL"],
    ["labels", ["a.b.labels", "c.classes"], "c.classes"],
    ["labels", ["labels_smoothed", "relabel", "ys", "yy"], undefined],
  ])("%s among %j", (role, names, name) => {
    expect(found(Object.fromEntries(names.map((n) => [n, [5, 2]])), role)).toBe(name);
  });

  test("a .npy has one array, whatever the role; several that fit are asked about, few or many", () => {
    const npy = file({ "": [5, 2] }, "npy");
    expect(findArray(npy, "features")).toBe(npy.arrays.get(""));
    expect(findArray(npy, "labels")).toBe(npy.arrays.get(""));
    expect(findArray(npy, "weight")?.what).toBeUndefined();
    const two = { "a.features": [5, 2], "b.features": [5, 2] };
    expect(refusal(() => found(two, "features"))).toBe(
      `x: features: expected --keys features=NAME to choose, got "a.features, b.features"`,
    );
    const nine = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`${i}.y`, [5]]));
    expect(refusal(() => found(nine, "labels"))).toContain("0.y, 1.y, 2.y, 3.y, 4.y, 5.y, 6.y, 7.y, ... (9)");
    const { "8.y": _, ...eight } = nine;
    expect(refusal(() => found(eight, "labels"))).toMatch(/6\.y, 7\.y"?$/);
  });

  test("what is meant but could not be read is said", () => {
    const of = file({ y: [5] }, "safetensors", [["features", "5 x 2 numbers of type C64"]]);
    expect(refusal(() => findArray(of, "features"))).toContain("features: 5 x 2 numbers of type C64");
    expect(refusal(() => findArray(of, "features", { features: "features" }))).toContain("of type C64");
    const head = file({}, "safetensors", [["fc.weight", "3 x 2 numbers of type C64"]]);
    expect(refusal(() => findArray(head, "weight"))).toContain("fc.weight: 3 x 2");
    expect(findArray(of, "weight")).toBeUndefined();
  });
});

describe("stated names", () => {
  const shapes = { "state.fc.weight": [3, 2], "state.fc.bias": [3], "other.bias": [3], fc: [1] };
  test("the name, or an end of it that only one array has", () => {
    expect(found(shapes, "weight", { weight: "state.fc.weight" })).toBe("state.fc.weight");
    expect(found(shapes, "weight", { weight: "fc.weight" })).toBe("state.fc.weight");
    expect(found(shapes, "bias", { weight: "weight" })).toBe("state.fc.bias");
    expect(found(shapes, "bias", { bias: "other.bias" })).toBe("other.bias");
    expect(found(shapes, "features", { features: "fc" })).toBe("fc");
    expect(refusal(() => found(shapes, "bias", { bias: "bias" }))).toMatch(/one of state\.fc\.bias, other\.bias, got "?bias/);
    expect(refusal(() => found(shapes, "weight", { weight: "c.weight" }))).toMatch(/one of state\.fc\.weight, state\.fc\.bias/);
  });
});

describe("the head", () => {
  test.each<[string[], string | undefined]>([
    [["conv1.weight", "fc.weight"], "fc.weight"],
    [["layer4.fc.weight", "fc.weight"], "fc.weight"],
    [["classifier.0.weight", "classifier.3.weight", "classifier.12.weight"], "classifier.12.weight"],
    [["model.classifier.dense.weight", "model.classifier.out_proj.weight"], "model.classifier.out_proj.weight"],
    [["encoder.output.dense.weight", "cls_classifier.weight"], "cls_classifier.weight"],
    [["model.norm.weight", "score.weight"], "score.weight"],
    [["head.kernel"], "head.kernel"],
    [["module.lm_head.weight"], "module.lm_head.weight"],
    [["w", "fc.weight"], "w"],
    [["head_weights"], "head_weights"],
    [["fc.weights", "fcx.weight", "ahead.weight", "head.weight_g"], undefined],
  ])("among %j", (names, name) => {
    const shapes = Object.fromEntries(names.map((n) => [n, [3, 2]]));
    expect(found(shapes, "weight")).toBe(name);
  });

  test("two that fit equally well are asked about, and which is an average is said", () => {
    const two = (...names: string[]): string =>
      refusal(() => found(Object.fromEntries(names.map((name) => [name, [3, 2]])), "weight"));
    expect(two("cls_classifier.weight", "distillation_classifier.weight")).toMatch(
      /choose, got "cls_classifier.weight, distillation_classifier.weight"$/,
    );
    expect(two("model.fc.weight", "model_ema.fc.weight")).toContain(
      "choose (an average over training: model_ema.fc.weight), got",
    );
    expect(two("state_dict.fc.weight", "state_dict_ema.fc.weight")).toContain("training: state_dict_ema.fc.weight)");
    expect(two("schema.fc.weight", "module.fc.weight")).not.toContain("average");
  });

  test("where no name is a head's, the likeliest stand first, embeddings last", () => {
    const names = [
      "embed_tokens.weight",
      ...Array.from({ length: 9 }, (_, i) => `layers.${i}.weight`),
      "my_logits.weight",
      "z.weight",
    ];
    const shapes = Object.fromEntries(names.map((name) => [name, [3, 2]]));
    const message = refusal(() => onlyArray(file(shapes), "weight"));
    expect(message).toContain("(by shape: my_logits.weight 3 x 2, z.weight 3 x 2, layers.8.weight 3 x 2, layers.7");
    expect(message).toContain(", ... (12))");
  });

  test("a vector is no head, whatever its name", () => {
    expect(found({ "fc.weight": [6] }, "weight")).toBeUndefined();
    expect(found({ "fc.weight": [6], "fc.bias": [3] }, "bias")).toBeUndefined();
  });

  test.each<[string, string, string | undefined]>([
    ["fc.weight", "fc.bias", "fc.bias"],
    ["fc.weight", "bias", undefined],
    ["head.kernel", "head.bias", "head.bias"],
    ["w", "b", "b"],
    ["W", "B", "B"],
    ["W", "Bias", "Bias"],
    ["head_weight", "head_bias", "head_bias"],
    ["weights", "biases", "biases"],
    ["weights", "bias", "bias"],
  ])("the bias beside %s, of %s", (weight, bias, name) => {
    expect(found({ [weight]: [3, 2], [bias]: [3] }, "bias", { weight })).toBe(name);
  });

  test("a plain `b` counts only where its size is one of the weight's", () => {
    expect(found({ "fc.kernel2": [3, 2], "fc.b": [3] }, "bias", { weight: "fc.kernel2" })).toBe("fc.b");
    expect(found({ "fc.matrix": [3, 2], "fc.b": [5] }, "bias", { weight: "fc.matrix" })).toBeUndefined();
  });
});

describe("the only array", () => {
  test("is it, whatever its name; lists aside do not count beside others", () => {
    expect(onlyArray(file({ anything: [5] }), "features").what).toBe("anything");
    const of = file({ epochs: [5], data: [4, 2] });
    const arrays = new Map([...of.arrays].map(([name, array]) => [name, { ...array, aside: name === "epochs" }]));
    expect(onlyArray({ ...of, arrays }, "features").what).toBe("data");
  });

  test.each<[Role, number | undefined, string]>([
    ["features", undefined, "by shape: a 5 x 2, b 3 x 2, e 2 x 1, f 2 x 3 x 4"],
    ["labels", undefined, "by shape: c 5, e 2 x 1"],
    ["weight", undefined, "(by shape: e 2 x 1, b 3 x 2, a 5 x 2)"],
    ["weight", 2, "by shape with 2 columns: e 2 x 1, b 3 x 2, a 5 x 2"],
    ["weight", 77, "no array fits by its shape with 77 columns"],
    ["bias", undefined, "by shape: c 5"],
  ])("of several, the %s is asked for, with those that fit by shape (d = %s)", (role, d, hint) => {
    const of = file({ a: [5, 2], b: [3, 2], c: [5], e: [2, 1], f: [2, 3, 4] });
    const message = refusal(() => onlyArray(of, role, d));
    expect(message).toContain(`--keys ${role}=NAME`);
    expect(message).toContain(hint);
  });
});
