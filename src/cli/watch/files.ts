import { InputError } from "../../errors.ts";
import { documentHead, pointOf, type SeriesHead } from "../../watch/index.ts";
import { type FoundFile, versionOf } from "./look.ts";
import type { measuring } from "./measuring.ts";
import { problemOr } from "./trainings.ts";
import type { WatchInput } from "./watcher.ts";

/**
 * Feature files that appear: each is measured once, one after the other, when two looks have found it the same (a file that is still being written waits). One that cannot be measured is said, and measured again when it has changed.
 */
export interface FileWatch {
  measure(file: string): ReturnType<typeof measuring>;
}

interface Known extends FoundFile {
  /** Whether two looks have found it so. */
  settled: boolean;
  /** The version that was measured, or could not be. */
  tried: string | null;
}

const collator = new Intl.Collator("en", { numeric: true });

export function watchFiles({ measure, emit, found: told, signal }: WatchInput): {
  look(found: readonly FoundFile[]): void;
  /** Whether anything was known of a folder's files; nothing is then. */
  forget(folder: string): boolean;
  stop(): void;
} {
  let known = new Map<string, Known>();
  const heads = new Map<string, SeriesHead>();
  const wrong = new Set<string>();
  let running: { file: string; stop(): void } | null = null;

  const right = (file: string): void => {
    if (wrong.delete(file)) emit({ kind: "wrong", file, message: null });
  };
  const said = (file: string, message: string): void => {
    wrong.add(file);
    emit({ kind: "wrong", file, message });
  };

  const take = async ({ file, folder, version }: Known): Promise<void> => {
    const work = measure(file);
    running = { file, stop: work.stop };
    emit({ kind: "measuring", file });
    const measured = await work.measured;
    running = null;
    emit({ kind: "measuring", file: null });
    const still = known.get(file);
    // Written while it was measured, or no file of ours any more: what was seen is of no file.
    if (signal.aborted || !still || still.folder !== folder || (await versionOf(file)) !== version) return;
    known.set(file, { ...still, tried: version });
    if ("wrong" in measured) return said(file, measured.wrong);
    try {
      const { document } = measured;
      const head = problemOr(heads.get(folder), documentHead(folder, "files", document, file));
      const at = numberIn(file);
      const { point, latest } = pointOf(document, { at, file, groups: head.groups, where: file });
      await told({ series: folder, at, file, document, head, point });
      if (heads.get(folder) !== head) emit({ kind: "head", head });
      heads.set(folder, head);
      emit({ kind: "points", name: folder, points: [point], latest });
      right(file);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      said(file, error.message);
    }
  };

  /** The next one, where none is at work. An error that is none of the file's ends the program, as any other does. */
  const next = (): void => {
    if (running || signal.aborted) return;
    const ready = [...known.values()].filter(({ settled, tried, version }) => settled && tried !== version);
    const [first] = ready.sort((a, b) => collator.compare(a.file, b.file));
    if (first) void take(first).then(next);
  };

  return {
    look(found) {
      const before = known;
      known = new Map(
        found.map((one) => {
          const old = before.get(one.file);
          return [one.file, { ...one, settled: old?.version === one.version, tried: old?.tried ?? null }];
        }),
      );
      for (const file of before.keys()) if (!known.has(file)) right(file);
      next();
    },
    forget(folder) {
      const some = [...known.values()].filter((one) => one.folder === folder);
      for (const { file } of some) {
        known.delete(file);
        right(file);
        if (running?.file === file) running.stop();
      }
      return heads.delete(folder);
    },
    stop: () => running?.stop(),
  };
}

/** The last number in a name: where the file stands among those that come one by one. The picture places all of them by `filePlaces`. */
function numberIn(file: string): number {
  const digits = /(\d+)\D*$/.exec(
    file
      .split(/[/\\]/)
      .at(-1)
      ?.replace(/\.[a-z]\w*$/i, "") ?? "",
  );
  return digits ? Number(digits[1]) : 0;
}
