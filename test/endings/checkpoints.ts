import type { Parameter } from "../../src/endings/index.ts";

/*
 * State dictionaries as names with shapes, in the order in which PyTorch writes them: of torchvision, timm and Hugging Face, and of code that people copy. Written after these libraries' module definitions; repeated blocks
 * that differ in nothing that matters are there once or twice.
 */
const p = (name: string, ...shape: number[]): Parameter => ({ name, shape });
const linear = (place: string, outputs: number, inputs: number, bias = true): Parameter[] => [
  p(`${place}.weight`, outputs, inputs),
  ...(bias ? [p(`${place}.bias`, outputs)] : []),
];
const conv = (place: string, outputs: number, inputs: number, k = 3, bias = false): Parameter[] => [
  p(`${place}.weight`, outputs, inputs, k, k),
  ...(bias ? [p(`${place}.bias`, outputs)] : []),
];
const bn = (place: string, size: number): Parameter[] => [
  p(`${place}.weight`, size),
  p(`${place}.bias`, size),
  p(`${place}.running_mean`, size),
  p(`${place}.running_var`, size),
  p(`${place}.num_batches_tracked`),
];
const ln = (place: string, size: number): Parameter[] => [p(`${place}.weight`, size), p(`${place}.bias`, size)];

/** ResNet: basic blocks (two convolutions) or bottlenecks (three). */
export function resnet(
  blocks: readonly number[],
  bottleneck: boolean,
  {
    base = 64,
    K = 1000,
    shortcut = "downsample",
    head = "fc",
  }: { base?: number; K?: number; shortcut?: string; head?: string } = {},
): Parameter[] {
  const out: Parameter[] = [...conv("conv1", base, 3, base === 64 ? 7 : 3), ...bn("bn1", base)];
  let inputs = base;
  blocks.forEach((count, s) => {
    const width = base * 2 ** s;
    const outputs = bottleneck ? 4 * width : width;
    for (let b = 0; b < count; b++) {
      const place = `layer${s + 1}.${b}`;
      const widths = bottleneck ? [width, width, outputs] : [width, outputs];
      let from = inputs;
      widths.forEach((w, i) => {
        out.push(...conv(`${place}.conv${i + 1}`, w, from, bottleneck && i !== 1 ? 1 : 3), ...bn(`${place}.bn${i + 1}`, w));
        from = w;
      });
      if (b === 0 && inputs !== outputs)
        out.push(...conv(`${place}.${shortcut}.0`, outputs, inputs, 1), ...bn(`${place}.${shortcut}.1`, outputs));
      inputs = outputs;
    }
  });
  return [...out, ...linear(head, K, inputs)];
}

/** Pre-activation blocks after kuangliu/pytorch-cifar: normalization before each convolution, none after the last. */
export const preactResnet = (): Parameter[] => [
  ...conv("conv1", 64, 3),
  ...bn("layer1.0.bn1", 64),
  ...conv("layer1.0.conv1", 64, 64),
  ...bn("layer1.0.bn2", 64),
  ...conv("layer1.0.conv2", 64, 64),
  ...bn("layer2.0.bn1", 64),
  ...conv("layer2.0.conv1", 128, 64),
  ...bn("layer2.0.bn2", 128),
  ...conv("layer2.0.conv2", 128, 128),
  ...conv("layer2.0.shortcut.0", 128, 64, 1),
  ...bn("layer2.1.bn1", 128),
  ...conv("layer2.1.conv1", 128, 128),
  ...bn("layer2.1.bn2", 128),
  ...conv("layer2.1.conv2", 128, 128),
  ...linear("linear", 10, 128),
];

/** Wide residual network after xternalz/WideResNet-pytorch. */
export const wideResnet = (): Parameter[] => [
  ...conv("conv1", 16, 3),
  ...bn("block1.layer.0.bn1", 16),
  ...conv("block1.layer.0.conv1", 160, 16),
  ...bn("block1.layer.0.bn2", 160),
  ...conv("block1.layer.0.conv2", 160, 160),
  ...conv("block1.layer.0.convShortcut", 160, 16, 1),
  ...bn("block3.layer.0.bn1", 320),
  ...conv("block3.layer.0.conv1", 640, 320),
  ...bn("block3.layer.0.bn2", 640),
  ...conv("block3.layer.0.conv2", 640, 640),
  ...conv("block3.layer.0.convShortcut", 640, 320, 1),
  ...bn("bn1", 640),
  ...linear("fc", 100, 640),
];

