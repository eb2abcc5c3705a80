import { counted } from "../prediction/words.ts";
import type { TrainQuestion } from "./messages.ts";
import { decaysAlone, problemText, sameProblem } from "./question.ts";
import { isRunning, type TrainState } from "./state.ts";

/** How far a training is, in a sentence. */
export function statusOf({ phase, question, device, epochs, seconds }: TrainState): string {
  const last = epochs.at(-1)?.metrics.epoch ?? 0;
  switch (phase) {
    case "none":
      return "Not started.";
    case "loading":
      return "Loading the training code and drawing images …";
    case "pausing":
      return "Pausing after this epoch …";
    case "paused":
      return `Paused after ${counted(last, "epoch", "epochs")}.`;
    case "done":
      return `Done: ${counted(last, "epoch", "epochs")} in ${(seconds ?? 0).toFixed(1)} s.`;
    case "failed":
      return last > 0 ? "Stopped." : "Nothing was trained.";
    case "training": {
      if (last > 0) return `Epoch ${last} of ${question?.epochs}.`;
      const threads = device?.threads === 1 ? "one thread" : `${device?.threads} threads`;
      return `Training on ${device?.device === "webgpu" ? "WebGPU" : `WebAssembly, ${threads}`}; the first step compiles.`;
    }
  }
}

/** What is trained, or would be; and whether the dials of the first tab say another problem now than the one that is shown. */
export function problemWords(state: TrainState, wanted: TrainQuestion): { text: string; offer: string | null } {
  const { question, lambdaZ } = state;
  if (!question) return { text: `To be trained, from the first tab: ${problemText(wanted)}.`, offer: null };
  const is = isRunning(state) ? "In training" : state.phase === "failed" ? "Trained until it stopped" : "Trained";
  const text = `${is}: ${problemText(question, lambdaZ)}.`;
  return { text, offer: sameProblem(question, wanted) ? null : `The dials say another problem now: ${problemText(wanted)}.` };
}

/** What is to be known of how it is trained. */
export function aboutText({ regularizer }: TrainQuestion): string {
  const how = decaysAlone(regularizer)
    ? "Weight decay alone, by the schedule decay-ramp: batches of some hundred images come nearest to the prediction."
    : `Penalties λ_W = 10 λ_Z and λ_H = λ_Z/10, learning rate 0.1, 0.01, 0.001 in thirds of the epochs.${regularizer === "both" ? " The weight decay of the hidden layers is no part of the theory's problem." : ""}`;
  return `${how} A training that is saved can be dropped in tab Runs.`;
}

/** Why nothing is predicted; null: something is. */
export const unpredictedText = ({ why, goal, settings }: TrainState): string | null =>
  settings && !goal && why ? `No prediction: ${why}.` : null;
