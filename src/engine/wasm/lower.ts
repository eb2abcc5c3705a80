import { textOf } from "../expression.ts";
import { type Node, placement, type Shape, sizeOf } from "../graph.ts";
import { compute, type Numbers } from "../plain.ts";
import type { Plan } from "../plan.ts";
import { fitsKernel, flatMap, isFlat, rowMap, rowReduce } from "./entrywise-kernels.ts";
import { place, pool, poolGradient, resizeRows, turn } from "./image-kernels.ts";
import type { Places } from "./places.ts";
import { type ProductShape, productModule } from "./product-kernel.ts";

/** An array of a program: `floats` numbers of its own, or a held one. */
export interface Place {
  readonly floats: number;
  readonly held?: string;
  /** What it begins with in every run; null: nothing. */
  readonly content: { readonly given: string } | { readonly constant: readonly number[] } | null;
}

/** A piece of work: a kernel over `units` of it, or plain code. `reads` and `writes`: the arrays. */
export interface Command {
  readonly reads: readonly Place[];
  readonly writes: Place;
  readonly kernel?: {
    key: string;
    bytes(): Uint8Array<ArrayBuffer>;
    units: number;
    grain: number;
    scale: number;
    pieces: number;
  };
  readonly plain?: (inputs: readonly Numbers[], output: Numbers) => void;
}

export interface Lowered {
  commands: readonly Command[];
  /** Where a node's values lie. */
  placeOf(node: Node): Place;
}

/** Numbers a piece of entrywise work should have at least: below, taking it costs more than it helps. */
const leastNumbers = 1 << 14;
/** Multiplications of a piece of a product. */
const leastProducts = 1 << 18;
const single = (length: number): Float32Array => new Float32Array(length);

