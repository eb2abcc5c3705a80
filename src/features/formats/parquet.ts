import type { Format } from "../format.ts";
import { endingsElsewhere } from "./elsewhere.ts";

/** Parquet: tables by columns, in groups of rows. */
export const parquet: Format = {
  kind: "parquet",
  endings: endingsElsewhere.parquet,
  ordered: true,
  sniff: ([a, b, c, d]) => a === 0x50 && b === 0x41 && c === 0x52 && d === 0x31,
  async open({ bytes, host }) {
    const { parquetArrays } = await import("../parquet/open.ts");
    return parquetArrays(bytes, host);
  },
};
