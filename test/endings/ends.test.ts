import { describe, expect, test } from "vitest";
import { type CheckpointEnding, endingOfCheckpoint, type Parameter } from "../../src/endings/index.ts";
import * as of from "./checkpoints.ts";

/** `head`: name of its weight; default the last array but one (its bias comes after it). */
function told(
  parameters: readonly Parameter[],
  { ordered = true, head }: { ordered?: boolean; head?: string } = {},
): CheckpointEnding {
  const found =
    parameters.find(({ name }) => name === head) ??
    (parameters.at(-2)?.shape.length === 1 ? parameters.at(-1) : parameters.at(-2));
  const { name, shape } = found as Parameter;
  return endingOfCheckpoint(parameters, { name, classes: shape[0], width: shape[1] }, ordered);
}

type Expected = [
  ends: CheckpointEnding["ends"],
  section: CheckpointEnding["section"],
  architecture: string,
  activation: string,
  branches?: number,
];

describe("architectures by their names, in the order of the file and in any other", () => {
  test.each<[string, Parameter[], Expected]>([
    ["torchvision ResNet18", of.resnet([2, 2, 2, 2], false), ["batch-norm-relu", "9.2", "residual network", "relu", 3]],
    ["torchvision ResNet34", of.resnet([3, 4, 6, 3], false), ["batch-norm-relu", "9.2", "residual network", "relu", 4]],
    ["torchvision ResNet50", of.resnet([3, 4, 6, 3], true), ["batch-norm-relu", "9.2", "residual network", "relu", 4]],
    [
      "CIFAR ResNet32",
      of.resnet([5, 5, 5], false, { base: 16, K: 10, head: "linear" }),
      ["batch-norm-relu", "9.2", "residual network", "relu", 6],
    ],
    [
      "kuangliu's ResNet18",
      of.resnet([2, 2, 2, 2], false, { K: 10, shortcut: "shortcut", head: "linear" }),
      ["batch-norm-relu", "9.2", "residual network", "relu", 3],
    ],
    ["wide ResNet", of.wideResnet(), ["batch-norm-relu", "9.1", "residual network", "relu"]],
    ["RegNet", of.regnet(), ["batch-norm-relu", "9.2", "residual network", "relu", 3]],
    ["Hugging Face ResNet50", of.hfResnet50(), ["batch-norm-relu", "9.2", "residual network", "relu", 4]],
    ["DenseNet", of.densenet121(), ["batch-norm-relu", "9.1", "DenseNet", "relu"]],
    ["GoogLeNet", of.googlenet(), ["batch-norm-relu", "9.1", "GoogLeNet or Inception", "relu"]],
    ["MobileNetV2", of.mobilenetV2(), ["batch-norm-relu", "9.1", "MobileNetV2", "relu"]],
    ["EfficientNet", of.efficientnetB0(), ["batch-norm", "9.1", "EfficientNet", "silu"]],
    ["timm EfficientNet", of.timmEfficientnet(), ["batch-norm", "9.1", "EfficientNet", "silu"]],
    ["VGG16", of.vgg16(false), ["none", null, "VGG or AlexNet", "relu"]],
    ["VGG16 with batch normalization inside", of.vgg16(true), ["none", null, "VGG or AlexNet", "relu"]],
    ["AlexNet", of.alexnet(), ["none", null, "VGG or AlexNet", "relu"]],
    ["MobileNetV3", of.mobilenetV3(), ["none", null, "MobileNetV3", "hardswish"]],
    ["ConvNeXt", of.convnextTiny(), ["layer-norm", "9.4", "ConvNeXt", "none"]],
    ["timm ConvNeXt", of.timmConvnext(), ["layer-norm", "9.4", "ConvNeXt", "none"]],
    ["Hugging Face ConvNeXt", of.hfConvnext(), ["layer-norm", "9.4", "ConvNeXt", "none"]],
    ["ViT", of.vitB16(), ["layer-norm", "9.4", "vision transformer", "none"]],
    ["timm ViT, class token", of.timmVit(false), ["layer-norm", "9.4", "vision transformer", "none"]],
    ["timm ViT, mean of tokens", of.timmVit(true), ["layer-norm", "9.4", "vision transformer", "none"]],
    ["timm MLP-Mixer", of.mixer(), ["layer-norm", "9.4", "vision transformer", "none"]],
    ["Hugging Face ViT", of.hfVit(), ["layer-norm", "9.4", "vision transformer", "none"]],
    ["Swin", of.swinT(), ["layer-norm", "9.4", "Swin", "none"]],
    ["timm Swin", of.timmSwin(), ["layer-norm", "9.4", "Swin", "none"]],
    ["Hugging Face Swin", of.hfSwin(), ["layer-norm", "9.4", "Swin", "none"]],
    ["BERT", of.hfBert(), ["none", null, "text encoder with a layer before the head", "tanh"]],
    ["RoBERTa", of.hfRoberta(), ["none", null, "text encoder with a layer before the head", "tanh"]],
    ["nclab mlp", of.nclabCheckpoint("dense"), ["none", "9.3", "nclab", "not visible"]],
    ["nclab mlp-bn", of.nclabCheckpoint("batch"), ["batch-norm", "9.1", "nclab", "not visible"]],
    ["nclab mlp-ln", of.nclabCheckpoint("layer"), ["layer-norm", "9.4", "nclab", "not visible"]],
  ])("%s", (_, parameters, [ends, section, architecture, activation, branches = 1]) => {
    const head = parameters.some(({ name }) => name === "params/head.weight") ? "params/head.weight" : undefined;
    const found = told(parameters, { head });
    expect(found).toMatchObject({ ends, section, architecture, activation, mostBranches: branches });
    // .safetensors keeps no order.
    const sorted = [...parameters].sort((a, b) => (a.name < b.name ? -1 : 1));
    const again = told(sorted, { ordered: false, head: found.head.name });
    expect({ ...again, evidence: [...again.evidence].sort(byName), norms: [...again.norms].sort(byScale) }).toEqual({
      ...found,
      evidence: [...found.evidence].sort(byName),
      norms: [...found.norms].sort(byScale),
    });
  });
});

