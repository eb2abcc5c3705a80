import { inputError } from "../errors.ts";
import type { Dataset, Images } from "./dataset.ts";
import { drawGlyph, type Variation } from "./glyph-draw.ts";
import { glyphShapes } from "./glyph-shapes.ts";
import { checkSeed, stream } from "./stream.ts";

/**
 * A data set that needs no download: ten characters of 28 x 28 grey pixels, drawn with random turn, size, lean, shift, stroke
 * width, wobble, stray strokes and noise. There are as many of each as are asked for.
 *
 * Sample i of a class depends on (seed, split, class, i) alone. So asking for more keeps those that were there, and
 * training and test samples come from streams that never meet.
 */
const glyphVariation: Variation = {
  halfTurn: 0.15,
  scale: [7, 11],
  shear: 0.25,
  squeeze: 0.2,
  shift: 2.5,
  jitter: 0.6,
  width: [1.4, 3.2],
  ink: 0.6,
  distractors: 2,
  noise: 0.35,
};

/** Mean and standard deviation of pixel/255 over 10 x 1000 glyphs of seed 0 (a test computes them again). */
export const glyphNormalization: { mean: number[]; std: number[] } = { mean: [0.15], std: [0.239] };

/** The ten characters, in the order of the labels. */
export const glyphClassNames: readonly string[] = glyphShapes.map((shape) => shape.name);

/**
 * counts[k] glyphs of class k (a single number: as many of each of the ten), ordered by class. At most 2,000,000 in all.
 * Throws InputError for a count that is not a whole number >= 0, not ten counts, too many, or a wrong seed.
 */
export function glyphs(counts: number | readonly number[], seed: number, split: "train" | "test" = "train"): Images {
  const drawing = drawGlyphs(counts, seed, split);
  for (;;) {
    const turn = drawing.next();
    if (turn.done) return turn.value;
  }
}

/** The same with a pause every so often, in which a program can hear that it is asked to stop (`signal`): many glyphs take minutes. */
async function glyphsInTurns(counts: number, seed: number, split: "train" | "test", signal?: AbortSignal): Promise<Images> {
  const drawing = drawGlyphs(counts, seed, split);
  for (;;) {
    const turn = drawing.next();
    if (turn.done) return turn.value;
    await new Promise((resolve) => setTimeout(resolve));
    signal?.throwIfAborted();
  }
}

/** Glyphs between two pauses. */
const turn = 500;

function* drawGlyphs(counts: number | readonly number[], seed: number, split: "train" | "test"): Generator<undefined, Images> {
  const each = typeof counts === "number" ? glyphShapes.map(() => counts) : counts;
  if (each.length !== glyphShapes.length)
    throw inputError("counts", `${glyphShapes.length} counts, one a glyph`, `${each.length} counts`);
  each.forEach((n, k) => {
    if (!Number.isSafeInteger(n) || n < 0) throw inputError(`counts[${k}]`, "a whole number of at least 0", n);
  });
  checkSeed(seed);
  const count = each.reduce((sum, n) => sum + n, 0);
  if (count > 2_000_000) throw inputError("counts", "at most 2000000 glyphs in all", count);
  const pixels = new Uint8Array(count * 784);
  const labels = new Uint8Array(count);
  let at = 0;
  for (const [k, n] of each.entries())
    for (let i = 0; i < n; i++, at++) {
      labels[at] = k;
      drawGlyph(glyphShapes[k], glyphVariation, stream(seed, split, k, i), pixels, at * 784);
      if (at % turn === turn - 1) yield undefined;
    }
  return {
    name: `glyphs ${split}`,
    split,
    count,
    height: 28,
    width: 28,
    channels: 1,
    pixels,
    labels,
    classes: glyphShapes.length,
  };
}

/** Training and test glyphs as a data set. Defaults: seed 0, 1000 and 200 of each class. */
export function glyphDataset({ seed = 0, perClass = 1000, testPerClass = 200 }: GlyphOptions = {}): Dataset {
  return datasetOf(glyphs(perClass, seed, "train"), glyphs(testPerClass, seed, "test"));
}

/** The same with pauses while it is drawn; ends with the reason of `signal` where that is aborted. */
export async function glyphDatasetInTurns(
  { seed = 0, perClass = 1000, testPerClass = 200 }: GlyphOptions = {},
  signal?: AbortSignal,
): Promise<Dataset> {
  return datasetOf(await glyphsInTurns(perClass, seed, "train", signal), await glyphsInTurns(testPerClass, seed, "test", signal));
}

/** What decides the glyphs of a data set. */
export interface GlyphOptions {
  /** Default 0. */
  seed?: number;
  /** Training glyphs of each class, default 1000. */
  perClass?: number;
  /** Test glyphs of each class, default 200. */
  testPerClass?: number;
}

function datasetOf(train: Images, test: Images): Dataset {
  return {
    name: "glyphs",
    train,
    test,
    classNames: [...glyphClassNames],
    normalization: glyphNormalization,
    source: [],
  };
}
