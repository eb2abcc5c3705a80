/**
 * Data sets: read, made, downloaded and cut to class counts. Images, their formats and imbalance work on bytes in memory; `loadDataset`, `findDataset` and `fetchDataset` touch the disk or
 * the network and need Node.
 *
 * @module data
 */
export { cifarRowBytes, joinImages, parseCifar } from "./cifar.ts";
export {
  checkLabels,
  cifarClassNames,
  cifarNormalization,
  countClasses,
  type Dataset,
  type DatasetName,
  datasetName,
  datasetNames,
  fashionClassNames,
  fashionNormalization,
  type Images,
} from "./dataset.ts";
export { DownloadError, type DownloadProgress } from "./download.ts";
export { type FetchOptions, fetchDataset } from "./fetch-dataset.ts";
export { dataDir, findDataset } from "./find.ts";
export { type GlyphOptions, glyphClassNames, glyphDataset, glyphNormalization, glyphs } from "./glyphs.ts";
export { type Idx, parseIdx, parseIdxHeader } from "./idx.ts";
export { imagesFromIdx, type NamedIdx } from "./idx-images.ts";
export { firstClasses, imbalancedSubset, namedCounts, pick, type Subset, twoGroupCounts } from "./imbalance.ts";
export { type LoadOptions, loadDataset } from "./load.ts";
export { type Official, type OfficialFile, official } from "./official.ts";
export { padImages, stretchImages } from "./resize.ts";
