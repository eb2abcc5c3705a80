import {
  add,
  below,
  type Code,
  get,
  int,
  load,
  loadBoth,
  madd,
  minusPair,
  moduleOf,
  repeat,
  set,
  store,
  tee,
  timesPair,
} from "../../wasm/index.ts";
import type { Sweep } from "./implicit-ql.ts";

/**
 * Applies sweeps of plane rotations to the rows of an n x n matrix, many sweeps at a time: all of them run over a strip of eight columns,
 * copied together so that it stays in the caches, before the next strip is touched. A sweep over a strip is a WebAssembly function, with
 * a plain twin (`rotate`) where there are no vectors.
 *
 * Memory holds the strip (n rows of STRIP numbers), then the kept rotations as pairs (c, s) in the order of their use.
 */
const STRIP = 8;
const KEPT = 32;

/** Rotates downwards from the row at `at`, with the pairs in [pairs, end); all three count float64 places from the memory's beginning. */
type Rotate = (at: number, pairs: number, end: number) => void;

/** `add` takes sweeps in their order; V is up to date after `finish`. */
export function rotator(V: Float64Array, n: number): { add(sweep: Sweep): void; finish(): void } {
  const first = n * STRIP;
  const { memory, rotate } = workspace(first + 2 * KEPT * n);
  let kept: { at: number; pairs: number; end: number }[] = [];
  let free = first;

  const finish = (): void => {
    for (let k = 0; k < n; k += STRIP) {
      const width = Math.min(STRIP, n - k);
      for (let i = 0; i < n; i++) for (let x = 0; x < width; x++) memory[i * STRIP + x] = V[i * n + k + x];
      for (const { at, pairs, end } of kept) rotate(at, pairs, end);
      for (let i = 0; i < n; i++) for (let x = 0; x < width; x++) V[i * n + k + x] = memory[i * STRIP + x];
    }
    kept = [];
    free = first;
  };

  const add = ({ top, bottom, c, s }: Sweep): void => {
    if (top < bottom) return;
    const pairs = free;
    for (let i = top; i >= bottom; i--) {
      memory[free++] = c[i];
      memory[free++] = s[i];
    }
    kept.push({ at: (top + 1) * STRIP, pairs, end: free });
    // Rotations act one after another, so it does not matter where the queue is cut.
    if (free + 2 * n > first + 2 * KEPT * n) finish();
  };
  return { add, finish };
}

interface Workspace {
  memory: Float64Array;
  rotate: Rotate;
}

let last: Workspace | undefined;

/** The last workspace if it is large enough: small problems are solved by the thousand. */
function workspace(length: number): Workspace {
  if (!last || last.memory.length < length) last = compiled(length) ?? plain(length);
  return last;
}

function compiled(length: number): Workspace | undefined {
  try {
    const module = new WebAssembly.Module(rotationModule(Math.ceil((8 * length) / 65536)));
    const { memory, run } = new WebAssembly.Instance(module).exports as unknown as { memory: WebAssembly.Memory; run: Rotate };
    return { memory: new Float64Array(memory.buffer), rotate: (at, pairs, end) => run(8 * at, 8 * pairs, 8 * end) };
  } catch {
    return undefined;
  }
}

/** The row that goes on to the next rotation stays in registers: a load and a store for each six operations. */
function rotationModule(pages: number): Uint8Array<ArrayBuffer> {
  const [at, pairs, end, c, s, upper] = [0, 1, 2, 3, 4, 5];
  const lanes = Array.from({ length: STRIP / 2 }, (_, j) => j);
  const carried = (j: number): number => upper + 1 + j;
  const step: Code = [
    set(at, add(get(at), int(-8 * STRIP))),
    set(c, loadBoth(get(pairs), 0)),
    set(s, loadBoth(get(pairs), 8)),
    lanes.map((j) => [
      set(upper, load(get(at), 16 * j)),
      store(get(at), 8 * STRIP + 16 * j, madd(get(c), get(carried(j)), timesPair(get(s), get(upper)))),
      set(carried(j), minusPair(timesPair(get(c), get(upper)), timesPair(get(s), get(carried(j))))),
    ]),
  ];
  return moduleOf(pages, 3, 0, 3 + lanes.length, [
    lanes.map((j) => set(carried(j), load(get(at), 16 * j))),
    repeat(step, below(tee(pairs, add(get(pairs), int(16))), get(end))),
    lanes.map((j) => store(get(at), 16 * j, get(carried(j)))),
  ]);
}

function plain(length: number): Workspace {
  const memory = new Float64Array(length);
  const rotate: Rotate = (at, pairs, end) => {
    for (let x = 0; x < STRIP; x++) {
      let place = at + x;
      let carried = memory[place];
      for (let pair = pairs; pair < end; pair += 2) {
        const c = memory[pair];
        const s = memory[pair + 1];
        const upper = memory[place - STRIP];
        memory[place] = s * upper + c * carried;
        carried = c * upper - s * carried;
        place -= STRIP;
      }
      memory[place] = carried;
    }
  };
  return { memory, rotate };
}
