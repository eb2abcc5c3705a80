import type { Bytes, Reader } from "./bytes.ts";
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
    parts.map(({ bytes: of, offset, shape: own }) => ({ of, offset, length: sizeOf(own, what) * width })),
  );
  return { what, shape, type: first.type, littleEndian: first.littleEndian, strides: contiguous(shape), bytes, offset: 0 };
}

interface Part {
  of: Bytes;
  offset: number;
  length: number;
}

function oneAfterTheOther(what: string, parts: readonly Part[]): Bytes {
  const starts = [0];
  for (const { length } of parts) starts.push((starts.at(-1) as number) + length);
  return {
    what,
    length: starts.at(-1) as number,
    async verify() {
      for (const { of } of parts) await of.verify?.();
    },
    reader(from): Reader {
      let k = starts.findIndex((start, i) => i === parts.length || start + parts[i].length > from);
      let at = from;
      let inner: Reader | undefined;
      return {
        async fill(into) {
          for (let done = 0; done < into.length; ) {
            if (k < parts.length && at === starts[k + 1]) {
              await inner?.close();
              inner = undefined;
              k++;
              continue;
            }
            const { of, offset } = parts[k];
            inner ??= of.reader(offset + at - starts[k]);
            const n = Math.min(into.length - done, starts[k + 1] - at);
            await inner.fill(into.subarray(done, done + n));
            done += n;
            at += n;
          }
        },
        close: async () => inner?.close(),
      };
    },
  };
}
