/**
 * A training step as one small graph: operations with known shapes, gradients by rule, lowered to ONNX. A prototype, to measure what such an engine gives; images are N x C x H x W.
 */
import { model } from "./onnx-file.mjs";

const size = (shape) => shape.reduce((a, b) => a * b, 1);

export class Graph {
  nodes = [];
  constants = [];
  inputs = [];
  parameters = [];
  /** Rules in the order of their operations, to be gone through backwards. */
  rules = [];
  gradients = new Map();
  #count = 0;
  #known = new Map();

  name() {
    return `t${this.#count++}`;
  }

  /** Appends an operation; its first output has this shape. */
  op(type, inputs, shape, attributes, { domain, more = 0 } = {}) {
    const outputs = Array.from({ length: 1 + more }, () => this.name());
    this.nodes.push({ type, inputs: inputs.map((x) => x?.name ?? ""), outputs, attributes, domain });
    return { name: outputs[0], shape };
  }

  input(name, shape) {
    const x = { name, shape };
    this.inputs.push(x);
    return x;
  }

  parameter(name, shape, decay = 0) {
    const w = this.input(name, shape);
    this.parameters.push({ w, velocity: this.input(`${name}.velocity`, shape), decay });
    return w;
  }

  constant(data, shape) {
    const key = `${data.constructor.name}${shape}:${data}`;
    if (!this.#known.has(key)) {
      const x = { name: this.name(), shape };
      this.constants.push({ ...x, data });
      this.#known.set(key, x);
    }
    return this.#known.get(key);
  }

  scalar = (x) => this.constant(Float32Array.of(x), []);
  whole = (...n) => this.constant(BigInt64Array.from(n, BigInt), [n.length]);
  add = (a, b) => this.op("Add", [a, b], a.shape);
  sub = (a, b) => this.op("Sub", [a, b], a.shape);
  mul = (a, b) => this.op("Mul", [a, b], a.shape);
  reshape = (x, shape) => this.op("Reshape", [x, this.whole(...shape)], shape);
  matmul = (a, b, shape, { transA = 0, transB = 0 } = {}) =>
    this.op("FusedMatMul", [a, b], shape, { transA, transB }, { domain: "com.microsoft" });
  sum = (x, axes, shape) => this.op("ReduceSum", [x, this.whole(...axes)], shape, { keepdims: 1 });
  mean = (x, axes, shape) => this.op("ReduceMean", [x], shape, { axes, keepdims: 1 });

  rule(output, backward) {
    this.rules.push({ output, backward });
    return output;
  }

  give(x, gradient) {
    const before = this.gradients.get(x.name);
    this.gradients.set(x.name, before ? this.add(before, gradient) : gradient);
  }

  backward(output, gradient) {
    this.give(output, gradient);
    for (const { output, backward } of this.rules.toReversed()) {
      const g = this.gradients.get(output.name);
      if (g) backward(g);
    }
  }

  dense(x, w, b) {
    const [n, inputs] = x.shape;
    const [, outputs] = w.shape;
    const y = this.op("Gemm", [x, w, b], [n, outputs]);
    return this.rule(y, (g) => {
      this.give(w, this.op("Gemm", [x, g], [inputs, outputs], { transA: 1 }));
      if (b) this.give(b, this.reshape(this.sum(g, [0], [1, outputs]), [outputs]));
      if (!x.leaf) this.give(x, this.op("Gemm", [g, w], [n, inputs], { transB: 1 }));
    });
  }

  relu(x) {
    const y = this.op("Relu", [x], x.shape);
    return this.rule(y, (g) => {
      const open = this.op("Cast", [this.op("Greater", [y, this.scalar(0)], x.shape)], x.shape, { to: 1 });
      this.give(x, this.mul(g, open));
    });
  }

  plus(a, b) {
    return this.rule(this.add(a, b), (g) => {
      this.give(a, g);
      this.give(b, g);
    });
  }

  /** Over all axes but the second. */
  batchNorm(x, scale, shift) {
    const axes = x.shape.flatMap((_, a) => (a === 1 ? [] : [a]));
    const row = x.shape.map((n, a) => (a === 1 ? n : 1));
    const c = this.sub(x, this.mean(x, axes, row));
    const variance = this.mean(this.mul(c, c), axes, row);
    const inverse = this.op("Reciprocal", [this.op("Sqrt", [this.add(variance, this.scalar(1e-5))], row)], row);
    const normal = this.mul(c, inverse);
    const wide = this.reshape(scale, row);
    const y = this.add(this.mul(normal, wide), this.reshape(shift, row));
    return this.rule(y, (g) => {
      const both = this.sum(this.mul(g, normal), axes, row);
      const alone = this.sum(g, axes, row);
      this.give(scale, this.reshape(both, scale.shape));
      this.give(shift, this.reshape(alone, shift.shape));
      const share = this.scalar(1 / (size(x.shape) / x.shape[1]));
      const away = this.add(this.mul(normal, this.mul(both, share)), this.mul(alone, share));
      this.give(x, this.mul(this.sub(g, away), this.mul(wide, inverse)));
    });
  }

