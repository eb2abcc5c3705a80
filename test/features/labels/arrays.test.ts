import { describe, expect, test } from "vitest";
import { encodeNpy, type Labels } from "../../../src/features/index.ts";
import { labelsIn } from "../../../src/features/labels/labels-in.ts";
import { memoryArrays } from "../../../src/features/memory-arrays.ts";
import { zipOf } from "../zip-files.ts";

/** A .npy of words of up to two letters: NumPy's `<U2`, four bytes a letter. */
function wordsNpy(words: readonly string[], shape: number[] = [words.length]): Uint8Array {
  const letters = Uint32Array.from(words.flatMap((word) => [word.codePointAt(0) ?? 0, word.codePointAt(1) ?? 0]));
  const bytes = encodeNpy({ shape, data: new Float64Array(letters.buffer) });
  bytes.set(new TextEncoder().encode("<U2"), String.fromCharCode(...bytes.subarray(0, 60)).indexOf("<f8"));
  return bytes;
}

async function labelsOf(file: string, bytes: Uint8Array): Promise<{ labels: Labels; all: number[] }> {
  const labels = (await labelsIn(await memoryArrays(file, bytes), {}, {})) as Labels;
  const all: number[] = [];
  for await (const block of labels.blocks(0, labels.n, 2)) all.push(...Array.from(block));
  return { labels, all };
}

const npz = (arrays: Record<string, Uint8Array>): Uint8Array =>
  zipOf(Object.entries(arrays).map(([name, content]) => ({ name: `${name}.npy`, content })));

describe("words, a row or a column of them", () => {
  const words = ["b", "a", "cc", "a"];
  test.each([[[4]], [[4, 1]], [[1, 4]], [[1, 4, 1]]])("shape %j", async (shape) => {
    const { labels, all } = await labelsOf("y.npy", wordsNpy(words, shape));
    expect(labels.names).toEqual(["a", "b", "cc"]);
    expect(all).toEqual([1, 0, 2, 0]);
  });

  test("a table of words is refused, with the index that takes a column", async () => {
    await expect(labelsOf("y.npy", wordsNpy(words, [2, 2]))).rejects.toThrow(
      /y\.npy: shape: expected one label a sample \(in measure, --keys labels=\[:,0\] takes the first column\), got \[2,2\]/,
    );
    const file = await memoryArrays("y.npy", wordsNpy(words, [2, 2]));
    expect((await labelsIn(file, { labels: "[:,0]" }, {}))?.names).toEqual(["b", "cc"]);
    expect((await labelsIn(file, { labels: "[:,1]" }, {}))?.names).toEqual(["a"]);
    await expect(labelsIn(file, { labels: "[:,2]" }, {})).rejects.toThrow(/an index from 0 to 1 on axis 1 of 2 x 2, got 2/);
  });
});

describe("the list of the classes' names is told from other words by its own", () => {
  const numbers = encodeNpy({ shape: [3], data: Float64Array.of(1, 0, 1) });
  const list = wordsNpy(["x", "y"]);
  test.each(["names", "class_names", "label-names", "Classes", "categories"])("%s is one", async (name) => {
    const { labels, all } = await labelsOf("d.npz", npz({ labels: numbers, [name]: list }));
    expect(labels.names).toEqual(["x", "y"]);
    expect(all).toEqual([1, 0, 1]);
  });

  test.each(["filenames", "hostnames", "my_class_names", "names_of_files", "subclasses"])("%s is none", async (name) => {
    expect((await labelsOf("d.npz", npz({ labels: numbers, [name]: list }))).labels.names).toBeNull();
  });
});

describe("how an array was read, in words", () => {
  const how = async (shape: number[], numbers: number[]): Promise<string> =>
    (await labelsOf("y.npy", encodeNpy({ shape, data: Float64Array.from(numbers) }))).labels.how;
  test("a number a sample, or one-hot rows", async () => {
    expect(await how([3], [0, 1, 0])).toBe("a number a sample");
    expect(await how([3, 1], [0, 1, 0])).toBe("a number a sample");
    expect(await how([2, 2], [1, 0, 0, 1])).toBe("one-hot rows of 2 classes");
    expect(await how([1, 3], [0, 2, 1])).toBe("a number a sample");
  });
});
