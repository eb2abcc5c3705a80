import { type Backend, deviceFor, startEngine } from "../../src/engine/index.ts";
import { InputError } from "../../src/errors.ts";
import { predict } from "../../src/prediction/index.ts";
import { problemOf, type TrainingSettings, type TrainingState, trainingSettings, trainRun } from "../../src/training/index.ts";
import { trainingImages } from "./images.ts";
import type { FromTraining, StartMessage, ToTraining } from "./messages.ts";

/** The command line's training loop in a thread of the page. Between two epochs it looks whether it should wait, or go on with another lambda_Z. */
const say = (message: FromTraining): void => self.postMessage(message);

/** Ends the loop of `trainRun` between two epochs. */
class Changed extends Error {}

let lambdaZ = 0;
let paused = false;
let release: (() => void) | null = null;

self.onmessage = ({ data }: MessageEvent<ToTraining>) => {
  if (data.kind === "start") {
    train(data).catch((error: Error) =>
      say({ kind: "failed", message: error instanceof InputError ? error.message : `training failed: ${error.message}` }),
    );
  } else if (data.kind === "lambda") lambdaZ = data.lambdaZ;
  else {
    paused = data.kind !== "go";
    if (data.kind !== "pause") release?.();
  }
};

say({ kind: "loaded" });

async function train(message: StartMessage): Promise<void> {
  const began = performance.now();
  const { counts, lambdaB, nonnegative, loss, epochs, batch, seed } = message;
  lambdaZ = message.lambdaZ;
  const device = await deviceFor(message.backend as Backend);
  const settingsAt = (x: number): TrainingSettings =>
    trainingSettings({
      ...{ counts, lambdaZ: x, lambdaB, features: nonnegative ? "relu" : "linear", epochs, batch, seed, device },
      remedies: { loss },
    });
  let settings = settingsAt(lambdaZ);
  let used = lambdaZ;
  const data = await trainingImages(message);
  // One core stays the page's own.
  const threads = globalThis.crossOriginIsolated === true ? Math.max(1, navigator.hardwareConcurrency - 1) : 1;
  await startEngine(device, { threads });
  say({ kind: "ready", device, threads });

  let resume: TrainingState | undefined;
  for (;;) {
    const { Z, clusters, problem } = predict(problemOf(settings));
    say({ kind: "goal", prediction: { Z, clusters, problem } });
    try {
      await trainRun(settings, data, {
        resume,
        evaluateEvery: 1,
        checkpointEvery: 1,
        onProgress: ({ step, steps, epoch }) => say({ kind: "progress", step, steps, epoch, epochs }),
        onEvaluation: ({ epoch, Z, nc1, comparison, objective, predictedObjective, trainAccuracy }, { last }) =>
          say({
            kind: "epoch",
            epoch,
            lambdaZ: used,
            Z,
            nc1: nc1.paper,
            error: comparison?.Zerror.frobenius ?? null,
            objective,
            predictedObjective,
            trainAccuracy,
            means: last,
          }),
        onCheckpoint: async (state) => {
          resume = state;
          // Messages are heard only when the loop rests.
          await new Promise((resolve) => setTimeout(resolve));
          if (state.epoch < epochs && paused) {
            say({ kind: "paused", epoch: state.epoch });
            await new Promise<void>((resolve) => {
              release = resolve;
            });
            release = null;
          }
          if (state.epoch < epochs && lambdaZ !== used) throw new Changed();
        },
      });
      say({ kind: "done", epoch: epochs, seconds: (performance.now() - began) / 1000 });
      return;
    } catch (error) {
      if (!(error instanceof Changed)) throw error;
      settings = settingsAt(lambdaZ);
      used = lambdaZ;
    }
  }
}
