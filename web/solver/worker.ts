import { InputError } from "../../src/errors.ts";
import { blockSingularValues, freeEvents, nonnegativeEvents, predict } from "../../src/prediction/index.ts";
import { clustersOf, problem } from "../../src/problem/index.ts";
import { nonnegativePath, path } from "../../src/solver/index.ts";
import { borderMeetings, phaseBorders } from "../../src/theory/index.ts";
import type { Jobs, Kind, Request, Response, Told } from "./messages.ts";

/** What takes code of its own is loaded when it is first asked for. */
type Answer<K extends Kind> = Jobs[K]["answer"] | Promise<Jobs[K]["answer"]>;

/** The numerics of the page: src/ itself, in a thread of its own. Knows nothing of the page. */
const answer: { [K in Kind]: (question: Jobs[K]["question"], told: (told: Told) => void) => Answer<K> } = {
  answer: async (given, told) => (await import("./data-jobs.ts")).answerByBlocks(given, told),
  predict: async (given) => (await import("./data-jobs.ts")).predictedOf(given),
  phases: ({ ratio: [from, to], ...input }) => {
    const free = phaseBorders({ ...input, nonnegative: false }, from, to);
    return {
      free,
      nonnegative: phaseBorders({ ...input, nonnegative: true }, from, to),
      meetings: borderMeetings(input, free),
    };
  },
  layerPeeled: async (questions) => (await import("./bounded-jobs.ts")).bounded(questions),
  layerPeeledRatio: async (groups) => (await import("./bounded-jobs.ts")).layerPeeledRatio(groups),
  layerPeeledProducts: async (groups) => (await import("./bounded-jobs.ts")).products(groups),
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
  advise: async (given, told) => (await import("./data-jobs.ts")).adviceOn(given, told),
};

self.onmessage = async ({ data: { id, kind, question } }: MessageEvent<Request>) => {
  let response: Response;
  let last = Number.NEGATIVE_INFINITY;
  // A solver's steps come faster than a page can show them.
  const told = (told: Told): void => {
    const now = performance.now();
    if (now - last < 80 && !told.stays) return;
    last = now;
    self.postMessage({ id, told } satisfies Response);
  };
  try {
    const answering = answer[kind] as (question: unknown, told: (told: Told) => void) => Answer<Kind>;
    response = { id, ok: true, answer: await answering(question, told) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    response = { id, ok: false, error: { input: error instanceof InputError, message } };
  }
  self.postMessage(response);
};
