import { namedCounts } from "../data/index.ts";
import type { NetworkName } from "../networks/index.ts";
import { type Prediction, predict } from "../prediction/index.ts";
import { problemOf, type TrainingSettings, trainingSettings } from "../training/index.ts";
import type { FigurePoint, PointOutcome, Scale } from "./figure.ts";

/**
 * The trainings behind figures 1 to 4 (section 4.1): two imbalanced data sets, three networks, lambda_W = 1e-3, lambda_H = 1e-6, lambda_b = 1e-2, weight
 * decay 5e-4, features that end in a ReLU.
 *
 * At the smaller scales a tenth of the images; s/sqrt(n) = N lambda_Z/sqrt(n) stays the paper's where lambda grows by sqrt(10). No weight decay, so that the prediction
 * is of exactly what is minimized; and a learning rate that falls along a cosine, as the paper's steps leave so small a network far from the end of training.
 *
 * With ReLU features, the paper's case, stochastic gradient descent does it all. With linear ones what is left within a class falls slowly (1.9 orders in 400 epochs):
 * there a network with more hidden units than images is trained for some epochs, and then its last layer on all images at once (training/last-layer.ts).
 */
const paper = { lambdaW: 1e-3, lambdaH: 1e-6, lambdaB: 1e-2 };

export interface CollapseRun {
  id: string;
  /** All of it; in pictures of curves and in tables. */
  label: string;
  /** What tells it from the others; over a heat map. */
  title: string;
  point: FigurePoint;
}

export function collapseRuns(scale: Scale): CollapseRun[] {
  const full = scale.name === "full";
  const sets = [
    { name: "Dataset1", counts: namedCounts.Dataset1 },
    { name: "Dataset2", counts: namedCounts.Dataset2 },
  ];
  const kinds: { network: NetworkName; features: TrainingSettings["features"] }[] = full
    ? (["resnet18", "vgg11", "vgg13"] as const).map((network) => ({ network, features: "relu" }))
    : (["linear", "relu"] as const).map((features) => ({
        network: scale.network === "mlp" && features === "linear" ? "mlp-wide" : scale.network,
        features,
      }));
  const datasets = full ? (["cifar-10", "fashion-mnist"] as const) : [scale.dataset];
  const shrink = full ? 1 : 10;
  return datasets.flatMap((dataset) =>
    sets.flatMap(({ name, counts }) =>
      kinds.map(({ network, features }) => {
        const id = `${dataset}-${name.toLowerCase()}-${network}-${features}`;
        const atOnce = network === "mlp-wide";
        const epochs = full ? 1000 : atOnce ? Math.ceil(scale.epochs / 5) : scale.epochs * (scale.name === "demo" ? 1 : 2);
        const settings = trainingSettings({
          counts: counts.map((n) => n / shrink),
          lambdaZ: 1,
          lambdaW: paper.lambdaW * Math.sqrt(shrink),
          lambdaH: paper.lambdaH * Math.sqrt(shrink),
          lambdaB: paper.lambdaB,
          network,
          features,
          epochs,
          schedule: full ? "paper-4.1" : features === "relu" ? "cosine-high" : "cosine",
          ...(atOnce ? { lastLayer: 400 } : {}),
          weightDecay: full ? 5e-4 : 0,
          seed: scale.seed,
          device: scale.device,
        });
        const point = { id, job: { dataset, settings, evaluateEvery: Math.max(1, Math.round(epochs / 20)) } };
        const how = atOnce ? `${features}, last layer at the end` : features;
        const title = `${name}, ${full ? `${network}, ${dataset}` : `${features} features`}`;
        return { id, label: `${name}, ${network} (${how}), ${dataset}`, title, point };
      }),
    ),
  );
}

/** The prediction for what was trained. */
export const predictionOf = (point: PointOutcome): Prediction => predict(problemOf(point.job.settings));
