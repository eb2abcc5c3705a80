import { InputError, inputError } from "../errors.ts";
import { checkKeys } from "../known-keys.ts";
import type { Question } from "./question.ts";

/** Checks what is told while it is worked: functions, by the names in `known`. Throws InputError. */
export function checkTold(options: object, known: Readonly<Record<string, true>>, what: string): void {
  checkKeys(options, known, what);
  for (const [name, value] of Object.entries(options))
    if (value !== undefined && typeof value !== "function") throw inputError(name, "a function to be called", value);
}

const others: Record<Exclude<Question["model"], "counts">, string> = {
  targets: "targets",
  "layer-peeled": "layerPeeled",
  "layer-norm": "ends: layer-norm",
};

/** Refuses a trace of any question but one of counts: the others are solved many times over, or by a search, as features of few dimensions are. Throws InputError. */
export function checkTrace(question: Pick<Question, "model"> & { dimension?: number }): void {
  const { model, dimension } = question;
  const other = model !== "counts" ? others[model] : dimension !== undefined ? "dimension" : null;
  if (other !== null)
    throw new InputError(
      `trace: expected nothing beside ${other}, got a trace: it is told by the solver of counts, and this is many solves or a search`,
    );
}
