import { type Format, isZip } from "../format.ts";
import { endingsElsewhere } from "./elsewhere.ts";

const weights = "model.weights.h5";

/** Keras 3's models: a zip with HDF5 in it. */
export const keras: Format = {
  kind: "keras",
  endings: endingsElsewhere.keras,
  models: [".keras"],
  ordered: false,
  sniff: isZip,
  holds: (members) => members.includes(weights),
  async open({ members, host }) {
    const { openHdf5Arrays } = await import("../hdf5/open.ts");
    const { kerasOutputs } = await import("../keras-outputs.ts");
    const member = async (wanted: string) => (await members()).find(({ name }) => name === wanted)?.bytes;
    const bytes = await member(weights);
    const contents = await openHdf5Arrays(bytes as NonNullable<typeof bytes>, host, { reversed: false });
    return { ...contents, ...(await kerasOutputs(await member("config.json"), contents.arrays)) };
  },
};
