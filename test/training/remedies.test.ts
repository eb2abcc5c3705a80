import { describe, expect, test } from "vitest";
import type { Images } from "../../src/data/dataset.ts";
import { Graph } from "../../src/engine/index.ts";
import { evaluate } from "../../src/engine/plain.ts";
import { wasmEngine } from "../../src/engine/wasm/index.ts";
import { InputError } from "../../src/errors.ts";
import { labelRows, seenImages } from "../../src/training/batches.ts";
import { type Adjustment, lossOf } from "../../src/training/loss.ts";
import { trainingLoss } from "../../src/training/outputs.ts";
import { noRemedies, problemOf, seenCounts, trainingSettings } from "../../src/training/settings.ts";
import { expectTwinOf } from "../engine/twin.ts";

const images: Images = {
  name: "four pixels",
  split: "train",
  classes: 3,
  count: 4,
  height: 1,
  width: 1,
  channels: 1,
  pixels: Uint8Array.of(1, 2, 3, 4),
  labels: Uint8Array.of(0, 1, 1, 2),
};
const remedies = { weights: [1, 2, 0.5], offsets: [0.3, -0.2, 0], factors: [1, 0.5, 2], smoothing: 0.1, repeats: [1, 1, 3] };
const settings = trainingSettings({ counts: [1, 2, 1], lambdaZ: 0.1, lambdaB: 0.5, batch: 2, remedies });

// Two features, W (3 x 2) and b.
const H = [0.5, -1, 0.2, 0.4, -0.3, 0.8, 1.1, 0.1];
const W = [1, 0.5, -0.4, 0.9, 0.2, -0.7];
const b = [0.1, -0.1, 0.05];
const logits = [0, 1, 2, 3].map((i) => [0, 1, 2].map((k) => H[2 * i] * W[2 * k] + H[2 * i + 1] * W[2 * k + 1] + b[k]));

/** The batch's loss without penalties, in float64; what trains finds the same in float32. */
async function madeOf(given: Adjustment & Parameters<typeof labelRows>[2]): Promise<{ crossEntropy: number; correct: number }> {
  const graph = new Graph();
  const array = (values: readonly number[], columns: number) => graph.constant(values, [values.length / columns, columns]);
  const batch = { features: array(H, 2), W: array(W, 2), b: graph.constant(b), logits: array(logits.flat(), 3) };
  const labels = labelRows(images, [0, 1, 2, 3], given);
  const loss = lossOf(batch, graph.constant(labels.data, labels.shape), { lambdaW: 0, featurePenalty: 0, lambdaB: 0 }, given);
  graph.output("crossEntropy", loss.crossEntropy);
  graph.output("correct", loss.correct);
  await expectTwinOf([wasmEngine(1)], graph, {});
  const { outputs } = evaluate(graph, {}, {}, (n) => new Float64Array(n));
  return { crossEntropy: outputs.crossEntropy[0], correct: outputs.correct[0] };
}

/** The loss of theory, section 6, of one sample, written out. */
function sampleLoss(i: number): number {
  const k = images.labels[i];
  const u = logits[i].map((z, j) => remedies.factors[j] * z + remedies.offsets[j]);
  const total = u.reduce((sum, x) => sum + Math.exp(x), 0);
  return u.reduce((sum, x, j) => sum - remedies.weights[k] * ((j === k ? 0.9 : 0) + 0.1 / 3) * (x - Math.log(total)), 0);
}

describe("remedies in training are those of the theory", () => {
  test("a batch's cross-entropy is the mean of weight, smoothing, factors and offsets written out", async () => {
    const made = await madeOf(remedies);
    const expected = [0, 1, 2, 3].reduce((sum, i) => sum + sampleLoss(i) / 4, 0);
    expect(made.crossEntropy).toBeCloseTo(expected, 6);
    // Whether an answer is right is asked of the logits as they are.
    const right = logits.filter((z, i) => z.indexOf(Math.max(...z)) === images.labels[i]).length;
    expect(made.correct).toBe(right);
  });

  test.each(["square", "bce"] as const)(
    "%s: a batch's loss and the evaluated one are those of every logit written out, weighted by class",
    async (loss) => {
      const given = { ...remedies, offsets: null, factors: null, loss };
      /** Half the square, or the cross-entropy of a logit's own sigmoid with its target. */
      const each = (u: number, q: number): number => {
        const p = 1 / (1 + Math.exp(-u));
        return loss === "square" ? (u - q) ** 2 / 2 : -q * Math.log(p) - (1 - q) * Math.log(1 - p);
      };
      const sample = (i: number): number => {
        const k = images.labels[i];
        return logits[i].reduce((sum, u, j) => sum + remedies.weights[k] * each(u, (j === k ? 0.9 : 0) + 0.1 / 3), 0);
      };
      const made = await madeOf(given);
      expect(made.crossEntropy).toBeCloseTo((sample(0) + sample(1) + sample(2) + sample(3)) / 4, 6);
      const of = trainingSettings({ counts: [1, 2, 1], lambdaZ: 0.1, lambdaB: 0.5, batch: 2, remedies: given });
      const outputs = { features: Float32Array.from(H), logits: Float32Array.from(logits.flat()) };
      expect(trainingLoss(outputs, images.labels, of).loss).toBeCloseTo(
        (sample(0) + sample(1) + sample(2) + 3 * sample(3)) / 6,
        6,
      );
      expect(problemOf(of).loss).toBe(loss);
    },
  );

  test("the evaluated loss counts the copies, in the loss and in the feature penalty", () => {
    const { loss, featureSquares } = trainingLoss(
      { features: Float32Array.from(H), logits: Float32Array.from(logits.flat()) },
      images.labels,
      settings,
    );
    expect(loss).toBeCloseTo((sampleLoss(0) + sampleLoss(1) + sampleLoss(2) + 3 * sampleLoss(3)) / 6, 6);
    const squares = (i: number) => H[2 * i] ** 2 + H[2 * i + 1] ** 2;
    expect(featureSquares).toBeCloseTo(squares(0) + squares(1) + squares(2) + 3 * squares(3), 6);
  });

  test("an epoch sees each image as often as its class is repeated, and the prediction is for those counts", () => {
    expect([...seenImages(images, remedies.repeats)]).toEqual([0, 1, 2, 3, 3, 3]);
    expect([...seenImages(images, null)]).toEqual([0, 1, 2, 3]);
    expect(seenCounts(settings)).toEqual([1, 2, 3]);
    const p = problemOf(settings);
    expect(p.counts).toEqual([1, 2, 3]);
    expect(p.N).toBe(6);
    expect(p).toMatchObject({ weights: remedies.weights, offsets: remedies.offsets, factors: remedies.factors, smoothing: 0.1 });
  });

  test("none are the default, and wrong ones are named", () => {
    expect(trainingSettings({ counts: [2, 2], lambdaZ: 0.1, batch: 2 }).remedies).toEqual(noRemedies);
    const bad = (wrong: object, message: string) => {
      const build = () => trainingSettings({ counts: [2, 2], lambdaZ: 0.1, batch: 2, remedies: wrong });
      expect(build).toThrow(InputError);
      expect(build).toThrow(message);
    };
    bad({ repeats: [1] }, "repeats: expected 2 whole numbers");
    bad({ repeats: [1, 0] }, "repeats[1]");
    bad({ weights: [1, 0] }, "weights[1]");
    bad({ smoothing: 1 }, "smoothing");
    bad({ loss: "hinge" }, "loss: expected one of");
    bad({ loss: "square", offsets: [1, 0] }, "offsets: expected none with the loss square");
  });
});
