import type { RowStorage } from "../row-store.ts";
import type { ArrayFile } from "./array-file.ts";
import type { Keys } from "./find.ts";
import type { LabelOptions, Labels } from "./labels/labels.ts";

/** Opens what a person names: files on a disk (`onDisk`), or those that a page was given (`amongFiles`). */
export interface Opener {
  /** A file of arrays; whoever asks closes it. Throws InputError. */
  arrays(file: string): Promise<ArrayFile>;
  /** The labels at a place. A file of arrays is opened by `open`, whose caller closes it: labels are read from it as long as they are asked for. Throws InputError. */
  labels(place: string, keys: Keys, options: LabelOptions, open: Opener["arrays"]): Promise<Labels>;
  /** Room beside the memory for matrices with a row a class, which whoever asks closes; without it they lie in memory. */
  rows?(): RowStorage;
}