const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1);
const byScale = (a: { scale: string | null }, b: { scale: string | null }): number =>
  (a.scale ?? "") < (b.scale ?? "") ? -1 : 1;

test("what it was told by: the last block's normalization, every branch, and the head", () => {
  const { evidence, norms, head } = told(of.resnet([2, 2, 2, 2], false));
  expect(norms).toEqual(
    ["layer4.0.bn2", "layer4.1.bn2", "layer4.0.downsample.1"].map((place) => ({
      scale: `${place}.weight`,
      shift: `${place}.bias`,
    })),
  );
  expect(evidence.map(({ name, shape }) => `${name} ${shape.join("x")}`)).toEqual([
    "layer4.0.bn2.weight 512",
    "layer4.0.bn2.bias 512",
    "layer4.0.bn2.running_mean 512",
    "layer4.0.bn2.running_var 512",
    "layer4.0.bn2.num_batches_tracked ",
    "layer4.0.downsample.1.weight 512",
    "layer4.0.downsample.1.bias 512",
    "layer4.0.downsample.1.running_mean 512",
    "layer4.0.downsample.1.running_var 512",
    "layer4.0.downsample.1.num_batches_tracked ",
    "layer4.1.bn2.weight 512",
    "layer4.1.bn2.bias 512",
    "layer4.1.bn2.running_mean 512",
    "layer4.1.bn2.running_var 512",
    "layer4.1.bn2.num_batches_tracked ",
    "fc.weight 1000x512",
  ]);
  expect(head).toEqual({ name: "fc.weight", classes: 1000, width: 512 });
  // Bottlenecks: the third, of 2048 channels.
  expect(told(of.resnet([3, 4, 6, 3], true)).norms.map(({ scale }) => scale)).toEqual([
    "layer4.0.bn3.weight",
    "layer4.1.bn3.weight",
    "layer4.2.bn3.weight",
    "layer4.0.downsample.1.weight",
  ]);
  expect(told(of.googlenet()).norms).toHaveLength(4);
});

test("where the mean over places or tokens comes after the normalization", () => {
  const after = (parameters: Parameter[]): boolean => told(parameters).pooledAfter;
  expect([of.swinT(), of.densenet121(), of.mixer(), of.resnet([2, 2, 2, 2], false)].map(after)).toEqual([true, true, true, true]);
  expect([of.vitB16(), of.convnextTiny(), of.timmVit(true), of.vgg16(true)].map(after)).toEqual([false, false, false, false]);
});

test("RMS normalization is a scale alone", () => {
  expect(told(of.llama(), { head: "lm_head.weight" })).toMatchObject({
    ends: "rms-norm",
    section: null,
    architecture: "language model",
  });
});

test("a normalization of another width than the head takes is not what ends the features", () => {
  const wide = of
    .hfVit()
    .map((parameter) =>
      parameter.name === "classifier.weight" ? { name: "classifier.weight", shape: [1000, 1536] } : parameter,
    );
  expect(told(wide)).toMatchObject({ ends: "unknown", section: null, misfit: { place: "vit.layernorm", width: 768 }, norms: [] });
});

/** The same network with a head that takes `d` features. */
const withHead = (parameters: readonly Parameter[], head: string, d: number): Parameter[] =>
  parameters.map((parameter) => (parameter.name === head ? { name: head, shape: [parameter.shape[0], d] } : parameter));

