import { type Format, isZip } from "../format.ts";

const weights = "model.weights.h5";

/** Keras 3's models: a zip with HDF5 in it. */
export const keras: Format = {
  kind: "keras",
  endings: [".keras"],
  models: [".keras"],
  ordered: false,
  sniff: isZip,
  holds: (members) => members.includes(weights),
  async open({ members, host }) {
    const { openHdf5Arrays } = await import("../hdf5/open.ts");
    const bytes = (await members()).find(({ name }) => name === weights)?.bytes;
    return openHdf5Arrays(bytes as NonNullable<typeof bytes>, host, { reversed: false });
  },
};
