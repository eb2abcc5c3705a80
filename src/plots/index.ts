/**
 * Pictures: plain data in, an SVG element out, in the browser or (with the option `document`) without one.
 *
 * @module plots
 */

export type { Arranged, BlockCells, Cells, Clusters } from "../cells.ts";
export { type AngleData, angles } from "./angles.ts";
export { type BandData, bands } from "./bands.ts";
export { mostOwnColors } from "./class-colors.ts";
export type { ColorKind } from "./color.ts";
export { type CurveData, curves } from "./curves.ts";
export type { Event } from "./event.ts";
export { tooManyToTell } from "./feature-drawing.ts";
export { type FeaturesData, featureScatter } from "./features.ts";
export { type HeatMapData, type HeatMapOptions, heatMaps } from "./heatmaps.ts";
export { type MarginData, marginBars } from "./margins.ts";
export { symbol } from "./page.ts";
export { seriesStyle } from "./palette.ts";
export { bundle, type PathData, pathCurves } from "./path.ts";
export { type PhaseCurves, type PhaseData, type PhaseLetter, type PhaseStrip, phaseDiagram, phasePointAt } from "./phase.ts";
export { classRanks, type RankData, type RankPanel } from "./ranks.ts";
export { type ScalingData, scaling } from "./scaling.ts";
export { type SeparationData, type SeparationSeries, separationCurves } from "./separation.ts";
export { type ShareData, shareBars } from "./shares.ts";
export { type SingularValueData, singularValueCurves } from "./singular-values.ts";
export { type SpectrumData, spectrumCurve } from "./spectrum.ts";
export { element, namespace, type PictureOptions, svgText, visible } from "./svg.ts";
