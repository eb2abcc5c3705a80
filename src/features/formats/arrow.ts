import type { Format } from "../format.ts";
import { endingsElsewhere } from "./elsewhere.ts";

const isFile = (start: Uint8Array): boolean => [..."ARROW1"].every((letter, i) => start[i] === letter.charCodeAt(0));

/** Arrow's format for files (Feather since its second version) and for streams, which begin with a mark and the length of a message, a multiple of 8. */
export const arrow: Format = {
  kind: "arrow",
  endings: endingsElsewhere.arrow,
  ordered: true,
  sniff: (start) =>
    isFile(start) ||
    ([0, 1, 2, 3].every((i) => start[i] === 0xff) && start[4] % 8 === 0 && start[4] + start[5] + start[6] > 0 && start[7] === 0),
  async open({ bytes, start, host }) {
    const { arrowArrays } = await import("../arrow/open.ts");
    return arrowArrays(bytes, isFile(start), host);
  },
};
