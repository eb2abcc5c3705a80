/**
 * A table of FlatBuffers (the format of what Arrow says of itself): its fields by their numbers in the schema, undefined where they are left out. Every place is looked up in the bytes of the
 * message: a damaged one is a RangeError.
 */
export interface Table {
  /** An integer of 1, 2, 4 or 8 bytes, of an enumeration or a flag too. */
  integer(field: number, bytes: 1 | 2 | 4 | 8): number | undefined;
  text(field: number): string | undefined;
  table(field: number): Table | undefined;
  /** A list of tables. */
  tables(field: number): Table[];
  /** A list of structs of so many integers of 8 bytes, one after the other. */
  longs(field: number, each: number): number[][];
}

/** The table that a message begins with. */
export function rootTable(bytes: Uint8Array): Table {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return tableAt(view, view.getUint32(0, true));
}

function tableAt(view: DataView, at: number): Table {
  const fields = at - view.getInt32(at, true);
  const length = view.getUint16(fields, true);
  /** Where a field is; undefined where it is left out. */
  const place = (field: number): number | undefined => {
    const entry = 4 + 2 * field;
    const offset = entry + 2 <= length ? view.getUint16(fields + entry, true) : 0;
    return offset === 0 ? undefined : at + offset;
  };
  /** What a field points to. */
  const target = (field: number): number | undefined => {
    const from = place(field);
    return from === undefined ? undefined : from + view.getUint32(from, true);
  };
  const list = (field: number, width: number): { count: number; first: number } => {
    const from = target(field);
    if (from === undefined) return { count: 0, first: 0 };
    const count = view.getUint32(from, true);
    if (from + 4 + count * width > view.byteLength) throw new RangeError(`a list of ${count}`);
    return { count, first: from + 4 };
  };
  return {
    integer(field, bytes) {
      const from = place(field);
      if (from === undefined) return undefined;
      if (bytes === 1) return view.getUint8(from);
      if (bytes === 2) return view.getInt16(from, true);
      return bytes === 4 ? view.getInt32(from, true) : Number(view.getBigInt64(from, true));
    },
    text(field) {
      const { count, first } = list(field, 1);
      return new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + first, count));
    },
    table(field) {
      const to = target(field);
      return to === undefined ? undefined : tableAt(view, to);
    },
    tables(field) {
      const { count, first } = list(field, 4);
      return Array.from({ length: count }, (_, i) => tableAt(view, first + 4 * i + view.getUint32(first + 4 * i, true)));
    },
    longs(field, each) {
      const { count, first } = list(field, 8 * each);
      const long = (at8: number): number => Number(view.getBigInt64(at8, true));
      return Array.from({ length: count }, (_, i) => Array.from({ length: each }, (_, k) => long(first + 8 * (i * each + k))));
    },
  };
}
