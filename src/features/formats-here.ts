import { canHoldFeatures, endingsOf, endsWithOne, hasEnding } from "./format.ts";
import { endingsElsewhere } from "./formats/elsewhere.ts";
import { everywhere } from "./formats/everywhere.ts";
import { packedHere, withoutPacking } from "./packed-names.ts";

/** The formats that a page reads, as messages list them. */
export const endingsHere: string = endingsOf(everywhere);

/** Whether a name ends as that of a file of features that a page reads. */
export const canHoldFeaturesHere = (name: string): boolean => canHoldFeatures(everywhere, unpackedName(name));

/** Whether a name ends as that of a file of arrays that a page reads: features, or a network. */
export const canHoldArraysHere = (name: string): boolean => hasEnding(everywhere, unpackedName(name));

/** What a file is called that a page has unpacked. */
export const unpackedName = (name: string): string => withoutPacking(name, packedHere);

/** Whether a name ends as that of a file that Node reads and a page does not: by its format, or by how it is packed. */
export const isReadElsewhere = (name: string): boolean => {
  const inside = unpackedName(name);
  return endsWithOne(inside, Object.values(endingsElsewhere).flat()) || withoutPacking(inside) !== inside;
};