export const vgg16 = (normalized: boolean): Parameter[] => {
  const out: Parameter[] = [];
  let at = 0;
  let inputs = 3;
  for (const w of [64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0]) {
    if (w === 0) {
      at++;
      continue;
    }
    out.push(...conv(`features.${at}`, w, inputs, 3, true));
    if (normalized) out.push(...bn(`features.${at + 1}`, w));
    at += normalized ? 3 : 2;
    inputs = w;
  }
  return [
    ...out,
    ...linear("classifier.0", 4096, 25088),
    ...linear("classifier.3", 4096, 4096),
    ...linear("classifier.6", 1000, 4096),
  ];
};

/** VGG with batch normalization and one linear layer, after kuangliu/pytorch-cifar. */
export const cifarVgg = (): Parameter[] => [
  ...vgg16(true).filter(({ name }) => name.startsWith("features.")),
  ...linear("classifier", 10, 512),
];

export const alexnet = (): Parameter[] => [
  ...conv("features.0", 64, 3, 11, true),
  ...conv("features.3", 192, 64, 5, true),
  ...conv("features.10", 256, 256, 3, true),
  ...linear("classifier.1", 4096, 9216),
  ...linear("classifier.4", 4096, 4096),
  ...linear("classifier.6", 1000, 4096),
];

/** timm's: the hidden layers as convolutions. */
export const timmVgg = (): Parameter[] => [
  ...vgg16(false).filter(({ name }) => name.startsWith("features.")),
  ...conv("pre_logits.fc1", 4096, 512, 7, true),
  ...conv("pre_logits.fc2", 4096, 4096, 1, true),
  ...linear("head.fc", 1000, 4096),
];

export const densenet121 = (): Parameter[] => [
  ...conv("features.conv0", 64, 3, 7),
  ...bn("features.norm0", 64),
  ...bn("features.denseblock1.denselayer1.norm1", 64),
  ...conv("features.denseblock1.denselayer1.conv1", 128, 64, 1),
  ...bn("features.denseblock1.denselayer1.norm2", 128),
  ...conv("features.denseblock1.denselayer1.conv2", 32, 128),
  ...bn("features.transition3.norm", 1024),
  ...bn("features.denseblock4.denselayer16.norm2", 128),
  ...conv("features.denseblock4.denselayer16.conv2", 32, 128),
  ...bn("features.norm5", 1024),
  ...linear("classifier", 1000, 1024),
];

export const googlenet = (): Parameter[] => [
  ...conv("conv1.conv", 64, 3, 7),
  ...bn("conv1.bn", 64),
  ...conv("inception5b.branch1.conv", 384, 832, 1),
  ...bn("inception5b.branch1.bn", 384),
  ...conv("inception5b.branch2.0.conv", 192, 832, 1),
  ...bn("inception5b.branch2.0.bn", 192),
  ...conv("inception5b.branch2.1.conv", 384, 192),
  ...bn("inception5b.branch2.1.bn", 384),
  ...bn("inception5b.branch3.0.bn", 48),
  ...bn("inception5b.branch3.1.bn", 128),
  ...bn("inception5b.branch4.1.bn", 128),
  ...linear("aux1.fc2", 1000, 1024),
  ...linear("fc", 1000, 1024),
];

export const mobilenetV2 = (): Parameter[] => [
  ...conv("features.0.0", 32, 3),
  ...bn("features.0.1", 32),
  ...conv("features.1.conv.0.0", 32, 1),
  ...bn("features.1.conv.0.1", 32),
  ...conv("features.1.conv.1", 16, 32, 1),
  ...bn("features.1.conv.2", 16),
  ...conv("features.18.0", 1280, 320, 1),
  ...bn("features.18.1", 1280),
  ...linear("classifier.1", 1000, 1280),
];

