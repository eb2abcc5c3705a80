import type { ArrayFile } from "./array-file.ts";
import { type Bytes, head } from "./bytes.ts";
import { type Format, formatOf, type Host, type Source } from "./format.ts";
import { unknownFile } from "./unknown-file.ts";
import { addNormalizedWeights, addPackedWeights, addPrunedWeights, addSpectralWeights } from "./weight-norm.ts";
import { readZip, type ZipMember } from "./zip.ts";

/** As many first bytes tell what a file is: HDF5's may stand behind 2048 others. */
export const startLength: number = 2048 + 512;

/** A file as its reader is given it; `name` is the one by which formats are told. */
export async function sourceOf(bytes: Bytes, name: string, host: Host): Promise<Source> {
  let members: Promise<readonly ZipMember[]> | undefined;
  return {
    bytes,
    name,
    start: await head(bytes, startLength),
    members() {
      members ??= readZip(bytes, host.unpacker);
      return members;
    },
    host,
  };
}

/** What a file of one of the formats holds. Throws InputError naming it where it is none of them or is damaged. */
export async function readSource(source: Source, formats: readonly Format[]): Promise<Omit<ArrayFile, "close">> {
  const file = source.bytes.what;
  const format = await formatOf(formats, source);
  if (!format) throw unknownFile(file, source, formats);
  const { ordered } = format;
  const found = { file, kind: format.kind, ordered, ...(await format.open(source)) };
  addNormalizedWeights(file, found.arrays);
  addSpectralWeights(file, found.arrays);
  addPrunedWeights(file, found.arrays);
  addPackedWeights(found.arrays);
  return found;
}