  /** w: outputs x inputs x k x k, padding k / 2. */
  convolution(x, w, stride = 1) {
    const [n, inputs, height, width] = x.shape;
    const [outputs, , k] = w.shape;
    const pad = k >> 1;
    const [h, v] = [height / stride, width / stride];
    const pads = [pad, pad, pad, pad];
    const y = this.op("Conv", [x, w], [n, outputs, h, v], { pads, strides: [stride, stride], kernel_shape: [k, k] });
    return this.rule(y, (g) => {
      this.give(w, this.#kernelGradient(x, g, w, stride, pad));
      if (x.leaf) return;
      if (stride === 1) {
        const flipped = this.op(
          "Slice",
          [w, this.whole(-1, -1), this.whole(-(2 ** 31), -(2 ** 31)), this.whole(2, 3), this.whole(-1, -1)],
          w.shape,
        );
        const turned = this.op("Transpose", [flipped], [inputs, outputs, k, k], { perm: [1, 0, 2, 3] });
        this.give(x, this.op("Conv", [g, turned], x.shape, { pads, kernel_shape: [k, k] }));
      } else {
        const extra = stride - 1 - (k - 1 - 2 * pad);
        this.give(
          x,
          this.op("ConvTranspose", [g, w], x.shape, {
            pads,
            strides: [stride, stride],
            kernel_shape: [k, k],
            output_padding: [extra, extra],
          }),
        );
      }
    });
  }

  /** Windows written out sample by sample, k^2 C x H W, times the gradient: a product a sample, then their sum. */
  #kernelGradient(x, g, w, stride, pad) {
    const [n, inputs, height, width] = x.shape;
    const [outputs, , k] = w.shape;
    const [, , h, v] = g.shape;
    const padded =
      pad > 0
        ? this.op(
            "Pad",
            [x, this.whole(0, 0, pad, pad, 0, 0, pad, pad), this.scalar(0)],
            [n, inputs, height + 2 * pad, width + 2 * pad],
          )
        : x;
    const windows = [];
    for (let i = 0; i < k; i++)
      for (let j = 0; j < k; j++) {
        const [to, right] = [i + (h - 1) * stride + 1, j + (v - 1) * stride + 1];
        const places = [this.whole(i, j), this.whole(to, right), this.whole(2, 3), this.whole(stride, stride)];
        windows.push(k === 1 && stride === 1 ? padded : this.op("Slice", [padded, ...places], [n, inputs, h, v]));
      }
    const all = windows.length === 1 ? windows[0] : this.op("Concat", windows, [n, k * k * inputs, h, v], { axis: 1 });
    const columns = this.reshape(all, [n, k * k * inputs, h * v]);
    const each = this.matmul(this.reshape(g, [n, outputs, h * v]), columns, [n, outputs, k * k * inputs], { transB: 1 });
    const summed = this.reshape(this.sum(each, [0], [1, outputs, k * k * inputs]), [outputs, k, k, inputs]);
    return this.op("Transpose", [summed], w.shape, { perm: [0, 3, 1, 2] });
  }

  maxPool(x) {
    const [n, c, height, width] = x.shape;
    const half = [n, c, height / 2, width / 2];
    const y = this.op("MaxPool", [x], half, { kernel_shape: [2, 2], strides: [2, 2] });
    return this.rule(y, (g) => {
      const six = [n, c, height / 2, 2, width / 2, 2];
      const one = [n, c, height / 2, 1, width / 2, 1];
      const is = this.op("Equal", [this.reshape(x, six), this.reshape(y, one)], six);
      const mask = this.op("Cast", [is], six, { to: 1 });
      this.give(x, this.reshape(this.mul(mask, this.reshape(g, one)), x.shape));
    });
  }

  meanOfImage(x) {
    const [n, c, height, width] = x.shape;
    const y = this.reshape(this.mean(x, [2, 3], [n, c, 1, 1]), [n, c]);
    return this.rule(y, (g) => {
      const small = this.mul(this.reshape(g, [n, c, 1, 1]), this.scalar(1 / (height * width)));
      this.give(x, this.op("Expand", [small, this.whole(...x.shape)], x.shape));
    });
  }

  flatten(x) {
    const y = this.reshape(x, [x.shape[0], size(x.shape.slice(1))]);
    return this.rule(y, (g) => this.give(x, this.reshape(g, x.shape)));
  }

  /** Softmax cross-entropy, penalties on head, features and bias, gradients, SGD with momentum: the whole step as one model. Outputs: loss, then parameters and velocities. */
  step({ features, logits, labels, head, rates: { learningRate, momentum, lambdaW, featurePenalty, lambdaB } }) {
    const [n, K] = logits.shape;
    const p = this.op("Softmax", [logits], logits.shape, { axis: 1 });
    const loss = this.op(
      "ReduceMean",
      [this.op("Neg", [this.sum(this.mul(labels, this.op("Log", [p], [n, K])), [1], [n, 1])], [n, 1])],
      [1, 1],
      { keepdims: 1 },
    );
    this.give(features, this.mul(features, this.scalar(featurePenalty / n)));
    this.backward(logits, this.mul(this.sub(p, labels), this.scalar(1 / n)));
    const penalty = new Map([
      [head.w.name, lambdaW],
      [head.b.name, lambdaB],
    ]);
    const outputs = [{ name: loss.name, shape: [1, 1] }];
    for (const { w, velocity } of this.parameters) {
      let g = this.gradients.get(w.name);
      const lambda = penalty.get(w.name);
      if (lambda) g = this.add(g, this.mul(w, this.scalar(lambda)));
      const v = this.add(this.mul(velocity, this.scalar(momentum)), g);
      outputs.push(this.sub(w, this.mul(v, this.scalar(learningRate))), v);
    }
    const { nodes, constants, inputs } = this;
    return { bytes: model({ nodes, constants, inputs, outputs }), outputs };
  }
}
