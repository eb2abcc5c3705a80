import { canHoldFeatures, endingsOf } from "./format.ts";
import { formats } from "./formats/all.ts";
import { withoutPacking } from "./packed-names.ts";

/** The formats as help texts and messages list them. @internal */
export const arrayEndings: string = endingsOf(formats);

/** Whether a name ends as those of files of features do, packed or not: what a folder is searched for. @internal */
export function isArrayName(name: string): boolean {
  return canHoldFeatures(formats, withoutPacking(name));
}
