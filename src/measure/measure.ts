import { checkKeys } from "../known-keys.ts";
import { finish, finishWithClasses } from "./finish.ts";
import { addToSums, type ClassSums, emptySums } from "./first-pass.ts";
import { type Frame, frameOf } from "./frame.ts";
import type { Head } from "./head.ts";
import { checkedData, type InMemory } from "./in-memory.ts";
import { addLogitEvidence, logitsNote, noEvidence } from "./logits.ts";
import type { ClassMeasurement, Measurement } from "./measurement.ts";
import { distancesFirst } from "./nearest-means.ts";
import { type MeasureOptions, wantsForce } from "./options.ts";
import { emptyWithin, openPass, type Within } from "./second-pass.ts";

const optionKeys: Record<keyof MeasureOptions, true> = {
  weightDecay: true,
  lambdas: true,
  compareEffective: true,
  lambdaB: true,
  branches: true,
  nonnegative: true,
  loss: true,
  oodMean: true,
  names: true,
  progress: true,
};

/** Measures features that are in memory. Throws InputError, for keys that nothing would read too. */
export function measureFeatures(data: InMemory, options: MeasureOptions = {}): Measurement {
  checkKeys(options, optionKeys, "options");
  return measured(data, options, (...states) => finish(...states, options));
}

/** The same, and class by class. */
export function measureClasses(data: InMemory, options: MeasureOptions = {}): ClassMeasurement {
  checkKeys(options, optionKeys, "options");
  return measured(data, options, (...states) => finishWithClasses(...states, options));
}

function measured<M extends Measurement>(
  data: InMemory,
  options: MeasureOptions,
  end: (frame: Frame, within: Within, head: Head | null) => M,
): M {
  const { K, d, head, blocks } = checkedData(data);
  const sums: ClassSums = emptySums(K, d);
  const evidence = noEvidence();
  for (const block of blocks()) {
    addToSums(sums, block, block.first);
    if (d === K) addLogitEvidence(evidence, block, d);
  }
  const frame = frameOf(sums);
  if (head) distancesFirst(frame, options.progress);
  const within = emptyWithin(frame, head, { force: wantsForce(options) });
  const pass = openPass(within, frame, head);
  try {
    for (const block of blocks()) pass.add(block);
  } finally {
    pass.close();
  }
  const measurement = end(frame, within, head);
  const words = d === K ? logitsNote(evidence, K) : null;
  if (words) measurement.notes.push(`features: they ${words}`);
  return measurement;
}
