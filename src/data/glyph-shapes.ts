/**
 * The ten characters of the glyph data set, as strokes in the square [-1, 1]^2, y downwards. Several share most of their ink
 * (ring and ring with tail, open ring and ring, cross and plus up to a turn, S and Z), so that what tells them apart is shape
 * and not which pixels are dark.
 *
 * Only + - * / and square roots are used here and in `glyph-draw.ts`: IEEE 754 rounds those alike everywhere, so the same
 * seed gives the same bytes in every JavaScript engine, which Math.sin does not promise.
 */

/** Points x0, y0, x1, y1, ... joined by straight segments. */
export type Stroke = readonly number[];

export interface GlyphShape {
  name: string;
  strokes: readonly Stroke[];
}

export const glyphShapes: readonly GlyphShape[] = [
  { name: "ring", strokes: [arc(0, 0, 0.75, 0.9, 0, 24)] },
  { name: "tailed ring", strokes: [arc(0, -0.1, 0.75, 0.8, 0, 24), [0.1, 0.3, 0.8, 0.95]] },
  { name: "open ring", strokes: [arc(0, 0, 0.75, 0.9, 3, 18)] },
  {
    name: "cross",
    strokes: [
      [-0.7, -0.9, 0.7, 0.9],
      [0.7, -0.9, -0.7, 0.9],
    ],
  },
  {
    name: "plus",
    strokes: [
      [0, -0.9, 0, 0.9],
      [-0.8, 0, 0.8, 0],
    ],
  },
  {
    name: "tee",
    strokes: [
      [-0.75, -0.85, 0.75, -0.85],
      [0, -0.85, 0, 0.9],
    ],
  },
  { name: "zed", strokes: [[-0.7, -0.85, 0.7, -0.85, -0.7, 0.85, 0.7, 0.85]] },
  { name: "ess", strokes: [[...arc(0, -0.43, 0.65, 0.43, -3, -15), ...arc(0, 0.43, 0.65, 0.43, -6, 15)]] },
  { name: "three", strokes: [[...arc(0, -0.43, 0.65, 0.43, 15, 15), ...arc(0, 0.43, 0.65, 0.43, -6, 15)]] },
  {
    name: "fork",
    strokes: [
      [-0.7, -0.9, 0, 0, 0.7, -0.9],
      [0, 0, 0, 0.9],
    ],
  },
];

/** An arc of an ellipse: from `start` over `steps`, both in 24ths of a turn; 0 is to the right, 6 is down. */
function arc(cx: number, cy: number, rx: number, ry: number, start: number, steps: number): number[] {
  const points: number[] = [];
  const way = Math.sign(steps);
  for (let i = 0; i <= Math.abs(steps); i++)
    points.push(cx + rx * cosine(start + way * i), cy + ry * cosine(start + way * i - 6));
  return points;
}

/** cos(2 pi step / 24), from its closed form. */
function cosine(step: number): number {
  const quarter = [
    1,
    (Math.sqrt(6) + Math.sqrt(2)) / 4,
    Math.sqrt(3) / 2,
    Math.sqrt(2) / 2,
    0.5,
    (Math.sqrt(6) - Math.sqrt(2)) / 4,
    0,
  ];
  const k = ((step % 24) + 24) % 24;
  const folded = k > 12 ? 24 - k : k;
  return folded > 6 ? -quarter[12 - folded] : quarter[folded];
}
