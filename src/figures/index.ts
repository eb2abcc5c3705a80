/**
 * The figures of the papers: each with its claim, its trainings, its verdicts and its pictures.
 *
 * @module figures
 */

export { figures } from "./all.ts";
export {
  type Figure,
  type FigurePoint,
  type FigureResult,
  type Scale,
  type ScaleName,
  scaleNames,
  scaleOf,
  type Verdict,
} from "./figure.ts";
export { pointArrays, type Reproduction, reproduce } from "./reproduce.ts";
