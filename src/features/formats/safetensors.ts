import type { Format } from "../format.ts";
import { safetensorsArrays } from "../read-safetensors.ts";
import { isText } from "../unknown-file.ts";

/** Safetensors: the length of a header in eight bytes, then the header. */
export const safetensors: Format = {
  kind: "safetensors",
  endings: [".safetensors"],
  ordered: false,
  sniff: (start, name) =>
    (start[8] === 0x7b && start[6] === 0 && start[7] === 0) || (/\.safetensors$/i.test(name) && !isText(start)),
  open: ({ bytes }) => safetensorsArrays(bytes),
};
