import { rowFiles } from "../files/index.ts";
import { openArrays } from "./array-file.ts";
import { openLabels } from "./labels/open-labels.ts";
import type { Opener } from "./opener.ts";

/** Files by their paths. */
export const onDisk: Opener = { arrays: openArrays, labels: openLabels, rows: rowFiles };
