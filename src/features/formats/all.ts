import type { Format } from "../format.ts";
import { everywhere } from "./everywhere.ts";
import { safetensorsIndex } from "./safetensors-index.ts";

/** All formats, tried in this order. */
export const formats: readonly Format[] = [...everywhere, safetensorsIndex];