export const mobilenetV3 = (): Parameter[] => [
  ...conv("features.0.0", 16, 3),
  ...bn("features.0.1", 16),
  ...conv("features.1.block.0.0", 16, 1),
  ...bn("features.1.block.0.1", 16),
  ...conv("features.4.block.2.fc1", 24, 72, 1, true),
  ...conv("features.16.0", 960, 160, 1),
  ...bn("features.16.1", 960),
  ...linear("classifier.0", 1280, 960),
  ...linear("classifier.3", 1000, 1280),
];

export const efficientnetB0 = (): Parameter[] => [
  ...conv("features.0.0", 32, 3),
  ...bn("features.0.1", 32),
  ...conv("features.1.0.block.0.0", 32, 1),
  ...bn("features.1.0.block.0.1", 32),
  ...conv("features.1.0.block.1.fc1", 8, 32, 1, true),
  ...conv("features.1.0.block.1.fc2", 32, 8, 1, true),
  ...conv("features.1.0.block.2.0", 16, 32, 1),
  ...bn("features.1.0.block.2.1", 16),
  ...conv("features.8.0", 1280, 320, 1),
  ...bn("features.8.1", 1280),
  ...linear("classifier.1", 1000, 1280),
];

export const timmEfficientnet = (): Parameter[] => [
  ...conv("conv_stem", 32, 3),
  ...bn("bn1", 32),
  ...conv("blocks.0.0.conv_dw", 32, 1),
  ...bn("blocks.0.0.bn1", 32),
  ...conv("blocks.0.0.se.conv_reduce", 8, 32, 1, true),
  ...bn("blocks.6.0.bn3", 320),
  ...conv("conv_head", 1280, 320, 1),
  ...bn("bn2", 1280),
  ...linear("classifier", 1000, 1280),
];

export const convnextTiny = (): Parameter[] => [
  ...conv("features.0.0", 96, 3, 4, true),
  ...ln("features.0.1", 96),
  p("features.1.0.layer_scale", 96, 1, 1),
  ...conv("features.1.0.block.0", 96, 1, 7, true),
  ...ln("features.1.0.block.2", 96),
  ...linear("features.1.0.block.3", 384, 96),
  ...linear("features.7.2.block.5", 768, 3072),
  ...ln("classifier.0", 768),
  ...linear("classifier.2", 1000, 768),
];

export const timmConvnext = (): Parameter[] => [
  ...conv("stem.0", 96, 3, 4, true),
  ...ln("stem.1", 96),
  p("stages.3.blocks.2.gamma", 768),
  ...conv("stages.3.blocks.2.conv_dw", 768, 1, 7, true),
  ...ln("stages.3.blocks.2.norm", 768),
  ...linear("stages.3.blocks.2.mlp.fc1", 3072, 768),
  ...linear("stages.3.blocks.2.mlp.fc2", 768, 3072),
  ...ln("head.norm", 768),
  ...linear("head.fc", 1000, 768),
];

const block = (place: string, d: number, names: { norm1: string; norm2: string; fc: string }): Parameter[] => [
  ...ln(`${place}.${names.norm1}`, d),
  ...ln(`${place}.${names.norm2}`, d),
  ...linear(`${place}.${names.fc}`, 4 * d, d),
];

export const vitB16 = (): Parameter[] => [
  p("class_token", 1, 1, 768),
  ...conv("conv_proj", 768, 3, 16, true),
  p("encoder.pos_embedding", 1, 197, 768),
  ...[0, 11].flatMap((i) => [
    ...block(`encoder.layers.encoder_layer_${i}`, 768, { norm1: "ln_1", norm2: "ln_2", fc: "mlp.0" }),
    p(`encoder.layers.encoder_layer_${i}.self_attention.in_proj_weight`, 2304, 768),
  ]),
  ...ln("encoder.ln", 768),
  ...linear("heads.head", 1000, 768),
];

