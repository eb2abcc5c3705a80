import { comparisonOf } from "../../src/documents/index.ts";
import { InputError } from "../../src/errors.ts";
import { amongFiles, holdsArraysHere, type Opener, startOfBlob } from "../../src/features/browser.ts";
import { documentOf, listings, type MeasureDocument, openInput } from "../../src/inputs/index.ts";
import { bothPasses, forTwoRows, layoutOf, type StageProgress, stage, viewOf, wantsForce } from "../../src/measure/index.ts";
import type { Asked, Found, FromMeasuring, GivenFile, ToMeasuring } from "./messages.ts";

/** `nclab measure` in a thread of the page: the same search for features, labels and head, the same two passes, over files that are read by slices. */
const say = (message: FromMeasuring): void => self.postMessage(message);

self.onmessage = ({ data }: MessageEvent<ToMeasuring>) => {
  const work = data.kind === "list" ? list(data.files) : measure(data.files, data.asked);
  work.then(say, (error: Error) =>
    say({ kind: "failed", message: error instanceof InputError ? error.message : `nclab failed: ${error.message}` }),
  );
};

say({ kind: "loaded" });

const byName = (files: readonly GivenFile[]): Map<string, Blob> => new Map(files.map(({ name, blob }) => [name, blob]));

async function list(files: readonly GivenFile[]): Promise<FromMeasuring> {
  const found = new Map<string, Found>();
  const arrays: string[] = [];
  for (const { name, blob } of files) {
    found.set(name, { name, listing: null, error: null });
    try {
      const inside = await startOfBlob(blob, name);
      if (holdsArraysHere(inside.start, inside.name)) arrays.push(name);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      found.set(name, { name, listing: null, error: error.message });
    }
  }
  const opener = amongFiles(byName(files));
  // One that cannot be read says so, and the others are listed by themselves.
  const listed = async (names: readonly string[]): ReturnType<typeof listings> => {
    try {
      return await listings(names, (features) => ({ features, keys: {} }), opener);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      if (names.length > 1) {
        const each = await Promise.all(names.map((name) => listed([name])));
        return { files: each.flatMap((one) => one.files), failed: each.flatMap((one) => one.failed) };
      }
      return { files: [], failed: [{ file: names[0], error: error.message }] };
    }
  };
  const { files: read, failed } = arrays.length > 0 ? await listed(arrays) : { files: [], failed: [] };
  for (const listing of read) found.set(listing.file, { name: listing.file, listing, error: null });
  for (const { file, error } of failed) found.set(file, { name: file, listing: null, error });
  return { kind: "listed", found: [...found.values()] };
}

async function measure(files: readonly GivenFile[], asked: Asked): Promise<FromMeasuring> {
  const began = performance.now();
  const documents: MeasureDocument[] = [];
  const failed: { file: string; error: string }[] = [];
  const opener = amongFiles(byName(files));
  for (const file of asked.features) {
    try {
      documents.push(await measured(file, opener, asked));
    } catch (error) {
      // As on the command line: one that cannot be used is left out, and where none can be it is an error.
      if (!(error instanceof InputError)) throw error;
      if (documents.length === 0 && failed.length === asked.features.length - 1) throw of(file, error);
      failed.push({ file, error: error.message });
    }
  }
  return { kind: "measured", documents, failed, seconds: (performance.now() - began) / 1000 };
}

/** The error of a file, which it names. */
const of = (file: string, error: InputError): InputError =>
  error.message.includes(file) ? error : new InputError(`${file}: ${error.message}`);

async function measured(file: string, opener: Opener, asked: Asked): Promise<MeasureDocument> {
  const progress = progressOf(file);
  const stated = { ...comparisonOf(asked.comparison), progress };
  const input = await openInput({ ...asked.places, features: file }, opener);
  try {
    const wanted = input.oneLogit ? forTwoRows(stated) : stated;
    const passes = await bothPasses(input, input.n, progress, { force: wantsForce(wanted), view: {} });
    const document = documentOf(input, passes, wanted);
    if (passes.view) {
      document.view = viewOf(passes.view, passes.frame);
      if (asked.umap) document.view.umap = await layoutOf(passes.view, input.d, stage(progress, "layout by UMAP"));
    }
    return document;
  } finally {
    await input.close();
  }
}

/** Milliseconds between two words on how far it is. */
const pause = 100;

function progressOf(file: string): StageProgress {
  let said = Number.NEGATIVE_INFINITY;
  return (name, done, total) => {
    const now = performance.now();
    if (now - said < pause && done < total) return;
    said = now;
    say({ kind: "progress", file, stage: name, share: total > 0 ? done / total : 1 });
  };
}
