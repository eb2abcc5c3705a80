import type { Format } from "../format.ts";
import { shardedArrays } from "../sharded-safetensors.ts";
import { endingsElsewhere } from "./elsewhere.ts";

/** The index of safetensors in several files, which stand beside it: JSON. */
export const safetensorsIndex: Format = {
  kind: "safetensors",
  endings: endingsElsewhere.safetensorsIndex,
  ordered: false,
  isText: true,
  sniff: ([first], name) => first === 0x7b || /\.json$/i.test(name),
  open: ({ bytes, host }) => shardedArrays(bytes, host.file),
};
