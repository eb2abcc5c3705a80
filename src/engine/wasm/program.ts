import { disposedProgram } from "../disposed.ts";
import { fused } from "../fuse.ts";
import type { Graph } from "../graph.ts";
import { plan } from "../plan.ts";
import type { Command, Place } from "./commands.ts";
import { aligned } from "./heap.ts";
import type { HeldArrays } from "./held.ts";
import { lower } from "./lower.ts";
import { entry, mostArguments, type Team } from "./team.ts";

/** A program, of this engine's held arrays. */
export interface WasmProgram {
  run(held: HeldArrays, given?: Readonly<Record<string, ArrayLike<number>>>): Promise<Record<string, Float32Array>>;
  dispose(): void;
}

/** A graph as a table of commands over planned memory: arrays that are not needed at the same time lie in the same place. */
export function programOf(graph: Graph, team: Team): WasmProgram {
  const { heap } = team;
  const better = fused(graph);
  const steps = plan(better);
  const { commands, placeOf } = lower(steps, { threads: team.threads, shared: heap.shared });
  const outputs = [...better.outputs].map(([name, node]) => ({ name, place: placeOf(node) }));
  // What is not written where it is held is copied there at the end.
  const written = new Set(steps.direct.values());
  const copied = [...better.kept].flatMap(([name, node]) => (written.has(name) ? [] : [{ name, place: placeOf(node) }]));
  const given = steps.nodes.flatMap((node) => (node.kind === "input" ? [{ name: node.name, place: placeOf(node) }] : []));
  const constants = steps.nodes.flatMap((node) => (node.kind === "constant" ? [{ data: node.data, place: placeOf(node) }] : []));
  const { offsets, bytes } = arranged(commands, {
    first: [...given, ...constants].map(({ place }) => place),
    last: [...outputs, ...copied].map(({ place }) => place),
    always: constants.map(({ place }) => place),
  });
  const arena = heap.take(bytes);
  const table = heap.take(4 * entry.words * Math.max(1, commands.length));
  for (const { data, place } of constants) view(place).set(data);

  function addressOf(place: Place, held: HeldArrays | null): number {
    if (place.held !== undefined) return (held as HeldArrays).address(place.held, place.floats);
    return arena + (offsets.get(place) as number);
  }
  function view(place: Place, held: HeldArrays | null = null): Float32Array<ArrayBuffer> {
    return heap.floats(addressOf(place, held), place.floats);
  }

  const words = heap.integers(table, entry.words * commands.length);
  commands.forEach(({ kernel, reads }, i) => {
    const at = i * entry.words;
    words[at + entry.kernel] = kernel ? team.kernel(kernel.key, kernel.bytes) : -1;
    words[at + entry.pieces] = kernel?.pieces ?? 1;
    if (!kernel) return;
    if (reads.length >= mostArguments) throw new Error(`${kernel.key}: a kernel of ${reads.length} inputs`);
    words[at + entry.units] = kernel.units;
    words[at + entry.grain] = kernel.grain;
    words[at + entry.scale] = kernel.scale;
    words[at + entry.count] = reads.length + 1;
  });

  /** Where the table's addresses were found: other held arrays lie elsewhere. */
  let settled: HeldArrays | null = null;
  let disposed = false;
  const settle = (held: HeldArrays): void => {
    if (settled === held) return;
    const words = heap.integers(table, entry.words * commands.length);
    commands.forEach(({ reads, writes }, i) => {
      [...reads, writes].forEach((place, a) => {
        words[i * entry.words + entry.arguments + a] = addressOf(place, held);
      });
    });
    settled = held;
  };

  return {
    async run(held, values = {}) {
      held.stillThere();
      if (disposed) throw disposedProgram();
      for (const { name, place } of given) {
        const value = values[name];
        if (value?.length !== place.floats)
          throw new Error(`input ${name}: expected ${place.floats} numbers, got ${value?.length}`);
        view(place).set(value);
      }
      settle(held);
      team.run(table, commands.length, (i) => {
        const { reads, writes, plain } = commands[i];
        plain?.(
          reads.map((place) => view(place, held)),
          view(writes, held),
        );
      });
      for (const { name, place } of copied) heap.floats(held.address(name, place.floats), place.floats).set(view(place, held));
      return Object.fromEntries(outputs.map(({ name, place }) => [name, view(place, held).slice()]));
    },
    dispose() {
      if (disposed) return;
      disposed = true;
      heap.give(arena);
      heap.give(table);
    },
  };
}

/** Offsets of all places that are not held, by first fit in the order in which they are first needed. */
function arranged(
  commands: readonly Command[],
  { first, last, always }: { first: readonly Place[]; last: readonly Place[]; always: readonly Place[] },
): { offsets: Map<Place, number>; bytes: number } {
  const lives = new Map<Place, { from: number; to: number }>();
  const live = (place: Place, at: number): void => {
    if (place.held !== undefined) return;
    const life = lives.get(place) ?? { from: at, to: at };
    lives.set(place, { from: Math.min(life.from, at), to: Math.max(life.to, at) });
  };
  for (const place of first) live(place, -1);
  commands.forEach(({ reads, writes }, i) => {
    for (const place of reads) live(place, i);
    live(writes, i);
  });
  for (const place of [...last, ...always]) live(place, commands.length);

  const offsets = new Map<Place, number>();
  let bytes = 0;
  let there: { place: Place; at: number; end: number; to: number }[] = [];
  for (const [place, { from, to }] of [...lives].sort((a, b) => a[1].from - b[1].from)) {
    there = there.filter((other) => other.to >= from);
    const size = aligned(4 * (place.floats + 3));
    let at = 0;
    for (const other of there) {
      if (other.at - at >= size) break;
      at = Math.max(at, other.end);
    }
    offsets.set(place, at);
    there.push({ place, at, end: at + size, to });
    there.sort((a, b) => a.at - b.at);
    bytes = Math.max(bytes, at + size);
  }
  return { offsets, bytes };
}
