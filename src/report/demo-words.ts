import { format } from "../number-text.ts";
import type { DemoData } from "./demo-report.ts";

/** What the demo's report says to a reader who has never heard of neural collapse. */
export function lead(data: DemoData): string[] {
  const count = (classes: readonly number[]): string => `${classes.length} classes of ${data.counts[classes[0]]} images`;
  return [
    `A classifier is trained on ${data.dataset}: ${count(data.majority)} (the majority) and ${count(data.minority)} (the minority). ` +
      "Trained to the end, the last layer of such a network takes a shape that can be computed beforehand from nothing but the " +
      "class counts and the strength of the regularization, λ_Z. This page puts that prediction beside the network.",
    "The stronger the regularization, the smaller the room for the minority. Beyond a first threshold the network gives all " +
      "minority classes one and the same answer (minority collapse); beyond a second one it answers the same to everything " +
      "(complete collapse). No further training changes that: it is where the optimum lies.",
  ];
}

export function results(data: DemoData): string[] {
  const from = Math.min(...data.points.map((p) => p.lambdaZ));
  const to = Math.max(...data.points.map((p) => p.lambdaZ));
  return [
    `One network for each of ${data.points.length} values of λ_Z from ${format(from)} to ${format(to)}. The prediction used no ` +
      "training at all. Separation is the largest distance between the mean predictions of two minority classes, max |z_k − z_l| " +
      "over minority classes k and l, in logits: 0 means that they cannot be told apart.",
    `The network approaches the prediction as training goes on; after ${data.epochs} epochs the error in the table is what is left.`,
  ];
}

export const tableNote: string =
  "Errors are relative to the prediction: |Z − Z*| / |Z*| (Frobenius), and the same of the bias b. Accuracies are means over the " +
  "classes of a group. NC1 measures how far the features of a class still scatter about their mean; 0 is full collapse.";

export const heatMaps: string =
  "Each square is a matrix: column k is what the network answers, on average, to images of class k; row i is the answer's logit for " +
  "class i. Red is for, blue against. A red diagonal is a network that knows its classes. Where the lower right block (minority " +
  "classes among themselves) has no diagonal any more, the minority has collapsed; where the whole square is pale, everything has.";

export const heatMapCaption: string =
  "Mean predictions, predicted above and measured below, in one color scale. White lines separate majority (first) and minority.";

export const separation: string =
  "The same in two curves. Above, how far apart the minority's predictions lie: the curve meets 0 at the threshold of minority " +
  "collapse. Below, the largest entry of Z: 0 from complete collapse on. Lines are predicted, symbols are trained networks.";

export const separationCaption: string =
  "Separation of the minority and largest |Z| against λ_Z. Dashed vertical lines are predicted thresholds, listed below the picture.";

export function relu(data: DemoData): string[] {
  const rows = data.relu.filter((p) => p.measured !== null);
  const nearer = rows.filter((p) => Math.abs(p.measured! - p.nonnegative) < Math.abs(p.measured! - p.free)).length;
  const died = data.relu.some((p) => p.vanishedMeasured.some((k) => !p.vanishedPredicted.includes(k)));
  return [
    "The features of many networks are never negative, because their last hidden layer is a ReLU. That changes the prediction: a " +
      "class no longer merges with its neighbours, its features go to 0 by themselves, and complete collapse comes earlier.",
    `Here the measured largest |Z| is nearer to the prediction for nonnegative features than to the one for free features in ${nearer} of ` +
      `${rows.length} runs.`,
    "A warning: ReLU features can die under this regularization. A class whose features have reached 0 gets no gradient and stays " +
      "there, even below its threshold, where the optimum would keep it. Linear features have no such traps. " +
      (died ? "It happened here: see the last column." : "It did not happen in the runs shown here."),
  ];
}

export const glossary: string[] = [
  "Mean prediction z_k: the average of W'h over the images of class k, W the last layer's weights and h the features. Z has the z_k " +
    "as its columns; Z* is the predicted one.",
  "Regularization λ_Z: the square root of λ_W λ_H, the weights of the penalties (λ_W/2)|W|² and (λ_H/2)|H|². Some codes leave out the " +
    "factor 1/2: their λ is half of this one.",
  "Threshold: classes with n samples each merge as soon as n is at most (N λ_Z)², N being the number of all images.",
];

export const numbers: string = "Everything on this page in full precision, matrices as rows (logits) of columns (classes).";
