import { canHoldFeatures, endingsOf, endsWithOne, hasEnding } from "./format.ts";
import { endingsElsewhere } from "./formats/elsewhere.ts";
import { everywhere } from "./formats/everywhere.ts";

/** The formats that a page reads, as messages list them. */
export const endingsHere: string = endingsOf(everywhere);

/** Whether a name ends as that of a file of features that a page reads. */
export const canHoldFeaturesHere = (name: string): boolean => canHoldFeatures(everywhere, name);

/** Whether a name ends as that of a file of arrays that a page reads: features, or a network. */
export const canHoldArraysHere = (name: string): boolean => hasEnding(everywhere, name);

/** Whether a name ends as that of a file that Node reads and a page does not. */
export const isReadElsewhere = (name: string): boolean => endsWithOne(name, Object.values(endingsElsewhere).flat());
