import { type MeasurementDocument, measurementDocument } from "../documents/index.ts";
import { type Frame, finishWithClasses, type MeasureOptions, type Within } from "../measure/index.ts";
import type { Input } from "./input.ts";

/** The document that `nclab measure --json` prints of a file. */
export type MeasureDocument = MeasurementDocument & { file: string };

/** The document of what both passes over an input gave. */
export function documentOf(
  input: Pick<Input, "name" | "classNames" | "notes" | "head" | "branchesAtMost">,
  { frame, within }: { frame: Frame; within: Within },
  options: MeasureOptions,
): MeasureDocument {
  const branches = options.branches && { ...options.branches, atMost: input.branchesAtMost };
  const measurement = finishWithClasses(frame, within, input.head, { ...options, branches, names: input.classNames });
  const { name: file, classNames, notes } = input;
  return { ...measurementDocument(measurement, { file, classNames, notes }, options), file };
}
