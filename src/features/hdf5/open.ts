import { type Bytes, chunksOf } from "../bytes.ts";
import type { Contents } from "../contents.ts";
import type { Host } from "../format.ts";
import { hdf5Arrays } from "./arrays.ts";
import { openHdf5 } from "./library.ts";

/** The arrays of HDF5 that lies in a file, or is packed in one. */
export async function openHdf5Arrays(bytes: Bytes, host: Host, { reversed }: { reversed: boolean }): Promise<Contents> {
  const { onDisk, what, length } = bytes.onDisk ? bytes : await host.anywhere(bytes);
  if (!onDisk) throw new TypeError(`${what}: HDF5 that is in no file`);
  await bytes.verify?.();
  const file = openHdf5(what, { ...onDisk, length });
  host.whenClosed(file.close);
  const contents = await hdf5Arrays(file, { what, size: length, reversed });
  const halves = [...contents.arrays].filter(([, { type }]) => type === "f2");
  if (halves.length === 0) return contents;
  const found = await halvesIn(bytes);
  for (const [name, array] of halves) {
    if (found !== "both") contents.arrays.set(name, { ...array, type: found });
    else {
      contents.arrays.delete(name);
      contents.skipped.set(name, "floats of two bytes, in a file that has them of two kinds");
    }
  }
  return contents;
}

/** The properties of a type of floats as HDF5 writes them: first bit, bits, exponent (where, bits), fraction (where, bits), bias. */
const half = Buffer.of(0, 0, 16, 0, 10, 5, 0, 10, 15, 0, 0, 0);
const bfloat16 = Buffer.of(0, 0, 16, 0, 7, 8, 0, 7, 127, 0, 0, 0);

/** What the floats of two bytes in a file are. The library does not say, so that the description of the type is looked for: in all of the file, as it may stand anywhere. */
async function halvesIn(bytes: Bytes): Promise<"f2" | "bf" | "both"> {
  let before = Buffer.alloc(0);
  const seen = { half: false, bfloat16: false };
  for await (const chunk of chunksOf(bytes)) {
    const window = Buffer.concat([before, chunk]);
    seen.half ||= window.includes(half);
    seen.bfloat16 ||= window.includes(bfloat16);
    before = window.subarray(-11);
  }
  return !seen.bfloat16 ? "f2" : seen.half ? "both" : "bf";
}
