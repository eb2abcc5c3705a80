import { type Backend, deviceFor, startEngine } from "../../src/engine/index.ts";
import { InputError } from "../../src/errors.ts";
import { predict, predictLayerNorm } from "../../src/prediction/index.ts";
import {
  featuresPenalized,
  layerNormProblemOf,
  problemOf,
  type TrainingSettings,
  type TrainingState,
  trainRun,
  unpredicted,
} from "../../src/training/index.ts";
import { byCount } from "../by-count.ts";
import { trainingImages } from "./images.ts";
import type { FromTraining, ToTraining, TrainGoal, TrainQuestion } from "./messages.ts";
import { settingsOf } from "./settings.ts";

/** The command line's training loop in a thread of the page. Between two epochs it looks whether it should wait, or go on with another lambda_Z. */
const say = (message: FromTraining): void => self.postMessage(message);

/** Ends the loop of `trainRun` between two epochs. */
class Changed extends Error {}

let lambdaZ = 0;
let paused = false;
let release: (() => void) | null = null;

self.onmessage = ({ data }: MessageEvent<ToTraining>) => {
  if (data.kind === "start") {
    train(data.question).catch((error: Error) =>
      say({ kind: "failed", message: error instanceof InputError ? error.message : `training failed: ${error.message}` }),
    );
  } else if (data.kind === "lambda") lambdaZ = data.lambdaZ;
  else {
    paused = data.kind !== "go";
    if (data.kind !== "pause") release?.();
  }
};

say({ kind: "loaded" });

/** Where it ends by the theory: the solution of its problem, or of layer normalization the best minimum that was found; null where the theory does not say. */
function goalOf(settings: TrainingSettings): TrainGoal | null {
  if (featuresPenalized(settings)) {
    const { Z, clusters } = predict(problemOf(settings));
    return { Z, clusters };
  }
  const model = layerNormProblemOf(settings);
  if (!model) return null;
  const clusters = byCount(settings.counts).map((classes) => ({ classes }));
  return { Z: predictLayerNorm(model).prediction.Z, clusters };
}

/** Milliseconds between two words on how far it is: a page draws no more often. */
const pause = 30;

async function train(question: TrainQuestion): Promise<void> {
  const began = performance.now();
  const { epochs } = question;
  lambdaZ = question.lambdaZ;
  const device = await deviceFor(question.backend as Backend);
  let settings = settingsOf(question, lambdaZ, device);
  let used = lambdaZ;
  const data = await trainingImages(question);
  // One core stays the page's own.
  const threads = globalThis.crossOriginIsolated === true ? Math.max(1, navigator.hardwareConcurrency - 1) : 1;
  await startEngine(device, { threads });
  say({ kind: "ready", device, threads });

  let resume: TrainingState | undefined;
  let told = Number.NEGATIVE_INFINITY;
  for (;;) {
    say({ kind: "goal", settings, lambdaZ: used, goal: goalOf(settings), why: unpredicted(settings) });
    try {
      await trainRun(settings, data, {
        resume,
        evaluateEvery: 1,
        checkpointEvery: 1,
        onProgress: ({ step, steps }) => {
          const now = performance.now();
          if (now - told < pause && step < steps) return;
          told = now;
          say({ kind: "progress", step, steps });
        },
        onEvaluation: ({ W: _W, H: _H, ...metrics }, { last }) => say({ kind: "epoch", metrics: { ...metrics, batches: last } }),
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
      settings = settingsOf(question, lambdaZ, device);
      used = lambdaZ;
    }
  }
}
