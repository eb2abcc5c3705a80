import { crc32, deflateRawSync } from "node:zlib";

/** A member as a test wants it, true or not. */
export interface Made {
  name: string;
  content: Uint8Array;
  deflated?: boolean;
  /** What the directory says instead of the truth. */
  says?: { size?: number; packed?: number; crc?: number; offset?: number };
}

/** A zip file by the specification's own words; `zip64`: every size and offset of the directory stands in the 64-bit fields. */
export function zipOf(members: readonly Made[], zip64 = false): Uint8Array {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  const put = (list: Uint8Array[], ...fields: [width: 2 | 4 | 8, value: number][]): void => {
    const view = new DataView(new ArrayBuffer(fields.reduce((sum, [width]) => sum + width, 0)));
    let where = 0;
    for (const [width, value] of fields) {
      if (width === 2) view.setUint16(where, value, true);
      else if (width === 4) view.setUint32(where, value, true);
      else view.setBigUint64(where, BigInt(value), true);
      where += width;
    }
    list.push(new Uint8Array(view.buffer));
  };
  for (const { name, content, deflated, says = {} } of members) {
    const data = deflated ? deflateRawSync(content) : content;
    const label = new TextEncoder().encode(name);
    const offset = says.offset ?? at;
    const [size, packed, crc] = [says.size ?? content.length, says.packed ?? data.length, says.crc ?? crc32(content)];
    const method = deflated ? 8 : 0;
    put(
      parts,
      [4, 0x04034b50],
      [2, 45],
      [2, 0],
      [2, method],
      [4, 0],
      [4, crc],
      [4, packed],
      [4, size],
      [2, label.length],
      [2, 0],
    );
    parts.push(label, data);
    at += 30 + label.length + data.length;
    const deferred = 0xffffffff;
    put(
      directory,
      [4, 0x02014b50],
      [4, 45],
      [2, 0],
      [2, method],
      [4, 0],
      [4, crc],
      [4, zip64 ? deferred : packed],
      [4, zip64 ? deferred : size],
      [2, label.length],
      [2, zip64 ? 32 : 0],
      [2, 0],
      [8, 0],
      [4, zip64 ? deferred : offset],
    );
    directory.push(label);
    // APPNOTE 4.5.3: original size, compressed size, offset.
    if (zip64) put(directory, [2, 1], [2, 28], [8, size], [8, packed], [8, offset], [4, 0]);
  }
  const length = directory.reduce((sum, { length: n }) => sum + n, 0);
  const end: Uint8Array[] = [];
  if (zip64) {
    put(end, [4, 0x06064b50], [8, 44], [4, 45], [4, 0], [4, 0], [8, members.length], [8, members.length], [8, length], [8, at]);
    put(end, [4, 0x07064b50], [4, 0], [8, at + length], [4, 1]);
  }
  const n = zip64 ? 0xffff : members.length;
  put(end, [4, 0x06054b50], [4, 0], [2, n], [2, n], [4, zip64 ? 0xffffffff : length], [4, zip64 ? 0xffffffff : at], [2, 0]);
  return Uint8Array.from(Buffer.concat([...parts, ...directory, ...end]));
}
