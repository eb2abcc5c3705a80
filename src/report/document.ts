import { JSDOM } from "jsdom";

/**
 * A document for drawing pictures without a browser. The picture functions take it as their option `document`; this is the
 * only place that knows where it comes from.
 */
let shared: Document | undefined;

export function headlessDocument(): Document {
  shared ??= new JSDOM("").window.document;
  return shared;
}
