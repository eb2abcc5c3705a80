import { createRequire } from "node:module";

/**
 * A document for drawing pictures without a browser. The picture functions take it as their option `document`; this is the
 * only place that knows where it comes from. jsdom is loaded when a document is first asked for: most commands draw nothing.
 */
let shared: Document | undefined;

/** The document that the functions of nclab/plots and nclab/pictures take as their option `document` where there is no page. One for all pictures. */
export function headlessDocument(): Document {
  if (shared) return shared;
  const { JSDOM } = createRequire(import.meta.url)("jsdom") as typeof import("jsdom");
  shared = new JSDOM("").window.document;
  return shared;
}
