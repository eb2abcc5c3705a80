import { crcTable } from "./crc32.ts";

/** CRC-32C (Castagnoli, RFC 3720): the checksum of TensorBoard's records. */
const table: Uint32Array = crcTable(0x82f63b78);

/** Of all bytes, in [0, 2^32). */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = table[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}