/** `mean`: the mean over tokens is normalized, not the class token. */
export const timmVit = (mean: boolean): Parameter[] => [
  p("cls_token", 1, 1, 768),
  p("pos_embed", 1, 197, 768),
  ...conv("patch_embed.proj", 768, 3, 16, true),
  ...[0, 11].flatMap((i) => [
    ...block(`blocks.${i}`, 768, { norm1: "norm1", norm2: "norm2", fc: "mlp.fc1" }),
    ...linear(`blocks.${i}.attn.qkv`, 2304, 768),
  ]),
  ...(mean ? ln("fc_norm", 768) : ln("norm", 768)),
  ...linear("head", 1000, 768),
];

export const mixer = (): Parameter[] => [
  ...conv("stem.proj", 768, 3, 16, true),
  ...ln("blocks.11.norm1", 768),
  ...linear("blocks.11.mlp_tokens.fc1", 384, 196),
  ...ln("blocks.11.norm2", 768),
  ...linear("blocks.11.mlp_channels.fc2", 768, 3072),
  ...ln("norm", 768),
  ...linear("head", 1000, 768),
];

export const swinT = (): Parameter[] => [
  ...conv("features.0.0", 96, 3, 4, true),
  ...ln("features.0.2", 96),
  ...ln("features.1.0.norm1", 96),
  p("features.1.0.attn.relative_position_bias_table", 169, 3),
  ...linear("features.7.1.mlp.3", 768, 3072),
  ...ln("norm", 768),
  ...linear("head", 1000, 768),
];

export const timmSwin = (): Parameter[] => [
  ...conv("patch_embed.proj", 96, 3, 4, true),
  ...ln("patch_embed.norm", 96),
  p("layers.3.blocks.1.attn.relative_position_bias_table", 169, 24),
  ...linear("layers.3.blocks.1.mlp.fc2", 768, 3072),
  ...ln("norm", 768),
  ...linear("head.fc", 1000, 768),
];

/** BiT: group normalization at the end, which looks like layer normalization. */
export const timmResnetV2 = (): Parameter[] => [
  ...conv("stem.conv", 64, 3, 7),
  ...ln("stages.3.blocks.2.norm3", 512),
  ...conv("stages.3.blocks.2.conv3", 2048, 512, 1),
  ...ln("norm", 2048),
  ...conv("head.fc", 1000, 2048, 1, true),
];

export const hfVit = (): Parameter[] => [
  p("vit.embeddings.cls_token", 1, 1, 768),
  ...conv("vit.embeddings.patch_embeddings.projection", 768, 3, 16, true),
  ...linear("vit.encoder.layer.11.attention.attention.query", 768, 768),
  ...linear("vit.encoder.layer.11.output.dense", 768, 3072),
  ...ln("vit.encoder.layer.11.layernorm_before", 768),
  ...ln("vit.encoder.layer.11.layernorm_after", 768),
  ...ln("vit.layernorm", 768),
  ...linear("classifier", 1000, 768),
];

export const hfResnet50 = (): Parameter[] => {
  const one = (place: string, outputs: number, inputs: number, k: number): Parameter[] => [
    ...conv(`${place}.convolution`, outputs, inputs, k),
    ...bn(`${place}.normalization`, outputs),
  ];
  return [
    ...one("resnet.embedder.embedder", 64, 3, 7),
    ...one("resnet.encoder.stages.3.layers.0.shortcut", 2048, 1024, 1),
    ...[0, 1, 2].flatMap((i) => [
      ...one(`resnet.encoder.stages.3.layers.${i}.layer.0`, 512, i === 0 ? 1024 : 2048, 1),
      ...one(`resnet.encoder.stages.3.layers.${i}.layer.1`, 512, 512, 3),
      ...one(`resnet.encoder.stages.3.layers.${i}.layer.2`, 2048, 512, 1),
    ]),
    ...linear("classifier.1", 1000, 2048),
  ];
};

export const hfConvnext = (): Parameter[] => [
  ...conv("convnext.embeddings.patch_embeddings", 96, 3, 4, true),
  ...ln("convnext.embeddings.layernorm", 96),
  ...conv("convnext.encoder.stages.3.layers.2.dwconv", 768, 1, 7, true),
  ...ln("convnext.encoder.stages.3.layers.2.layernorm", 768),
  ...linear("convnext.encoder.stages.3.layers.2.pwconv2", 768, 3072),
  ...ln("convnext.layernorm", 768),
  ...linear("classifier", 1000, 768),
];

