import type { Images } from "../../src/data/index.ts";
import { random } from "../../src/math/random.ts";

/** Two classifiers as simple as they come, to say how hard a set of images is. Both return the accuracy on `test`. */

/** Multinomial logistic regression by stochastic gradient descent on centred pixels/255, a sample at a time. */
export function softmaxRegression(train: Images, test: Images, epochs = 12): { train: number; test: number } {
  const { K, d } = { K: train.classes, d: train.height * train.width * train.channels };
  const mean = pixelMeans(train);
  const x = centred(train, mean);
  const W = new Float64Array(K * d);
  const p = new Float64Array(K);
  const order = Array.from({ length: train.count }, (_, i) => i);
  const rng = random(0);
  for (let epoch = 0; epoch < epochs; epoch++) {
    const rate = 0.01 * (1 - epoch / epochs);
    for (const i of rng.shuffle(order)) {
      logits(W, x, i, d, p);
      const top = Math.max(...p);
      const sum = p.reduce((total, z) => total + Math.exp(z - top), 0);
      for (let k = 0; k < K; k++) {
        const g = rate * (Math.exp(p[k] - top) / sum - (k === train.labels[i] ? 1 : 0));
        for (let j = 0; j < d; j++) W[k * d + j] -= g * x[i * d + j];
      }
    }
  }
  const share = (images: Images, values: Float64Array): number => {
    let right = 0;
    for (let i = 0; i < images.count; i++) {
      logits(W, values, i, d, p);
      if (p.indexOf(Math.max(...p)) === images.labels[i]) right++;
    }
    return right / images.count;
  };
  return { train: share(train, x), test: share(test, centred(test, mean)) };
}

/** The nearest training image, by Euclidean distance. */
export function nearestNeighbour(train: Images, test: Images): number {
  const d = train.height * train.width * train.channels;
  let right = 0;
  for (let i = 0; i < test.count; i++) {
    let best = Number.POSITIVE_INFINITY;
    let label = -1;
    for (let t = 0; t < train.count; t++) {
      let distance = 0;
      for (let j = 0; j < d && distance < best; j++) distance += (test.pixels[i * d + j] - train.pixels[t * d + j]) ** 2;
      if (distance < best) [best, label] = [distance, train.labels[t]];
    }
    if (label === test.labels[i]) right++;
  }
  return right / test.count;
}

function logits(W: Float64Array, x: Float64Array, i: number, d: number, out: Float64Array): void {
  for (let k = 0; k < out.length; k++) {
    let sum = 0;
    for (let j = 0; j < d; j++) sum += W[k * d + j] * x[i * d + j];
    out[k] = sum;
  }
}

function pixelMeans(images: Images): Float64Array {
  const d = images.pixels.length / images.count;
  const mean = new Float64Array(d);
  images.pixels.forEach((value, at) => {
    mean[at % d] += value / 255 / images.count;
  });
  return mean;
}

function centred(images: Images, mean: Float64Array): Float64Array {
  return Float64Array.from(images.pixels, (value, at) => value / 255 - mean[at % mean.length]);
}
