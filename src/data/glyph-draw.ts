import type { Random } from "../math/index.ts";
import type { GlyphShape, Stroke } from "./glyph-shapes.ts";

/** How far one sample may stray from its shape. Lengths are in pixels of the 28 x 28 image, unless said otherwise. */
export interface Variation {
  /** Largest turn either way, as the tangent of half the angle. */
  halfTurn: number;
  /** Half the height of a character, smallest and largest. */
  scale: readonly [number, number];
  /** Largest sideways lean, as a share of the height; and largest squeeze of the width, as a share of it. */
  shear: number;
  squeeze: number;
  /** Largest shift of the middle. */
  shift: number;
  /** Largest move of each point of a stroke. */
  jitter: number;
  /** Stroke width, thinnest and thickest. */
  width: readonly [number, number];
  /** Ink of the character, faintest; 1 is white on black. */
  ink: number;
  /** Distractor strokes, at most; their length and ink are below the character's. */
  distractors: number;
  /** Largest noise on a pixel, as a share of 255 (triangular distribution). */
  noise: number;
}

const side = 28;

/** Draws one sample into 784 bytes of `pixels` from `at`, light on dark, from nothing but the shape and the random stream. */
export function drawGlyph(shape: GlyphShape, variation: Variation, rng: Random, pixels: Uint8Array, at: number): void {
  const canvas = new Float64Array(side * side);
  const between = (low: number, high: number): number => low + (high - low) * rng.uniform();
  const around = (radius: number): number => between(-radius, radius);

  const place = randomAffine(variation, between, around);
  const width = between(...variation.width);
  const ink = between(variation.ink, 1);
  for (const stroke of shape.strokes) drawStroke(canvas, jittered(place(stroke), variation.jitter, around), width, ink);

  for (let left = rng.integer(variation.distractors + 1); left > 0; left--) {
    const x = between(0, side);
    const y = between(0, side);
    drawStroke(canvas, [x, y, x + around(8), y + around(8)], between(...variation.width), between(0.4, 0.8) * ink);
  }
  for (let p = 0; p < canvas.length; p++) {
    // Two uniform numbers from the 53 bits of one: their sum is triangular.
    const u = 4096 * rng.uniform();
    const whole = Math.floor(u);
    const noise = variation.noise * (whole / 4095 + (u - whole) - 1);
    pixels[at + p] = Math.max(0, Math.min(255, Math.round(255 * (canvas[p] + noise))));
  }
}

/** A random map from the shape's square to pixels: squeeze and lean, then turn, then scale and shift. */
function randomAffine(
  variation: Variation,
  between: (low: number, high: number) => number,
  around: (radius: number) => number,
): (stroke: Stroke) => number[] {
  // (1 - t^2, 2t) / (1 + t^2) is the point at angle 2 arctan(t): a rotation without sine or cosine.
  const t = around(variation.halfTurn);
  const cos = (1 - t * t) / (1 + t * t);
  const sin = (2 * t) / (1 + t * t);
  const scale = between(...variation.scale);
  const lean = around(variation.shear);
  const wide = 1 + around(variation.squeeze);
  const cx = side / 2 + around(variation.shift);
  const cy = side / 2 + around(variation.shift);
  return (stroke) => {
    const placed: number[] = [];
    for (let i = 0; i < stroke.length; i += 2) {
      const x = wide * stroke[i] + lean * stroke[i + 1];
      const y = stroke[i + 1];
      placed.push(cx + scale * (cos * x - sin * y), cy + scale * (sin * x + cos * y));
    }
    return placed;
  };
}

function jittered(stroke: number[], radius: number, around: (radius: number) => number): number[] {
  return stroke.map((value) => value + around(radius));
}

/** Ink by distance to the nearest segment: full inside the width, fading over one pixel at its edge. Strokes do not add up. */
function drawStroke(canvas: Float64Array, points: Stroke, width: number, ink: number): void {
  const reach = width / 2 + 0.5;
  for (let i = 0; i + 3 < points.length; i += 2) {
    const [x0, y0, x1, y1] = [points[i], points[i + 1], points[i + 2], points[i + 3]];
    const dx = x1 - x0;
    const dy = y1 - y0;
    const lengthSquared = dx * dx + dy * dy || 1;
    const bottom = Math.min(side - 1, Math.floor(Math.max(y0, y1) + reach));
    const right = Math.min(side - 1, Math.floor(Math.max(x0, x1) + reach));
    for (let y = Math.max(0, Math.floor(Math.min(y0, y1) - reach)); y <= bottom; y++) {
      for (let x = Math.max(0, Math.floor(Math.min(x0, x1) - reach)); x <= right; x++) {
        // Pixel centres are at halves.
        const px = x + 0.5 - x0;
        const py = y + 0.5 - y0;
        const along = Math.max(0, Math.min(1, (px * dx + py * dy) / lengthSquared));
        const ex = px - along * dx;
        const ey = py - along * dy;
        const cover = ink * Math.min(1, reach - Math.sqrt(ex * ex + ey * ey));
        if (cover > canvas[y * side + x]) canvas[y * side + x] = cover;
      }
    }
  }
}
