import { endsWithOne } from "./format.ts";

/** The ways in which whole files are packed: how their names end, and how they begin. */
export const packedNames = {
  gzip: { ending: ".gz", begins: [0x1f, 0x8b] },
  zstandard: { ending: ".zst", begins: [0x28, 0xb5, 0x2f, 0xfd] },
} as const;

/** One of them. */
export type PackingName = keyof typeof packedNames;

const all = Object.keys(packedNames) as PackingName[];

/** Those that a page unpacks, by the browser's own code. */
export const packedHere: readonly PackingName[] = ["gzip"];

/** How a file is packed, by its first bytes; undefined where it is not. */
export const packedAs = (start: Uint8Array): PackingName | undefined =>
  all.find((packing) => packedNames[packing].begins.every((byte, i) => start[i] === byte));

/** What a file is called inside its packing: its name without the ending of packed files, in small letters or capitals, if it has one. */
export function withoutPacking(name: string, packings: readonly PackingName[] = all): string {
  const packing = packings.find((one) => endsWithOne(name, [packedNames[one].ending]));
  return packing === undefined ? name : name.slice(0, name.length - packedNames[packing].ending.length);
}

/** A hundred times what is packed, and 256 MB of anything: no numbers that were measured pack further. */
export const mostUnpacked = (packed: number): number => Math.max(2 ** 28, 100 * packed);
