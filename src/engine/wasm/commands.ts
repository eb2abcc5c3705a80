import type { Node } from "../graph.ts";
import { compute, type Numbers } from "../plain.ts";

/** An array of a program: `floats` numbers of its own, or a held one. */
export interface Place {
  readonly floats: number;
  readonly held?: string;
}

/** An array that is there while somebody needs it. */
export const own = (floats: number): Place => ({ floats });

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

/** A node with where its inputs lie and where its values go. */
export interface Task<N extends Node = Node> {
  readonly node: N;
  readonly reads: readonly Place[];
  readonly writes: Place;
}

/** How a kernel's work is cut: `work` entries or multiplications in all, of which a piece should have `least`; `units`, `grain` and `scale` as in a table (team.ts). */
export interface Work {
  units: number;
  work: number;
  grain?: number;
  scale?: number;
  least?: number;
}

/** Numbers a piece of entrywise work should have at least: below, taking it costs more than it helps. */
const leastNumbers = 1 << 14;
const single = (length: number): Float32Array => new Float32Array(length);

/** Commands as they come. */
export interface Commands {
  readonly list: readonly Command[];
  readonly shared: boolean;
  /** A kernel's, by a name that says what it computes. Returns `writes`. */
  kernel(key: string, bytes: () => Uint8Array<ArrayBuffer>, reads: readonly Place[], writes: Place, work: Work): Place;
  /** Plain code. */
  plain(reads: readonly Place[], writes: Place, plain: NonNullable<Command["plain"]>): void;
  /** The node by the twin. */
  twin(task: Task): void;
}

/** For so many threads. */
export function commandsFor({ threads, shared }: { threads: number; shared: boolean }): Commands {
  const list: Command[] = [];
  const plain: Commands["plain"] = (reads, writes, plain) => void list.push({ reads, writes, plain });
  return {
    list,
    shared,
    kernel(key, bytes, reads, writes, { units, work, grain = 1, scale = 1, least = leastNumbers }) {
      const most = threads === 1 ? 1 : 4 * threads;
      const pieces = Math.max(1, Math.min(most, Math.ceil(units / grain), Math.floor(work / least)));
      list.push({ reads, writes, kernel: { key, bytes, units, grain, scale, pieces } });
      return writes;
    },
    plain,
    twin: ({ node, reads, writes }) =>
      plain(reads, writes, (inputs, output) => {
        // What is added up begins at 0; a map may write over what it reads.
        if (node.kind !== "map" && node.kind !== "reduce") output.fill(0);
        compute(node, inputs, output, single);
      }),
  };
}