/** A plan's nodes as commands, for so many threads. */
export function lower(plan: Plan, { threads, shared }: { threads: number; shared: boolean }): Lowered {
  const commands: Command[] = [];
  const places = new Map<Node, Place>();
  /** By the node, not by its place, which another node's values may take later. */
  const bordered = new Map<Node, Map<string, Place>>();
  const own = (floats: number): Place => ({ floats, content: null });
  const placeOf = (node: Node): Place => places.get(plan.root(node)) as Place;

  const run = (
    key: string,
    bytes: () => Uint8Array<ArrayBuffer>,
    reads: readonly Place[],
    writes: Place,
    {
      units,
      work,
      grain = 1,
      scale = 1,
      least = leastNumbers,
    }: { units: number; work: number; grain?: number; scale?: number; least?: number },
  ): Place => {
    const most = threads === 1 ? 1 : 4 * threads;
    const pieces = Math.max(1, Math.min(most, Math.ceil(units / grain), Math.floor(work / least)));
    commands.push({ reads, writes, kernel: { key, bytes, units, grain, scale, pieces } });
    return writes;
  };

  const resized = (x: Place, rows: number, from: number, to: number, writes = own(rows * to)): Place =>
    run(`resize ${from} ${to}`, () => resizeRows(from, to, shared), [x], writes, {
      units: rows,
      work: rows * Math.max(from, to),
    });

  const product = (shape: ProductShape, a: Place, b: Place, out: Place): void => {
    const { M, N, K } = shape;
    const panels = 8 * Math.ceil(N / 8);
    if (panels !== N) {
      // Kernels have eight columns at a time.
      const wide = shape.B === "rows" ? resized(b, K, N, panels) : resized(b, 1, N * K, panels * K);
      const made = own(M * panels);
      product({ ...shape, N: panels }, a, wide, made);
      resized(made, M, panels, N, out);
      return;
    }
    run(`product ${JSON.stringify(shape)}`, () => productModule(shape, { shared }), [a, b], out, {
      units: M,
      grain: 12,
      scale: N,
      work: M * N * K,
      // Every piece packs B anew.
      least: Math.max(leastProducts, 48 * N * K),
    });
  };

  /** x with zeros around each image (and between its pixels, where a stride skipped some); made once for each border. */
  const around = (
    node: Node,
    { border, step = 1, rows, columns }: { border: number; step?: number; rows: number; columns: number },
  ): Place => {
    const x = placeOf(node);
    if (border === 0 && step === 1) return x;
    const { shape } = node;
    const key = `place ${shape} ${rows} ${columns} ${border} ${step}`;
    const known = bordered.get(node) ?? new Map<string, Place>();
    bordered.set(node, known);
    const before = known.get(key);
    if (before) return before;
    const [batch, , , channels] = shape;
    const made = run(
      key,
      () => place(shape, { rows, columns, border, step }, shared),
      [x],
      own(batch * rows * columns * channels),
      {
        units: batch * rows,
        work: batch * rows * columns * channels,
      },
    );
    known.set(key, made);
    return made;
  };

  const plainly = (node: Node, reads: readonly Place[], writes: Place): void => {
    commands.push({
      reads,
      writes,
      plain: (inputs, output) => {
        // What is added up begins at 0; a map may write over what it reads.
        if (node.kind !== "map" && node.kind !== "reduce") output.fill(0);
        compute(node, inputs, output, single);
      },
    });
  };

  const map = (node: Extract<Node, { kind: "map" }>, reads: readonly Place[], writes: Place): void => {
    const { expression, shape } = node;
    const size = sizeOf(shape);
    const C = shape[shape.length - 1] ?? 1;
    const ps = node.inputs.map((x) => placement(x.shape, shape));
    if (!fitsKernel(expression, ps, C)) return plainly(node, reads, writes);
    const name = `${textOf(expression)} ${ps}`;
    if (isFlat(ps)) {
      run(`map ${name}`, () => flatMap(expression, ps, shared), reads, writes, { units: Math.ceil(size / 4), work: size });
      return;
    }
    const about = { C, pixels: shape.length === 4 ? shape[1] * shape[2] : 1 };
    run(`map ${name} ${JSON.stringify(about)}`, () => rowMap(expression, ps, about, shared), reads, writes, {
      units: size / C,
      work: size,
    });
  };

  const reduce = (node: Extract<Node, { kind: "reduce" }>, reads: readonly Place[], writes: Place): void => {
    const { expression, domain, over, by } = node;
    const ps = node.inputs.map((x) => placement(x.shape, domain));
    const size = sizeOf(domain);
    const flat = over === "all" && isFlat(ps);
    // All numbers in some order: as rows of 64.
    const C = flat ? ([64, 32, 16, 8, 4].find((n) => size % n === 0) ?? 1) : (domain[domain.length - 1] ?? 1);
    const rowsOut = over === "rows" || over === "pixels" || flat;
    if (!rowsOut || C % 4 !== 0 || !fitsKernel(expression, ps, C)) return plainly(node, reads, writes);
    const rows = size / C;
    const pixels = domain.length === 4 ? domain[1] * domain[2] : 1;
    // Parts whose number depends on the shape alone.
    const parts = over === "pixels" ? domain[0] : Math.min(64, Math.ceil(rows / 32));
    const each = Math.ceil(rows / parts);
    const first = { C, rows, each, by, pixels };
    const made = over === "pixels" || (parts === 1 && !flat) ? writes : own(parts * C);
    const used = Math.ceil(rows / each);
    run(
      `reduce ${textOf(expression)} ${ps} ${JSON.stringify(first)}`,
      () => rowReduce(expression, ps, first, shared),
      reads,
      made,
      {
        units: used,
        work: size,
      },
    );
    if (made === writes) return;
    if (flat) {
      const taken = used * C;
      commands.push({
        reads: [made],
        writes,
        plain: ([x], out) => {
          let total = by === "sum" ? 0 : Number.NEGATIVE_INFINITY;
          for (let i = 0; i < taken; i++) total = by === "sum" ? total + x[i] : Math.max(total, x[i]);
          out[0] = total;
        },
      });
      return;
    }
    const again = { C, rows: used, each: used, by, pixels: 1 };
    const itself = { op: "input", index: 0 } as const;
    run(
      `reduce ${textOf(itself)} full ${JSON.stringify(again)}`,
      () => rowReduce(itself, ["full"], again, shared),
      [made],
      writes,
      {
        units: 1,
        work: used * C,
      },
    );
  };

  const windows = (
    [, , , channels]: Shape,
    size: number,
    stride: number,
    [, height, width]: Shape,
  ): { pixels: Places; taps: Places } => {
    const border = (size - 1) / 2;
    const [rows, wide] = [height * stride, width * stride].map((n) => n + 2 * border);
    return {
      pixels: { kind: "pixels", height, width, step: stride, from: [rows, wide, channels] },
      taps: { kind: "taps", length: size * channels, stride: wide * channels },
    };
  };

  const image = (node: Node, reads: readonly Place[], writes: Place): void => {
    if (node.kind === "pool" || node.kind === "pool-gradient") {
      const [x] = node.inputs;
      const [batch, height, , channels] = x.shape;
      if (channels % 4 !== 0) return plainly(node, reads, writes);
      const make = node.kind === "pool" ? pool : poolGradient;
      run(`${node.kind} ${x.shape}`, () => make(x.shape, shared), reads, writes, {
        units: (batch * height) / 2,
        work: sizeOf(x.shape),
      });
      return;
    }
    if (node.kind !== "convolve" && node.kind !== "convolve-images" && node.kind !== "convolve-kernel")
      return plainly(node, reads, writes);
    const { size, stride } = node;
    const border = (size - 1) / 2;
    const [first, second] = node.inputs.map(({ shape }) => shape);
    const b = reads[1];
    if (node.kind === "convolve") {
      const [batch, height, width, inputs] = first;
      const { pixels, taps } = windows(first, size, stride, node.shape);
      const padded = around(node.inputs[0], { border, rows: height + 2 * border, columns: width + 2 * border });
      const count = batch * node.shape[1] * node.shape[2];
      const shape: ProductShape = { M: count, N: node.shape[3], K: size * size * inputs, rows: pixels, columns: taps, B: "rows" };
      product(shape, padded, b, writes);
    } else if (node.kind === "convolve-kernel") {
      const [, height, width, inputs] = first;
      const { pixels, taps } = windows(first, size, stride, second);
      const padded = around(node.inputs[0], { border, rows: height + 2 * border, columns: width + 2 * border });
      const count = second[0] * second[1] * second[2];
      const shape: ProductShape = { M: size * size * inputs, N: second[3], K: count, rows: taps, columns: pixels, B: "rows" };
      product(shape, padded, b, writes);
    } else {
      const [batch, height, width, inputs] = node.shape;
      const outputs = first[3];
      const turned = run(
        `turn ${size} ${inputs} ${outputs}`,
        () => turn(size, inputs, outputs, shared),
        [b],
        own(sizeOf(second)),
        {
          units: size * size * outputs,
          work: sizeOf(second),
        },
      );
      const padded = around(node.inputs[0], { border, step: stride, rows: height + 2 * border, columns: width + 2 * border });
      const { pixels, taps } = windows([batch, height, width, outputs], size, 1, node.shape);
      const shape: ProductShape = {
        M: batch * height * width,
        N: inputs,
        K: size * size * outputs,
        rows: pixels,
        columns: taps,
        B: "rows",
      };
      product(shape, padded, turned, writes);
    }
  };

  for (const node of plan.nodes) {
    if (node.kind === "reshape") continue;
    const floats = sizeOf(node.shape);
    if (node.kind === "held") places.set(node, { floats, held: node.name, content: null });
    else if (node.kind === "input") places.set(node, { floats, content: { given: node.name } });
    else if (node.kind === "constant") places.set(node, { floats, content: { constant: node.data } });
    else {
      const reads = node.inputs.map(placeOf);
      const held = plan.direct.get(node);
      const over = plan.inPlace.get(node);
      const writes = held !== undefined ? { floats, held, content: null } : over ? (places.get(over) as Place) : own(floats);
      places.set(node, writes);
      if (node.kind === "map") map(node, reads, writes);
      else if (node.kind === "reduce") reduce(node, reads, writes);
      else if (node.kind === "product") {
        const [x] = node.inputs;
        const [M, N] = node.shape;
        const K = node.form === "X'Y" ? x.shape[0] : x.shape[1];
        const shape: ProductShape = {
          M,
          N,
          K,
          rows: { kind: "even", stride: node.form === "X'Y" ? 1 : K },
          columns: { kind: "even", stride: node.form === "X'Y" ? M : 1 },
          B: node.form === "XY'" ? "columns" : "rows",
        };
        product(shape, reads[0], reads[1], writes);
      } else image(node, reads, writes);
    }
  }
  return { commands, placeOf };
}
