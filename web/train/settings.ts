import type { Device } from "../../src/engine/index.ts";
import { type TrainingSettings, trainingSettings, underWeightDecay } from "../../src/training/index.ts";
import type { TrainQuestion } from "./messages.ts";
import { decaysAlone } from "./question.ts";

/** The settings of a training that the page asks for, at a lambda_Z that may have been moved since. Throws InputError. */
export function settingsOf(question: TrainQuestion, lambdaZ: number, device: Device): TrainingSettings {
  const { counts, lambdaB, nonnegative, loss, network, regularizer, weightDecay, epochs, batch, seed } = question;
  const features = nonnegative ? "relu" : "linear";
  const shared = { counts, network, features, epochs, batch, seed, device, remedies: { loss } } as const;
  if (!decaysAlone(regularizer))
    return trainingSettings({ ...shared, lambdaZ, lambdaB, weightDecay: regularizer === "both" ? weightDecay : 0 });
  const N = counts.reduce((sum, n) => sum + n, 0);
  const decay = regularizer === "effective" ? "effective" : "all";
  // A bias that does not decay, or none, is said as the command line says it.
  const bias = lambdaB === 0 || lambdaB === Number.POSITIVE_INFINITY ? { biasWeightDecay: lambdaB } : {};
  const penalties = underWeightDecay({ network, features, decay, N }, { weightDecay, ...bias });
  return trainingSettings({ ...shared, ...penalties, schedule: "decay-ramp" });
}
