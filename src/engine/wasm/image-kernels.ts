import {
  add,
  below,
  bitsWithout,
  bothBits,
  type Code,
  choose,
  copyBytes,
  count,
  divide,
  eitherBits,
  fillBytes,
  fourOf,
  get,
  int,
  kernelOf,
  loadFour,
  loadInt,
  maxFour,
  multiplyInt,
  remainder,
  sameFour,
  set,
  span,
  storeFour,
  storeInt,
  subtract,
} from "../../wasm/index.ts";

/*
 * Kernels that move and pool images N x H x W x C. All take addresses, their output's last, and the part [begin, end) of the work.
 */

const eachPart = (part: number, begin: number, end: number, body: Code): Code => span(part, get(begin), get(end), body);

/**
 * Images on a larger grid with a border of zeros: pixel (i, j) goes to (border + step i, border + step j) of rows x columns pixels; zeros elsewhere. The parts are rows of all the images of the output.
 * Borders for convolutions (step 1), and gradients put on the grid that a stride skipped.
 */
export function place(
  [, height, width, channels]: readonly number[],
  { rows, columns, border, step }: { rows: number; columns: number; border: number; step: number },
  shared: boolean,
): Uint8Array<ArrayBuffer> {
  const [x, y, begin, end, part, row, from, to, j] = Array.from({ length: 9 }, (_, i) => i);
  const pixel = 4 * channels;
  const bytes = columns * pixel;
  const within: Code = [
    set(
      from,
      add(
        get(x),
        multiplyInt(add(multiplyInt(divide(get(part), int(rows)), int(height)), divide(get(row), int(step))), int(width * pixel)),
      ),
    ),
    step === 1
      ? copyBytes(add(get(to), int(border * pixel)), get(from), int(width * pixel))
      : count(j, int(width), [
          copyBytes(
            add(get(to), add(int(border * pixel), multiplyInt(get(j), int(step * pixel)))),
            add(get(from), multiplyInt(get(j), int(pixel))),
            int(pixel),
          ),
        ]),
  ];
  const body = eachPart(part, begin, end, [
    set(to, add(get(y), multiplyInt(get(part), int(bytes)))),
    step === 1 && border === 0 ? [] : fillBytes(get(to), int(0), int(bytes)),
    // Rows above the border become very large numbers, as they are unsigned.
    set(row, subtract(remainder(get(part), int(rows)), int(border))),
    choose(
      below(get(row), int(step * (height - 1) + 1)),
      step === 1 ? within : choose(remainder(get(row), int(step)), [], within),
    ),
  ]);
  return kernelOf(4, 5, 0, body, { shared });
}

/** Rows of `from` numbers to rows of `to` numbers: the first as many as both have, then zeros. The parts are rows. */
export function resizeRows(from: number, to: number, shared: boolean): Uint8Array<ArrayBuffer> {
  const [x, y, begin, end, part, at] = Array.from({ length: 6 }, (_, i) => i);
  const kept = Math.min(from, to);
  const body = eachPart(part, begin, end, [
    set(at, add(get(y), multiplyInt(get(part), int(4 * to)))),
    copyBytes(get(at), add(get(x), multiplyInt(get(part), int(4 * from))), int(4 * kept)),
    to > kept ? fillBytes(add(get(at), int(4 * kept)), int(0), int(4 * (to - kept))) : [],
  ]);
  return kernelOf(4, 2, 0, body, { shared });
}

/** A kernel size x size x inputs x outputs turned by half a turn, with inputs and outputs exchanged: what the gradient in the images is a convolution with. The parts are (place, output) pairs. */
export function turn(size: number, inputs: number, outputs: number, shared: boolean): Uint8Array<ArrayBuffer> {
  const [x, y, begin, end, part, from, to, c] = Array.from({ length: 8 }, (_, i) => i);
  const places = size * size;
  const body = eachPart(part, begin, end, [
    set(
      from,
      add(
        get(x),
        multiplyInt(
          add(
            multiplyInt(subtract(int(places - 1), divide(get(part), int(outputs))), int(inputs * outputs)),
            remainder(get(part), int(outputs)),
          ),
          int(4),
        ),
      ),
    ),
    set(to, add(get(y), multiplyInt(get(part), int(4 * inputs)))),
    count(c, int(inputs), [
      storeInt(get(to), 0, loadInt(get(from), 0)),
      set(to, add(get(to), int(4))),
      set(from, add(get(from), int(4 * outputs))),
    ]),
  ]);
  return kernelOf(4, 4, 0, body, { shared });
}

/** The four corners of window j of a pair of rows whose first begins at `base`, as loads at c. */
function corners(base: number, j: number, c: number, width: number, channels: number): { address: Code; offsets: number[] } {
  return {
    address: add(get(base), add(multiplyInt(get(j), int(8 * channels)), get(c))),
    offsets: [0, 4 * channels, 4 * width * channels, 4 * (width + 1) * channels],
  };
}

/** The largest of each 2 x 2 window of images with C a multiple of four; the parts are rows of windows of all images. */
export function pool([, , width, channels]: readonly number[], shared: boolean): Uint8Array<ArrayBuffer> {
  const [x, y, begin, end, part, base, to, j, c, at] = Array.from({ length: 10 }, (_, i) => i);
  const { address, offsets } = corners(base, j, c, width, channels);
  const body = eachPart(part, begin, end, [
    set(base, add(get(x), multiplyInt(get(part), int(8 * width * channels)))),
    set(to, add(get(y), multiplyInt(get(part), int(2 * width * channels)))),
    count(j, int(width / 2), [
      count(
        c,
        int(4 * channels),
        [
          set(at, address),
          storeFour(
            add(get(to), get(c)),
            0,
            offsets.map((offset) => loadFour(get(at), offset)).reduce((a, b) => maxFour(a, b)),
          ),
        ],
        int(16),
      ),
      set(to, add(get(to), int(4 * channels))),
    ]),
  ]);
  return kernelOf(4, 6, 0, body, { shared });
}

/** Its gradient, of images, windows' maxima and the gradient in those: the first of a window's values that is the largest has it. */
export function poolGradient([, , width, channels]: readonly number[], shared: boolean): Uint8Array<ArrayBuffer> {
  const [x, y, g, out, begin, end, part, base, small, j, c, at, to] = Array.from({ length: 13 }, (_, i) => i);
  const [largest, gradient, taken, is] = [13, 14, 15, 16];
  const { address, offsets } = corners(base, j, c, width, channels);
  const body = eachPart(part, begin, end, [
    set(base, multiplyInt(get(part), int(8 * width * channels))),
    set(small, multiplyInt(get(part), int(2 * width * channels))),
    count(j, int(width / 2), [
      count(
        c,
        int(4 * channels),
        [
          set(at, address),
          set(to, add(get(small), get(c))),
          set(largest, loadFour(add(get(y), get(to)), 0)),
          set(gradient, loadFour(add(get(g), get(to)), 0)),
          set(taken, fourOf(0)),
          offsets.map((offset) => [
            set(is, bitsWithout(sameFour(loadFour(add(get(x), get(at)), offset), get(largest)), get(taken))),
            storeFour(add(get(out), get(at)), offset, bothBits(get(gradient), get(is))),
            set(taken, eitherBits(get(taken), get(is))),
          ]),
        ],
        int(16),
      ),
      set(small, add(get(small), int(4 * channels))),
    ]),
  ]);
  return kernelOf(6, 7, 4, body, { shared });
}
