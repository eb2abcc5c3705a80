/**
 * What ends a network before its head, told from the names and shapes in its checkpoint (theory, section 9).
 */

export { advice, type EndsDocument, endsDocument, type Told } from "./document.ts";
export { type CheckpointEnding, endingOfCheckpoint } from "./ends.ts";
export { headByOrder } from "./head.ts";
export { endingOfLiving, type Living, type LivingEnding } from "./living.ts";
export type { Parameter } from "./modules.ts";
export { dotted, ofOptimizer } from "./names.ts";
export { type DecayInFile, decayInFile } from "./optimizer.ts";
export { type DecayLook, decayLook, decayRule, type Sizes } from "./sizes.ts";
export { type Optimizer, type TrainedWith, type Training, trainedWith } from "./trained-with.ts";
