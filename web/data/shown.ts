import type {
  Advice,
  DocumentByBlocks,
  EventList,
  LayerPeeledByBlocks,
  NonnegativeEventList,
} from "../../src/prediction/index.ts";
import type { Jobs, Told } from "../solver/messages.ts";
import type { Question } from "./question.ts";

/**
 * What stands beside the question: a value, changed by events alone, so that every state of the tab can be written down. Views are functions of it; the workers' answers are events.
 *
 * Nothing of a data set before stays: a question of other classes empties all. A move of a dial on the same classes leaves the answer where it is for a moment, as the next one mostly comes sooner
 * than an eye sees; what has not come then goes too.
 */
export interface Shown {
  question: Question | null;
  /** Why there is no question: what the door says. */
  refused: string | null;
  answer: Answer | null;
  /** Whether `answer` is still that of the question before, on the same classes. */
  old: boolean;
  /** The best answer that will come is there. */
  solving: Task;
  advice: Advice | null;
  advising: Task;
  along: Along | null;
  drawing: Task;
}

/** An answer by blocks, or the first look at one. */
export type Answer = Jobs["answer"]["answer"];
/** A whole document, by blocks. */
export type Whole = DocumentByBlocks | LayerPeeledByBlocks;

export const isWhole = (answer: Answer): answer is Whole => "singularValues" in answer;

/** Thresholds, and singular values between them. */
export interface Along {
  list: EventList & Partial<NonnegativeEventList>;
  lambdaZ: readonly number[];
  values: readonly (readonly number[])[];
}

/** Something that takes long. */
export type Task =
  | { is: "idle" }
  | { is: "working"; told: Told | null }
  | { is: "done" }
  | { is: "stopped" }
  | { is: "failed"; message: string };

/** What can be stopped. */
export type TaskName = "solving" | "advising" | "drawing";

/** `key`: of the question, or of its answer alone where the margin is no matter. */
export type Happening = { key: string } & (
  | { what: "asked"; question: Question }
  | { what: "refused"; message: string }
  | { what: "waited" }
  | { what: "began" | "stopped"; task: TaskName }
  | { what: "told"; task: TaskName; told: Told }
  | { what: "failed"; task: TaskName; message: string }
  | { what: "answered"; answer: Answer; last: boolean }
  | { what: "advised"; advice: Advice }
  | { what: "drew"; along: Along }
);

const idle: Task = { is: "idle" };
export const nothing: Shown = {
  ...{ question: null, refused: null, answer: null, old: false, solving: idle },
  ...{ advice: null, advising: idle, along: null, drawing: idle },
};

/** The state after something happened. What belongs to another question than the one that stands changes nothing. */
export function afterwards(shown: Shown, happening: Happening): Shown {
  switch (happening.what) {
    case "asked":
      return asked(shown, happening.question);
    case "refused":
      return { ...nothing, refused: happening.message };
  }
  if (happening.key !== shown.question?.key && happening.key !== shown.question?.answerKey) return shown;
  switch (happening.what) {
    case "waited":
      return shown.old ? { ...shown, answer: null, old: false } : shown;
    case "began":
      return { ...shown, [happening.task]: { is: "working", told: null } };
    case "told":
      return shown[happening.task].is === "working"
        ? { ...shown, [happening.task]: { is: "working", told: happening.told } }
        : shown;
    case "stopped":
      return { ...shown, [happening.task]: { is: "stopped" } };
    case "failed":
      return { ...shown, [happening.task]: { is: "failed", message: happening.message } };
    case "answered":
      return {
        ...shown,
        answer: happening.answer,
        old: false,
        solving: happening.last ? { is: "done" } : { is: "working", told: null },
      };
    case "advised":
      return { ...shown, advice: happening.advice, advising: { is: "done" } };
    case "drew":
      return { ...shown, along: happening.along, drawing: { is: "done" } };
  }
}

function asked(shown: Shown, question: Question): Shown {
  const before = shown.question;
  // Another margin is another advice and no other answer: what is worked on goes on, also beside an answer that is still an old one.
  if (before?.answerKey === question.answerKey) return { ...shown, question, advice: null, advising: idle };
  const kept = before?.counts === question.counts ? shown.answer : null;
  return { ...nothing, question, answer: kept, old: kept !== null };
}
