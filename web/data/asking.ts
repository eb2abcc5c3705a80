import { Stopped } from "../solver/client.ts";
import type { Told } from "../solver/messages.ts";
import { lambdasAround } from "../theory/along.ts";
import type { Question } from "./question.ts";
import type { Happening, TaskName } from "./shown.ts";
import { interruptible } from "./solver.ts";

/** Puts the questions of the tab to its workers, one for the answer and one for what helps, and says what comes of them. */
export interface Asking {
  ask(question: Question): void;
  stop(task: TaskName): void;
  /** Nothing is asked any more. */
  leave(): void;
  /** Once more what was stopped. */
  again(task: TaskName): void;
}

/** Milliseconds that a solve may take before a new question ends it. */
const patience = 300;
/** After so many milliseconds an answer to another question is no longer shown beside this one. */
const glance = 200;
/** Advice is asked for when the dials have rested so long. */
const rest = 200;
/** With more different counts than this a first answer comes much sooner than the exact one. */
const manyDifferent = 100;
/** Beyond this many different counts events and the path along lambda_Z take long. */
export const mostForEvents = 10;

/** `start`: a solver that can be stopped; two are started. */
export function asking(happen: (happening: Happening) => void, start: typeof interruptible = interruptible): Asking {
  const solver = start();
  const adviser = start();
  let current: Question | null = null;
  let pending: { question: Question; exactOnly: boolean } | null = null;
  let busy = false;
  let since = 0;
  let answered = "";
  let waiting: ReturnType<typeof setTimeout> | undefined;
  let resting: ReturnType<typeof setTimeout> | undefined;

  /** A part of the work on a question: what it says goes out under its key, and how it ends. */
  const doing = async (task: TaskName, key: string, work: (told: (told: Told) => void) => Promise<void>): Promise<boolean> => {
    happen({ key, what: "began", task });
    try {
      await work((told) => happen({ key, what: "told", task, told }));
      return true;
    } catch (error) {
      if (!(error instanceof Stopped)) happen({ key, what: "failed", task, message: (error as Error).message });
      return false;
    }
  };

  const solve = async ({ question, exactOnly }: NonNullable<typeof pending>): Promise<void> => {
    const { input, penalized, names, answerKey: key, different } = question;
    const roughFirst = different > manyDifferent && penalized !== null && !exactOnly;
    for (const first of roughFirst ? [true, false] : [false]) {
      since = performance.now();
      const ended = await doing("solving", key, async (told) => {
        const answer = await solver.ask("answer", { input, names, first }, told);
        // Of an earlier question: the one that stands still waits.
        if (current?.answerKey === key) clearTimeout(waiting);
        answered = key;
        happen({ key, what: "answered", answer, last: !first });
        adviseSoon();
      });
      if (!ended || pending) return;
    }
    await draw(question);
  };

  const draw = async ({ penalized, answerKey: key, different }: Question): Promise<void> => {
    if (different > mostForEvents || !penalized) return;
    since = performance.now();
    await doing("drawing", key, async () => {
      const list = await solver.ask("events", penalized);
      const lambdas = lambdasAround(list.events.map((e) => e.lambdaZ));
      const along = await solver.ask("singularValues", { ...penalized, lambdas });
      happen({ key, what: "drew", along: { list, ...along } });
    });
  };

  const run = async (): Promise<void> => {
    if (busy) return;
    busy = true;
    while (pending) {
      const next: NonNullable<typeof pending> = pending;
      pending = null;
      await solve(next);
    }
    busy = false;
  };

  const advise = (question: Question): void => {
    const { penalized, margin, key } = question;
    if (!penalized) return;
    void doing("advising", key, async (told) => {
      happen({ key, what: "advised", advice: await adviser.ask("advise", { ...penalized, margin }, told) });
    });
  };
  const adviseSoon = (): void => {
    clearTimeout(resting);
    const question = current;
    if (question && answered === question.answerKey && question.key !== advised)
      resting = setTimeout(() => {
        advised = question.key;
        advise(question);
      }, rest);
  };
  let advised = "";

  return {
    ask(question) {
      const same = current?.answerKey === question.answerKey;
      current = question;
      advised = "";
      adviser.stop();
      clearTimeout(resting);
      happen({ key: question.key, what: "asked", question });
      if (same) return adviseSoon();
      clearTimeout(waiting);
      waiting = setTimeout(() => happen({ key: question.answerKey, what: "waited" }), glance);
      // Nobody waits for the answer to a long problem that is no longer asked; a short one is let through, so that pictures follow a slider.
      if (busy && performance.now() - since > patience) solver.stop();
      pending = { question, exactOnly: false };
      void run();
    },
    stop(task) {
      if (!current) return;
      if (task === "advising") adviser.stop();
      else solver.stop();
      happen({ key: task === "advising" ? current.key : current.answerKey, what: "stopped", task });
    },
    leave() {
      current = pending = null;
      clearTimeout(waiting);
      clearTimeout(resting);
      solver.stop();
      adviser.stop();
    },
    again(task) {
      if (!current) return;
      if (task === "advising") return advise(current);
      pending = { question: current, exactOnly: answered === current.answerKey };
      void run();
    },
  };
}
