import * as Plot from "@observablehq/plot";
import { chart, extent } from "./chart.ts";
import { page } from "./page.ts";
import { seriesStyle } from "./palette.ts";
import { documentOf, type PictureOptions } from "./svg.ts";

/** All singular values of one matrix, the largest first. */
export interface SpectrumData {
  /** Descending. */
  values: readonly number[];
  /** What they are: "singular values of Z √D". */
  yLabel: string;
}

/** Draws singular values against their number, equal ones as one stroke. */
export function spectrumCurve({ values, yLabel }: SpectrumData, options: PictureOptions = {}): SVGSVGElement {
  const document = documentOf(options);
  const width = options.width ?? 640;
  const runs: { from: number; to: number; value: number }[] = [];
  values.forEach((value, i) => {
    const last = runs.at(-1);
    if (last && Math.abs(last.value - value) <= 1e-9 * values[0]) last.to = i + 1.5;
    else runs.push({ from: i + 0.5, to: i + 1.5, value });
  });
  const rank = values.filter((x) => x > 0).length;
  const { color } = seriesStyle(0);
  const panel = chart(document, {
    width,
    height: 280,
    x: { label: "number of the singular value", domain: [0.5, values.length + 0.5], whole: true },
    y: { label: yLabel, domain: extent(values, { zero: true }) },
    marks: [
      Plot.ruleY(runs, { y: "value", x1: "from", x2: "to", stroke: color, strokeWidth: 3 }),
      // Single values far apart are bridged, so that the eye follows.
      Plot.line(
        runs.flatMap(({ from, to, value }) => [
          { at: from, value },
          { at: to, value },
        ]),
        { x: "at", y: "value", stroke: color, strokeWidth: 1 },
      ),
    ],
  });
  return page(
    options,
    width,
    `${values.length} singular values, ${rank} of them not 0, the largest ${values[0]?.toPrecision(4)}`,
    [panel],
  );
}
