/**
 * What ends a network before its head, told from the names and shapes in its checkpoint (theory, section 9).
 */

export { advice, type EndsDocument, endsDocument } from "./document.ts";
export { type Ending, endingOf } from "./ends.ts";
export type { Parameter } from "./modules.ts";
export { dotted, ofOptimizer } from "./names.ts";
export { type DecayLook, decayLook, decayRule, mostBranches, type Sizes, withinBranches } from "./sizes.ts";
