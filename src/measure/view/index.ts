export { viewFromArrays, viewToArrays } from "./arrays.ts";
export { type Directions, leadingDirections } from "./directions.ts";
export type { Kept, Sample } from "./sample.ts";
export { type UmapLayout, umapLayout } from "./umap.ts";
export {
  addToView,
  checkedView,
  emptyView,
  type FeatureView,
  layoutOf,
  mergeViews,
  type ViewSettings,
  type ViewState,
  viewOf,
} from "./view.ts";
