/**
 * What is measured, found in files wherever they are, on a disk or in a page: features, labels and head by names and shapes, each decision a note; and the document of the measurement.
 *
 * @module inputs
 */
export { documentOf, type MeasureDocument } from "./document.ts";
export { type Input, openInput } from "./input.ts";
export { type ListedArray, type Listing, listings } from "./list.ts";
export { branchesAtMost, normSizes } from "./norm-sizes.ts";
export { type Places, parseKeys } from "./places.ts";
