import type { AdviseInput, PredictInput } from "../../src/documents/index.ts";
import type { SingularValueData } from "../../src/plots/index.ts";
import type {
  Advice,
  ClassesOfPrediction,
  DocumentByBlocks,
  EventList,
  FirstLook,
  LayerPeeledByBlocks,
  LayerPeeledSummary,
  NonnegativeEventList,
  Prediction,
} from "../../src/prediction/index.ts";
import type { NormBounds, ProblemInput } from "../../src/problem/index.ts";
import type { BorderMeeting, PhaseBorders } from "../../src/theory/index.ts";

/**
 * What the page asks of its worker, and what comes back. One question, one answer, matched by number; an error is an answer too.
 */
export interface Jobs {
  /** The optimum, certified; `names`: of the classes, for the document. */
  predict: { question: ProblemInput & { names?: readonly string[] | null }; answer: Prediction & ClassesOfPrediction };
  /**
   * The answer to any classes, by blocks, so that a thousand of them are no million numbers between threads. `first`: to a relative gap of `roughly`, where that comes sooner; what
   * takes long beside the solve is left out then.
   */
  answer: {
    question: { input: PredictInput; names: readonly string[] | null; first: boolean };
    answer: DocumentByBlocks | LayerPeeledByBlocks | FirstLook;
  };
  /** Borders between the phases of two clusters over lambda_Z and n_A/n_B, of features of any sign and of nonnegative ones, and where they meet. */
  phases: {
    question: PhaseQuestion;
    answer: { free: PhaseBorders; nonnegative: PhaseBorders; meetings: readonly BorderMeeting[] };
  };
  /** The Layer-Peeled Model at several lists of counts. */
  layerPeeled: { question: readonly LayerPeeledQuestion[]; answer: LayerPeeledAnswer[] };
  /** n_A/n_B at which the minority merges there. */
  layerPeeledRatio: { question: NormBounds & { kA: number; kB: number }; answer: number };
  /** The product E_W E_H at which it merges, at each of some ratios. */
  layerPeeledProducts: { question: { kA: number; kB: number; ratios: readonly number[] }; answer: number[] };
  /** Structural events of the features that the problem has, with what they rest on. */
  events: { question: ProblemInput; answer: EventList & Partial<NonnegativeEventList> };
  /** Singular values of Z D^(1/2) along lambda_Z (in the paper's convention, like all answers). */
  singularValues: {
    question: ProblemInput & { lambdas: readonly number[] };
    answer: Pick<SingularValueData, "lambdaZ" | "values">;
  };
  /** The optimum of several problems, without what is said class by class. */
  several: { question: readonly ProblemInput[]; answer: Prediction[] };
  /** What to change so that every class is its own. */
  advise: { question: AdviseInput; answer: Advice };
}

/** The relative gap of a first answer. */
export const roughly = 1e-4;

/** k_A and k_B of two and more; the ratios from one to another. */
export interface PhaseQuestion {
  kA: number;
  kB: number;
  nB: number;
  lambdaB: number;
  ratio: readonly [number, number];
}

export type LayerPeeledQuestion = NormBounds & { counts: readonly number[] };

/** The document of `nclab predict --layer-peeled`. */
export type LayerPeeledAnswer = Omit<LayerPeeledSummary, "blocks"> & Pick<Prediction, "Z" | "cosines">;

export type Kind = keyof Jobs;

export interface Request<K extends Kind = Kind> {
  id: number;
  kind: K;
  question: Jobs[K]["question"];
}

/** How far a long question is: in words, and as a share of the whole where that is known. */
export interface Told {
  said: string;
  share: number | null;
  /** Nothing else follows for long: it is told however soon after another. */
  stays?: boolean;
}

export type Response<K extends Kind = Kind> =
  | { id: number; told: Told }
  | { id: number; ok: true; answer: Jobs[K]["answer"] }
  | { id: number; ok: false; error: { input: boolean; message: string } };
