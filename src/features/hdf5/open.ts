import type { Bytes } from "../bytes.ts";
import type { Contents } from "../contents.ts";
import type { Host } from "../format.ts";
import { hdf5Arrays } from "./arrays.ts";
import { openHdf5 } from "./library.ts";

/** The arrays of HDF5 that lies in a file, or is packed in one. */
export async function openHdf5Arrays(bytes: Bytes, host: Host, { reversed }: { reversed: boolean }): Promise<Contents> {
  const placed = bytes.onDisk ? bytes : await host.anywhere(bytes);
  const { onDisk, what, length } = placed;
  if (!onDisk) throw new TypeError(`${what}: HDF5 that is in no file`);
  await bytes.verify?.();
  const file = openHdf5(what, { ...onDisk, length });
  host.whenClosed(file.close);
  return hdf5Arrays(file, { what, bytes: placed, host, reversed });
}
