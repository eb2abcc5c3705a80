import { inputError } from "../errors.ts";
import { type Bytes, inOrder } from "./bytes.ts";
import { widthOf } from "./elements.ts";
import { contiguous, type StoredArray, sizeOf } from "./stored-array.ts";

/**
 * Arrays one after the other as one, as a list of batches is meant: N1 x d, N2 x d, ... are (N1 + N2 + ...) x d, numbers are N. Undefined where
 * their rows differ in length, type or byte order, or do not lie one after the other.
 */
export function joined(parts: readonly Omit<StoredArray, "what">[], what: string): StoredArray | undefined {
  const [first] = parts;
  const inner = first.shape.slice(1);
  const rows = (shape: readonly number[]): number => (shape.length === 0 ? 1 : shape[0]);
  const fits = (part: Omit<StoredArray, "what">): boolean =>
    // From a compressed part everything before would be unpacked again for each.
    part.bytes.readAt !== undefined &&
    part.type === first.type &&
    part.littleEndian === first.littleEndian &&
    part.shape.length === first.shape.length &&
    inner.every((n, k) => n === part.shape[k + 1]) &&
    contiguous(part.shape).every((s, k) => part.shape[k] <= 1 || part.strides[k] === s);
  if (!parts.every(fits)) return undefined;
  const shape = [parts.reduce((sum, part) => sum + rows(part.shape), 0), ...inner];
  const width = widthOf(first.type);
  const bytes = oneAfterTheOther(
    what,
    parts.map(({ bytes: { readAt, verify }, offset, shape: own }) => ({
      readAt: readAt as Part["readAt"],
      verify,
      offset,
      length: sizeOf(own, what) * width,
    })),
  );
  return { what, shape, type: first.type, littleEndian: first.littleEndian, strides: contiguous(shape), bytes, offset: 0 };
}

/** A part as one row of what it is joined to: d numbers are 1 x d. A single number is a row already. */
export function asRow<T extends Omit<StoredArray, "what">>(part: T): T {
  const { shape, strides } = part;
  return shape.length === 0 ? part : { ...part, shape: [1, ...shape], strides: [0, ...strides] };
}

interface Part {
  readAt: NonNullable<Bytes["readAt"]>;
  verify: Bytes["verify"];
  offset: number;
  length: number;
}

function oneAfterTheOther(what: string, parts: readonly Part[]): Bytes {
  const starts = [0];
  for (const { length } of parts) starts.push((starts.at(-1) as number) + length);
  const length = starts.at(-1) as number;
  /** The last part that begins at or before a position. */
  const partAt = (at: number): number => {
    let [low, high] = [0, parts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle] <= at) low = middle;
      else high = middle - 1;
    }
    return low;
  };
  const readAt = async (at: number, into: Uint8Array): Promise<void> => {
    if (at + into.length > length) throw inputError(what, `at least ${at + into.length} bytes`, `${length} bytes`);
    for (let done = 0, k = partAt(at); done < into.length; k++) {
      const from = at + done - starts[k];
      const n = Math.min(into.length - done, parts[k].length - from);
      await parts[k].readAt(parts[k].offset + from, into.subarray(done, done + n));
      done += n;
    }
  };
  const verify = async (): Promise<void> => {
    for (const { verify: one } of parts) await one?.();
  };
  return { what, length, readAt, reader: (from) => inOrder(readAt, from), verify };
}
