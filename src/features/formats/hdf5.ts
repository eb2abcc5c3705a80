import type { Format } from "../format.ts";
import { endingsElsewhere } from "./elsewhere.ts";

const signature = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

/** HDF5, Keras's weights among it, and MATLAB's files since 7.3. The signature stands at the beginning, or behind a block of the program that wrote it. */
export const hdf5: Format = {
  kind: "hdf5",
  endings: endingsElsewhere.hdf5,
  models: [".weights.h5"],
  ordered: false,
  sniff: (start) => [0, 512, 1024, 2048].some((at) => signature.every((byte, i) => start[at + i] === byte)),
  async open(source) {
    const { openHdf5Arrays } = await import("../hdf5/open.ts");
    const matlab = new TextDecoder("latin1").decode(source.start.subarray(0, 10)) === "MATLAB 7.3";
    return openHdf5Arrays(source.bytes, source.host, { reversed: matlab });
  },
};
