import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Change, SeriesHead, WatchPoint } from "../../watch/index.ts";
import { type FileWatch, watchFiles } from "./files.ts";
import { look } from "./look.ts";
import { type JsonLines, readTraining, type Training } from "./trainings.ts";

/** A document that stands at a moment of a training: what scalars are made of. */
export interface Moment {
  series: string;
  at: number;
  /** The feature file; null for a line of a training's own. */
  file: string | null;
  document: Record<string, unknown>;
  head: SeriesHead;
  point: WatchPoint;
}

export interface WatchInput {
  place: string;
  /** Files that are no features: labels, heads, what this program writes; by their real paths. */
  without: ReadonlySet<string>;
  /** Milliseconds between two looks. */
  interval: number;
  measure: FileWatch["measure"];
  /** Told of everything that changes, in its order. */
  emit(change: Change): void;
  /** Told of each measurement before its point is. */
  found(moment: Moment): Promise<void>;
  signal: AbortSignal;
}

/**
 * Looks at a folder again and again until `signal`: a look costs little, works on every file system, and needs nothing of whoever writes. What cannot be read is said, and tried again when it has changed. Nothing in the folder is
 * written.
 */
export async function watchFolder(input: WatchInput): Promise<void> {
  const { place, emit, signal } = input;
  const trainings = new Map<string, Training>();
  const files = watchFiles(input);
  let there: boolean | null = null;
  while (!signal.aborted) {
    const found = await look(place, input.without);
    if (found.there !== there) {
      there = found.there;
      emit({ kind: "there", there });
    }
    const kinds: [JsonLines["kind"], string[]][] = [
      ["run", found.runs],
      ["recorder", found.recorders],
    ];
    const now = new Set([...found.runs, ...found.recorders]);
    for (const name of [...trainings.keys()].filter((name) => !now.has(name))) {
      trainings.delete(name);
      emit({ kind: "gone", name });
    }
    for (const [kind, folders] of kinds)
      for (const name of folders) {
        if (signal.aborted) return;
        // What were files so far are a training's own.
        if (files.forget(name)) emit({ kind: "gone", name });
        const before = trainings.get(name);
        const training = before?.kind === kind ? before : { kind, name, folder: join(place, name) };
        if (before && before !== training) emit({ kind: "gone", name });
        trainings.set(name, await readTraining(training, input));
      }
    files.look(found.files);
    await sleep(input.interval, null, { signal }).catch(() => null);
  }
  files.stop();
}
