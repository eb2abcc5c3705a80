import type { MeasurementDocument } from "../../documents/index.ts";
import { InputError, inputError } from "../../errors.ts";
import type { MeasureDocument } from "../../inputs/index.ts";
import {
  type Frame,
  layoutOf,
  type MeasureOptions,
  mostPredictions,
  type StageProgress,
  stage,
  type ViewSettings,
  type ViewState,
  viewOf,
} from "../../measure/index.ts";
import { nearest } from "../../nearest.ts";
import type { Option, Values } from "../command.ts";
import { type PictureFile, readPicture, writePicture } from "../pictures.ts";

/** The pictures of one file. */
const names = ["means", "umap", "predictions"] as const;

/** What is to be seen of one file's features. */
export interface WantedView {
  /** Which picture `--plot` writes. */
  picture: (typeof names)[number];
  /** Of the view; none is needed for predictions alone. */
  settings: ViewSettings | undefined;
  /** Whether the sample is laid out by UMAP. */
  umap: boolean;
  /** Whether there is no doing without it. */
  needed: boolean;
}

export const viewOptions: Record<string, Option> = {
  picture: {
    type: "string",
    value: names.join("|"),
    help: "of one file, what --plot draws: samples, class means and spread along the leading directions of the class means (default); the same samples laid out by UMAP; mean predictions. With --json the document has the picture's data as `view`",
  },
};

/** What `--picture`, `--plot` and `--report` ask to see of one file; null: nothing. Throws InputError. */
export function readView(options: Values): WantedView | null {
  const picture = options.text("picture") as WantedView["picture"] | undefined;
  if (picture !== undefined && !names.includes(picture))
    throw new InputError(`--picture: expected ${names.join(", ")}, got ${JSON.stringify(picture)}${nearest(picture, names)}`);
  const [plot, report, save] = ["plot", "report", "save"].map((name) => options.text(name) !== undefined);
  if (save && (plot || report))
    throw new InputError(
      `--${plot ? "plot" : "report"}: expected --picture beside --save, and the picture from merge, got it for one part`,
    );
  if (picture !== undefined && !plot && !save && !options.flag("json"))
    throw inputError("--picture", "--plot FILE or --json beside it", `--picture ${picture} alone`);
  if (!plot && !report && picture === undefined) return null;
  return {
    picture: picture ?? names[0],
    settings: picture === "predictions" && !report ? undefined : { seed: options.integer("seed") },
    umap: report || picture === "umap",
    needed: (plot || picture !== undefined) && picture !== "predictions",
  };
}

/** Puts what is to be seen into the document. */
export async function addView(
  document: MeasurementDocument,
  state: ViewState | null,
  frame: Frame,
  { umap, needed, settings }: WantedView,
  progress?: StageProgress,
): Promise<void> {
  // Of parts that were saved without it.
  if (!state) {
    if (!needed) return;
    throw new InputError("--picture: expected parts that were saved with --picture means beside --save, got some without");
  }
  const { seed } = state.sample;
  if (settings?.seed !== undefined && settings.seed !== seed)
    throw inputError("--seed", `${seed}, with which the parts were saved, or none`, settings.seed);
  const view = viewOf(state, frame);
  if (umap) view.umap = await layoutOf(state, frame.d, stage(progress, "layout by UMAP"));
  document.view = view;
}

/** Throws InputError where the mean predictions are asked for and there will be none: that is known before anything is measured. */
export function canBeDrawn(options: Values, view: WantedView | null, { head, K }: { head?: unknown; K: number }): void {
  if (view?.picture !== "predictions" || options.text("plot") === undefined) return;
  if (!head) throw new InputError(`--picture predictions: ${without.predictions}`);
  if (K > mostPredictions)
    throw inputError(
      "--picture predictions: classes",
      `at most ${mostPredictions} (above that Z is left out; --picture means draws any number)`,
      K,
    );
}

/** `--plot` of one file. Throws InputError where the document does not have that picture. */
async function plotOne(file: PictureFile, document: MeasurementDocument, { picture: name }: WantedView): Promise<void> {
  const { drawn, pictures } = await import("../../pictures/index.ts");
  if (!pictures(document).includes(name)) throw new InputError(`--picture ${name}: ${without[name]}`);
  await writePicture(file, (options) => drawn(document, name, options));
}

const without: Record<WantedView["picture"], string> = {
  means: "expected features with class means, got none",
  umap: "expected at least 5 samples that are not all the same, got fewer",
  predictions: "expected a head (--head-weight FILE), whose logits can be drawn, got none",
};

/** What `--plot` and `--report` write of one measurement. */
export async function picturesOf(
  options: Values,
  document: MeasureDocument,
  frame: Frame,
  wanted: MeasureOptions,
  view: WantedView | null,
): Promise<void> {
  const [plot, report] = [readPicture(options), options.text("report")];
  if (view && plot) await plotOne(plot, document, view);
  if (report !== undefined) await (await import("./report.ts")).writeReport(report, document, frame, wanted);
}
