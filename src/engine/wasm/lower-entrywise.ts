import { textOf } from "../expression.ts";
import { type Node, placement, sizeOf } from "../graph.ts";
import { type Commands, own, type Place, type Task } from "./commands.ts";
import { fitsKernel, flatMap, isFlat, rowMap, rowReduce } from "./entrywise-kernels.ts";

export function lowerMap(commands: Commands, task: Task<Extract<Node, { kind: "map" }>>): void {
  const { node, reads, writes } = task;
  const { expression, shape } = node;
  const { shared } = commands;
  const size = sizeOf(shape);
  const C = shape[shape.length - 1] ?? 1;
  const placements = node.inputs.map((x) => placement(x.shape, shape));
  const name = `map ${textOf(expression)} ${placements}`;
  if (!fitsKernel(expression, placements, C)) commands.twin(task);
  else if (isFlat(placements))
    commands.kernel(name, () => flatMap(expression, placements, shared), reads, writes, {
      units: Math.ceil(size / 4),
      work: size,
    });
  else {
    const about = { C, pixels: shape.length === 4 ? shape[1] * shape[2] : 1 };
    const bytes = (): Uint8Array<ArrayBuffer> => rowMap(expression, placements, about, shared);
    commands.kernel(`${name} ${JSON.stringify(about)}`, bytes, reads, writes, { units: size / C, work: size });
  }
}

type Reduce = Extract<Node, { kind: "reduce" }>;

export function lowerReduce(commands: Commands, task: Task<Reduce>): void {
  const { node, reads, writes } = task;
  const { expression, domain, over, by } = node;
  const { shared } = commands;
  const placements = node.inputs.map((x) => placement(x.shape, domain));
  const size = sizeOf(domain);
  const flat = over === "all" && isFlat(placements);
  // All numbers in some order: as rows of 64.
  const C = flat ? ([64, 32, 16, 8, 4].find((n) => size % n === 0) ?? 1) : (domain[domain.length - 1] ?? 1);
  const rowsOut = over === "rows" || over === "pixels" || flat;
  if (!rowsOut || C % 4 !== 0 || !fitsKernel(expression, placements, C)) {
    commands.twin(task);
    return;
  }
  const rows = size / C;
  const pixels = domain.length === 4 ? domain[1] * domain[2] : 1;
  // Parts whose number depends on the shape alone.
  const parts = over === "pixels" ? domain[0] : Math.min(64, Math.ceil(rows / 32));
  const each = Math.ceil(rows / parts);
  const used = Math.ceil(rows / each);
  const first = { C, rows, each, by, pixels };
  const whole = over === "pixels" || (parts === 1 && !flat);
  const made = whole ? writes : own(parts * C);
  const bytes = (): Uint8Array<ArrayBuffer> => rowReduce(expression, placements, first, shared);
  commands.kernel(`reduce ${textOf(expression)} ${placements} ${JSON.stringify(first)}`, bytes, reads, made, {
    units: used,
    work: size,
  });
  if (flat) joinNumbers(commands, by, made, used * C, writes);
  else if (!whole) joinRows(commands, { C, rows: used, each: used, by, pixels: 1 }, made, writes);
}

/** Of the first `taken` numbers. */
function joinNumbers(commands: Commands, by: Reduce["by"], made: Place, taken: number, writes: Place): void {
  commands.plain([made], writes, ([x], out) => {
    let total = by === "sum" ? 0 : Number.NEGATIVE_INFINITY;
    for (let i = 0; i < taken; i++) total = by === "sum" ? total + x[i] : Math.max(total, x[i]);
    out[0] = total;
  });
}

function joinRows(commands: Commands, again: Parameters<typeof rowReduce>[2], made: Place, writes: Place): void {
  const itself = { op: "input", index: 0 } as const;
  const bytes = (): Uint8Array<ArrayBuffer> => rowReduce(itself, ["full"], again, commands.shared);
  commands.kernel(`reduce ${textOf(itself)} full ${JSON.stringify(again)}`, bytes, [made], writes, {
    units: 1,
    work: again.rows * again.C,
  });
}
