/**
 * Results in words and tables, for a terminal, a page or the explorer: what has become of each class, the figure of the class means, distances, separation.
 *
 * @module words
 */
export { answerSentence } from "./answer-sentence.ts";
export { branchesText, figureText, sharedText, shortFigureText } from "./class-geometry.ts";
export {
  besideTable,
  classLabel,
  listClasses,
  mostRows,
  type ShownClass,
  shotColumns,
  shotRows,
  statusText,
  weakest,
} from "./class-table.ts";
export { criticalProduct } from "./critical-count.ts";
export { distancesText } from "./distances.ts";
export { type Curves, curveLabels, happening, parameterLabels, sharingWords } from "./event-words.ts";
export { type FilePlaces, filePlaces, linesOver, shortNames } from "./file-names.ts";
export { predictionWord } from "./prediction-word.ts";
export {
  equalizingLine,
  mostInLine,
  nothingNeededText,
  remedySetting,
  type TorchLines,
  torchLines,
  weakestMargin,
} from "./remedy-words.ts";
export { largestOf, meanOf, separationOf } from "./separation.ts";
export { drawnMeasures, type SeriesLine, type SeriesView, seriesOf, seriesOfDocument } from "./series.ts";
