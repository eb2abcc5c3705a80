import { passNames } from "../../src/measure/index.ts";
import { wayOut } from "../way-out.ts";
import type { Measured } from "./messages.ts";
import { lacking } from "./question.ts";
import type { MeasuringState } from "./state.ts";
import { measuringControls } from "./way-out.ts";

/** How far a measurement is, in a sentence. */
export function saidOf({ names, found, choice, phase, error }: MeasuringState): string {
  switch (phase.is) {
    case "nothing":
      return "";
    case "listing":
      return `Looking into ${counted(names.length)} …`;
    case "waiting":
      // What stands below is of files before.
      if (error !== null) return "Could not be measured: nothing was added below.";
      return found.length > 0 && lacking(found, choice) === null ? "Ready to be measured." : "Not measured yet.";
    case "measuring":
      return phase.at ? `Measuring ${phase.at.file}: ${phase.at.stage} …` : "Measuring …";
    case "measured": {
      const { documents, failed, seconds } = phase;
      const left =
        failed.length === 0 ? "" : `; ${counted(failed.length)} could not be used: ${wayOut(failed[0].error, measuringControls)}`;
      return `Measured ${documents.length === 1 ? documents[0].file : counted(documents.length)} in ${seconds.toFixed(1)} s${left}.`;
    }
  }
}

const counted = (n: number): string => `${n} ${n === 1 ? "file" : "files"}`;

/** The share of the measurement that is done, over its files; null: nothing is measured now. */
export function shareOf({ choice, phase }: MeasuringState): number | null {
  if (phase.is !== "measuring") return null;
  const files = Object.keys(choice.roles).filter((name) => choice.roles[name] === "features");
  const { file, stage, share } = phase.at ?? { file: files[0], stage: passNames.first, share: 0 };
  // The two passes take nearly all the time.
  const { first, second } = passNames;
  const within = stage === first ? 0.4 * share : stage === second ? 0.4 + 0.55 * share : 0.95 + 0.05 * share;
  return (Math.max(0, files.indexOf(file)) + within) / Math.max(1, files.length);
}

/** The same as the page shows it: notes and errors name its own fields. */
export function shownOfMeasured({ documents, failed }: Pick<Measured, "documents" | "failed">): object {
  const said = (text: string): string => wayOut(text, measuringControls);
  return documentOfMeasured({
    documents: documents.map((document) => ({ ...document, notes: document.notes.map(said) })),
    failed: failed.map(({ file, error }) => ({ file, error: said(error) })),
  });
}

/** What `nclab measure --json` prints of the same: one document, or that of several files. */
export function documentOfMeasured({ documents, failed }: Pick<Measured, "documents" | "failed">): object {
  return documents.length === 1 && failed.length === 0
    ? documents[0]
    : { schema: "nclab.measurements/1", measurements: documents, failed };
}
