import { canHoldFeatures, endingsOf } from "./format.ts";
import { everywhere } from "./formats/everywhere.ts";

/** The formats that a page reads, as messages list them. */
export const endingsHere: string = endingsOf(everywhere);

/** Whether a name ends as that of a file of features that a page reads. */
export const canHoldFeaturesHere = (name: string): boolean => canHoldFeatures(everywhere, name);
