import { mostOwnColors } from "./class-colors.ts";
import { type Drawing, drawingOf, type FeaturesData, nameOf } from "./feature-drawing.ts";
import { scatterPanel } from "./feature-panel.ts";
import { stripPanel } from "./feature-strip.ts";
import { type Block, type LegendItem, legend, note, page } from "./page.ts";
import { documentOf, element, type PictureOptions } from "./svg.ts";

export type { FeaturesData } from "./feature-drawing.ts";

/** Draws samples of features with their class means. */
export function featureScatter(data: FeaturesData, options: PictureOptions = {}): SVGSVGElement {
  const document = documentOf(options);
  const width = options.width ?? 640;
  const drawing = drawingOf(document, data);
  const { blocks, outside } = panels(drawing, width);
  const small = (text: string): Block => note(document, text, { "font-size": 12 }, width);
  const left = outside > 0 ? [outside === 1 ? "One of the samples lies outside." : `${outside} of the samples lie outside.`] : [];
  return page(options, width, summary(data), [
    legend(document, width, keys(drawing)),
    ...blocks,
    ...[...data.notes, ...left].map(small),
  ]);
}

function summary({ counts, along, sample }: FeaturesData): string {
  const what = along ? "along the leading directions of the class means" : "laid out in the plane";
  return `${sample.points.length} samples of ${counts.length} classes ${what}`;
}

function keys({ data, styles, groupStyles, order }: Drawing): LegendItem[] {
  if (data.groups)
    return data.groups.map(({ label, classes }, g) => ({
      label: `${label}: ${classes.length} ${classes.length === 1 ? "class" : "classes"}`,
      mark: "symbol" as const,
      ...groupStyles?.[g],
    }));
  if (data.counts.length > mostOwnColors) return [{ label: `${order.length} classes of equal count; colors repeat` }];
  return data.counts.flatMap((n, k) =>
    n > 0 ? [{ label: `${nameOf(data, k)} (n = ${n})`, mark: "symbol" as const, ...styles[k] }] : [],
  );
}

/** A picture below this width has its panels one below the other. */
const narrow = 520;

function panels(drawing: Drawing, width: number): { blocks: Block[]; outside: number } {
  const { document, data } = drawing;
  if (!data.along) return { blocks: [scatterPanel(drawing, width, [0, 1]).block], outside: 0 };
  const q = data.along.shares.length;
  if (q === 0)
    return { blocks: [note(document, "All class means are equal: there is no direction between them.", {}, width)], outside: 0 };
  if (q === 1) return { blocks: [stripPanel(drawing, width)], outside: 0 };
  const first = scatterPanel(drawing, width, [0, 1]);
  if (q === 2) return { blocks: [first.block], outside: first.outside };
  if (width < narrow) {
    const more = (
      [
        [0, 2],
        [1, 2],
      ] as const
    ).map((axes) => scatterPanel(drawing, width, axes));
    return { blocks: [first.block, ...more.map(({ block }) => block)], outside: first.outside };
  }
  const half = Math.floor((width - 8) / 2);
  const two = (
    [
      [0, 2],
      [1, 2],
    ] as const
  ).map((axes) => scatterPanel(drawing, half, axes).block);
  const row = element(
    document,
    "g",
    {},
    two[0].node,
    element(document, "g", { transform: `translate(${width - half},0)` }, two[1].node),
  );
  return { blocks: [first.block, { node: row, height: Math.max(...two.map(({ height }) => height)) }], outside: first.outside };
}