export const hfSwin = (): Parameter[] => [
  ...conv("swin.embeddings.patch_embeddings.projection", 96, 3, 4, true),
  p("swin.encoder.layers.3.blocks.1.attention.self.relative_position_bias_table", 169, 24),
  ...linear("swin.encoder.layers.3.blocks.1.output.dense", 768, 3072),
  ...ln("swin.layernorm", 768),
  ...linear("classifier", 1000, 768),
];

export const hfBert = (): Parameter[] => [
  p("bert.embeddings.word_embeddings.weight", 30522, 768),
  ...ln("bert.embeddings.LayerNorm", 768),
  ...linear("bert.encoder.layer.11.output.dense", 768, 3072),
  ...ln("bert.encoder.layer.11.output.LayerNorm", 768),
  ...linear("bert.pooler.dense", 768, 768),
  ...linear("classifier", 5, 768),
];

export const hfRoberta = (): Parameter[] => [
  ...ln("roberta.encoder.layer.11.output.LayerNorm", 768),
  ...linear("classifier.dense", 768, 768),
  ...linear("classifier.out_proj", 3, 768),
];

export const llama = (): Parameter[] => [
  p("model.embed_tokens.weight", 32000, 4096),
  p("model.layers.31.self_attn.q_proj.weight", 4096, 4096),
  p("model.layers.31.input_layernorm.weight", 4096),
  p("model.layers.31.post_attention_layernorm.weight", 4096),
  p("model.norm.weight", 4096),
  p("lm_head.weight", 32000, 4096),
];

export const regnet = (): Parameter[] => [
  ...conv("stem.0", 32, 3),
  ...bn("stem.1", 32),
  ...[0, 1].flatMap((i) => {
    const place = `trunk_output.block4.block4-${i}`;
    return [
      ...(i === 0 ? [...conv(`${place}.proj.0`, 440, 208, 1), ...bn(`${place}.proj.1`, 440)] : []),
      ...conv(`${place}.f.a.0`, 440, i === 0 ? 208 : 440, 1),
      ...bn(`${place}.f.a.1`, 440),
      ...conv(`${place}.f.b.0`, 440, 8),
      ...bn(`${place}.f.b.1`, 440),
      ...conv(`${place}.f.se.fc1`, 110, 440, 1, true),
      ...conv(`${place}.f.c.0`, 440, 440, 1),
      ...bn(`${place}.f.c.1`, 440),
    ];
  }),
  ...linear("fc", 1000, 440),
];

/** What nclab writes: parameters, running statistics and momentum apart. */
export const nclabCheckpoint = (ends: "dense" | "batch" | "layer"): Parameter[] => {
  const params: Parameter[] = [
    p("params/hidden.weight", 512, 784),
    p("params/hidden.bias", 512),
    p("params/norm.scale", 512),
    p("params/norm.shift", 512),
    p("params/features.weight", 256, 512),
    p("params/features.bias", 256),
    ...(ends === "dense" ? [] : [p("params/features.norm.scale", 256), p("params/features.norm.shift", 256)]),
    p("params/head.weight", 10, 256),
    p("params/head.bias", 10),
  ];
  return [
    ...params,
    p("stats/norm.mean", 512),
    p("stats/norm.variance", 512),
    ...(ends === "batch" ? [p("stats/features.norm.mean", 256), p("stats/features.norm.variance", 256)] : []),
    ...params.map(({ name, shape }) => ({ name: name.replace("params/", "velocities/"), shape })),
  ];
};

/** An mlp of people's own: linear layers with batch normalization between, and none before the head. */
export const ownMlp = (last: "dense" | "batch" | "layer"): Parameter[] => [
  ...linear("fc1", 300, 784),
  ...bn("bn1", 300),
  ...linear("fc2", 100, 300),
  ...(last === "dense" ? [] : last === "batch" ? bn("bn2", 100) : ln("ln2", 100)),
  ...linear("classifier", 10, 100),
];

/** Names with something before each. */
export const under = (prefix: string, parameters: readonly Parameter[]): Parameter[] =>
  parameters.map(({ name, shape }) => ({ name: prefix + name, shape }));
