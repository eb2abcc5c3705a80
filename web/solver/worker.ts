import { InputError } from "../../src/errors.ts";
import {
  advise,
  blockSingularValues,
  type ClassesOfPrediction,
  freeEvents,
  nonnegativeEvents,
  type Prediction,
  predict,
  predictionDocument,
  summarize,
} from "../../src/prediction/index.ts";
import { clustersOf, problem } from "../../src/problem/index.ts";
import { nonnegativePath, path } from "../../src/solver/index.ts";
import { phaseColumns } from "../../src/theory/index.ts";
import type { Jobs, Kind, Request, Response } from "./messages.ts";

/** The numerics of the page: src/ itself, in a thread of its own. Knows nothing of the page. */
const answer: { [K in Kind]: (question: Jobs[K]["question"]) => Jobs[K]["answer"] } = {
  predict: ({ names, ...input }) => predictionDocument(summarize(problem(input)), names) as Prediction & ClassesOfPrediction,
  phases: ({ lambdaZ, ratio, ...fixed }) => ({
    x: lambdaZ,
    y: ratio,
    strips: phaseColumns({
      x: { parameter: "lambdaZ", values: lambdaZ },
      y: { parameter: "ratio", values: ratio },
      fixed: { ...fixed, lambdaZ: Number.NaN, ratio: Number.NaN },
      nonnegative: fixed.nonnegative,
    }),
  }),
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
  advise: ({ input, options }) => advise(input, options),
};

self.onmessage = ({ data: { id, kind, question } }: MessageEvent<Request>) => {
  let response: Response;
  try {
    response = { id, ok: true, answer: (answer[kind] as (question: unknown) => Jobs[Kind]["answer"])(question) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    response = { id, ok: false, error: { input: error instanceof InputError, message } };
  }
  self.postMessage(response);
};