describe("a head that takes another number of features than its network gives", () => {
  const small = of.resnet([2, 2, 2, 2], false, { base: 8, K: 10 });
  test.each<[string, readonly Parameter[], string, string, number]>([
    ["ResNet18", small, "fc.weight", "layer4", 64],
    ["pre-activation", of.preactResnet(), "linear.weight", "layer2.1.conv2", 128],
    ["VGG16", of.vgg16(true), "classifier.6.weight", "classifier.3", 4096],
    ["BERT", of.hfBert(), "classifier.weight", "bert.pooler.dense", 768],
    ["GoogLeNet", of.googlenet(), "fc.weight", "inception5b", 1024],
    ["timm ViT", of.timmVit(false), "head.weight", "norm", 768],
    ["an own network, by the order of its file", of.ownMlp("batch"), "", "", 100],
  ])("%s", (_, parameters, name, place, width) => {
    const head = name || (parameters.at(-2) as Parameter).name;
    const found = told(withHead(parameters, head, 99), { head });
    expect(found).toMatchObject({ ends: "unknown", section: null, mostBranches: 1, norms: [] });
    expect(found.misfit).toMatchObject(place === "" ? { width } : { place, width });
    expect(told(parameters, { head }).misfit).toBeNull();
  });
  test("a layer between says what the features are", () => {
    const between = [...small.slice(0, -2), { name: "neck.weight", shape: [99, 64] }, { name: "neck.bias", shape: [99] }];
    const head = { name: "fc.weight", shape: [10, 99] };
    expect(told([...between, head], { head: "fc.weight" })).toMatchObject({ ends: "none", section: "9.3", misfit: null });
  });
  test("a convolution may be flattened", () => {
    const parameters = [
      { name: "0.weight", shape: [8, 3, 3, 3] },
      { name: "4.weight", shape: [5, 128] },
    ];
    expect(told(parameters, { head: "4.weight" })).toMatchObject({ ends: "none", misfit: null });
  });
});

/** The same with group normalization in place of batch normalization: no running statistics. */
const grouped = (parameters: readonly Parameter[]): Parameter[] =>
  parameters.filter(({ name }) => !/\.(running_mean|running_var|num_batches_tracked)$/.test(name));

test("section 9.4 and J are about nothing that only looks like them in a checkpoint", () => {
  // Three group normalizations added up, then a ReLU: no section, and no J.
  expect(told(grouped(of.resnet([2, 2, 2, 2], false)))).toMatchObject({
    ends: "layer-norm-relu",
    section: null,
    mostBranches: 1,
  });
  expect(told(grouped(of.wideResnet()))).toMatchObject({ ends: "layer-norm-relu", section: null, mostBranches: 1 });
  expect(told(grouped(of.densenet121()))).toMatchObject({ ends: "layer-norm-relu", section: null });
  expect(told(grouped(of.efficientnetB0()))).toMatchObject({ ends: "layer-norm", activation: "silu", section: null });
});

test("pre-activation: a sum of convolutions, which no section covers", () => {
  expect(told(of.preactResnet())).toMatchObject({ ends: "none", section: null, norms: [], architecture: "residual network" });
});

test("a convolution before the head behind 1 x 1 convolutions in place of linear layers", () => {
  const found = told(of.timmVgg());
  expect(found).toMatchObject({ ends: "none", architecture: "VGG or AlexNet", activation: "relu" });
});

describe("names of no known architecture: by the order of the file", () => {
  test.each<["dense" | "batch" | "layer", CheckpointEnding["ends"], CheckpointEnding["section"]]>([
    ["dense", "none", "9.3"],
    ["batch", "batch-norm", "9.1"],
    ["layer", "layer-norm", "9.4"],
  ])("%s", (last, ends, section) => {
    expect(told(of.ownMlp(last))).toMatchObject({
      ends,
      section,
      architecture: null,
      activation: "not visible",
      mostBranches: 1,
    });
  });
  test("VGG with one linear layer, and a group normalization", () => {
    expect(told(of.cifarVgg())).toMatchObject({ ends: "batch-norm", section: "9.1", architecture: null });
    expect(told(of.timmResnetV2())).toMatchObject({ ends: "layer-norm", section: "9.4", architecture: null });
  });
  test("without an order only a lone normalization of the features' width says anything", () => {
    const plain = [
      { name: "final_norm.weight", shape: [100] },
      { name: "final_norm.bias", shape: [100] },
      { name: "a.weight", shape: [100, 50] },
      { name: "fc.weight", shape: [10, 100] },
    ];
    expect(told(plain, { head: "fc.weight", ordered: false })).toMatchObject({ ends: "layer-norm", architecture: null });
    expect(told(of.ownMlp("batch"), { ordered: false })).toMatchObject({ ends: "unknown", section: null, evidence: [] });
  });
});

describe("what networks are wrapped in", () => {
  const bare = told(of.resnet([2, 2, 2, 2], false));
  test.each(["module.", "model.", "state_dict.module.", "model_state_dict.net.", "_orig_mod."])("%s", (prefix) => {
    const parameters = of.under(prefix, of.resnet([2, 2, 2, 2], false));
    const found = told(parameters);
    expect(found).toMatchObject({ ends: bare.ends, mostBranches: 3, architecture: "residual network" });
    expect(found.norms[0].scale).toBe(`${prefix}layer4.0.bn2.weight`);
  });
  test("a body beside the head, and an optimizer", () => {
    const whole = of.resnet([2, 2, 2, 2], false);
    const body = of.under("backbone.", whole.slice(0, -2));
    const optimizer = of.under(
      "optimizer.state.",
      whole.map(({ name, shape }) => ({ name: `${name}.exp_avg`, shape })),
    );
    expect(told([...body, ...whole.slice(-2), ...optimizer], { head: "fc.weight" })).toMatchObject({
      mostBranches: 3,
      section: "9.2",
    });
  });
});
