import { adviseQuestion } from "../../src/documents/index.ts";
import { InputError } from "../../src/errors.ts";
import {
  advise,
  blockSingularValues,
  type ClassesOfPrediction,
  expand,
  freeEvents,
  layerPeeledProduct,
  layerPeeledRatio,
  nonnegativeEvents,
  type Prediction,
  predict,
  predictionDocument,
  predictLayerPeeled,
  remedyKinds,
  summarize,
} from "../../src/prediction/index.ts";
import { clustersOf, layerPeeledProblem, problem } from "../../src/problem/index.ts";
import { nonnegativePath, path } from "../../src/solver/index.ts";
import { borderMeetings, phaseBorders } from "../../src/theory/index.ts";
import { answerByBlocks } from "./answer.ts";
import type { Jobs, Kind, Request, Response, Told } from "./messages.ts";

/** The numerics of the page: src/ itself, in a thread of its own. Knows nothing of the page. */
const answer: { [K in Kind]: (question: Jobs[K]["question"], told: (told: Told) => void) => Jobs[K]["answer"] } = {
  answer: answerByBlocks,
  predict: ({ names, ...input }) => predictionDocument(summarize(problem(input)), names) as Prediction & ClassesOfPrediction,
  phases: ({ ratio: [from, to], ...input }) => {
    const free = phaseBorders({ ...input, nonnegative: false }, from, to);
    return {
      free,
      nonnegative: phaseBorders({ ...input, nonnegative: true }, from, to),
      meetings: borderMeetings(input, free),
    };
  },
  layerPeeled: (questions) => questions.map((input) => expand(predictLayerPeeled(layerPeeledProblem(input)))),
  layerPeeledRatio,
  layerPeeledProducts: ({ ratios, ...groups }) => ratios.map((ratio) => layerPeeledProduct(groups, ratio)),
  events: (input) => {
    const p = problem(input);
    return p.nonnegative ? nonnegativeEvents(p) : freeEvents(p);
  },
  singularValues: ({ lambdas, ...input }) => {
    const p = problem(input);
    const values = p.nonnegative
      ? nonnegativePath(p, lambdas).map((s) => blockSingularValues(clustersOf(p), s.answer))
      : path(p, lambdas).map((s) => blockSingularValues(s.reduced.clusters, s.answer, s.coreSingularValues));
    return { lambdaZ: lambdas, values };
  },
  several: (inputs) => inputs.map((input) => predict(problem(input))),
  advise: (given, told) => {
    const { input, options } = adviseQuestion(given);
    const kinds = options.change ?? remedyKinds;
    let share = 0;
    const progress = (what: string): void => {
      const at = kinds.findIndex((kind) => what === kind || what.startsWith(`${kind}:`));
      // The problem as it is comes first, and is one of the whole.
      if (at >= 0) share = (at + 1) / (kinds.length + 1);
      told({ said: what, share });
    };
    return advise(input, { ...options, progress });
  },
};

self.onmessage = ({ data: { id, kind, question } }: MessageEvent<Request>) => {
  let response: Response;
  let last = Number.NEGATIVE_INFINITY;
  // A solver's steps come faster than a page can show them.
  const told = (told: Told): void => {
    const now = performance.now();
    if (now - last < 80) return;
    last = now;
    self.postMessage({ id, told } satisfies Response);
  };
  try {
    const answering = answer[kind] as (question: unknown, told: (told: Told) => void) => Jobs[Kind]["answer"];
    response = { id, ok: true, answer: answering(question, told) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    response = { id, ok: false, error: { input: error instanceof InputError, message } };
  }
  self.postMessage(response);
};
