import * as Plot from "@observablehq/plot";
import { chart, extent } from "./chart.ts";
import { legend, page } from "./page.ts";
import { seriesStyle } from "./palette.ts";
import { documentOf, type PictureOptions } from "./svg.ts";

/**
 * Mean correlations of the mean predictions against the majority's count n_A, within A, within B and between them (Fig 9).
 * With n_A and n_B growing at a fixed ratio all three tend to -1/(K-1), the angle of the simplex.
 */
export interface AngleData {
  /** Number of classes; -1/(K-1) is the cosine of the simplex ETF. */
  K: number;
  /** Mean cosines within A, within B and between them, for a majority of nA samples; null: undefined. */
  points: readonly { nA: number; withinA: number | null; withinB: number | null; between: number | null }[];
  /** What majority and minority are called (default A and B). */
  names?: readonly [majority: string, minority: string];
  /** The same from the theory, drawn as lines; `points` are then symbols. */
  predicted?: AngleData["points"];
}

/** Draws the cosines against n_A, with that of the simplex ETF. */
export function angles(data: AngleData, options: PictureOptions = {}): SVGSVGElement {
  const document = documentOf(options);
  const width = options.width ?? 640;
  const lines = data.predicted ?? data.points;
  const all = [...data.points, ...lines];
  const simplex = -1 / (data.K - 1);
  const [majority, minority] = data.names ?? ["A", "B"];
  const kinds = [
    { key: "withinA", label: `within ${majority} (majority)` },
    { key: "withinB", label: `within ${minority} (minority)` },
    { key: "between", label: `between ${majority} and ${minority}` },
  ] as const;
  const xs = all.map((p) => p.nA);
  const log = Math.max(...xs) / Math.min(...xs) > 20;
  const panel = chart(document, {
    width,
    height: 320,
    x: {
      label: `n_${majority}, samples in each majority class${log ? ", log scale" : ""}`,
      type: log ? "log" : "linear",
      domain: extent(xs, { log }),
    },
    y: { label: "mean correlation (cosine)", domain: extent([simplex, ...all.flatMap((p) => kinds.map(({ key }) => p[key]))]) },
    marks: [
      Plot.ruleY([simplex], { strokeDasharray: "6,4", strokeWidth: 1.5 }),
      ...kinds.map(({ key }, i) => {
        const { color, dash } = seriesStyle(i);
        return Plot.line(lines, { x: "nA", y: key, stroke: color, strokeDasharray: dash, strokeWidth: 2 });
      }),
      ...kinds.map(({ key }, i) => {
        const { color, symbol } = seriesStyle(i);
        return Plot.dot(data.points, { x: "nA", y: key, fill: color, r: 4.5, symbol: symbol as Plot.SymbolType });
      }),
    ],
  });
  const items = kinds.map(({ label }, i) => ({ label, mark: "line and symbol" as const, ...seriesStyle(i) }));
  return page(options, width, `Mean correlations of mean predictions against n_${majority}, with -1/(K-1) for K = ${data.K}`, [
    legend(document, width, [
      ...items,
      { label: `−1/(K−1) = −1/${data.K - 1}, the simplex`, mark: "line", dash: "6,4" },
      ...(data.predicted ? [{ label: "lines predicted, symbols measured" }] : []),
    ]),
    panel,
  ]);
}
