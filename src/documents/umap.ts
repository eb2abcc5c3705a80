import { InputError, inputError } from "../errors.ts";
import { umapLayout, unitRows } from "../measure/index.ts";
import type { MeasureInput, MeasurementDocument } from "./measure.ts";
import { rowsIn, someRows } from "./rows.ts";

/**
 * The same document with the samples of its view laid out in the plane by UMAP (`view.umap`), for the picture `umap`. `given`: what the document is of. The library that lays out is loaded here, which takes a
 * promise. Throws InputError for a document without a view.
 */
export async function withUmap(document: MeasurementDocument, given: MeasureInput): Promise<MeasurementDocument> {
  const { view } = document;
  if (!view) throw new InputError("view: expected a measurement with a view of its features (view: true), got one without");
  const { all, d, n } = rowsIn(given);
  const { rows } = view.sample;
  if (rows.some((i) => i >= n) || d !== document.d)
    throw inputError("features", `those of the document, of ${document.d} numbers a row`, `${n} x ${d}`);
  const sample = someRows(all, d, rows);
  const features = given.head === "cosine" ? unitRows(sample, rows.length, d) : sample;
  return { ...document, view: { ...view, umap: await umapLayout(features, rows.length, d, view.seed) } };
}
