import type { ComparisonInput } from "../../src/documents/index.ts";
import type { Listing, MeasureDocument, Places } from "../../src/inputs/index.ts";

/** What the page asks the worker that measures, and what it hears. One question a worker: to stop it is to end the worker. */
export type ToMeasuring =
  /** What is in these files? */
  | { kind: "list"; files: readonly GivenFile[] }
  /** Measure these. */
  | { kind: "measure"; files: readonly GivenFile[]; asked: Asked };

/** A file that the page was given, by the name under which everything speaks of it. It is not copied: the worker reads it by slices. */
export interface GivenFile {
  name: string;
  blob: Blob;
}

/** What is measured and what it is compared with, in the terms of `nclab measure`. */
export interface Asked {
  /** Files of features, one or several. */
  features: readonly string[];
  /** Where the rest is, the same for all of them. */
  places: Omit<Places, "features">;
  /** What to compare with. */
  comparison: ComparisonInput;
  /** Whether the sample of the picture is laid out by UMAP too. */
  umap: boolean;
}

/** What was found in a file. */
export interface Found {
  name: string;
  /** Its arrays; null: it is text, or could not be read. */
  listing: Listing | null;
  /** Why it could not be read. */
  error: string | null;
}

/** What came of files that were measured. */
export interface Measured {
  documents: readonly MeasureDocument[];
  /** Those that could not be used. */
  failed: readonly { file: string; error: string }[];
  seconds: number;
}

export type FromMeasuring =
  /** It listens. What is said before, while its code is loaded, is lost. */
  | { kind: "loaded" }
  | { kind: "listed"; found: readonly Found[] }
  | { kind: "progress"; file: string; stage: string; share: number }
  | ({ kind: "measured" } & Measured)
  | { kind: "failed"; message: string };
