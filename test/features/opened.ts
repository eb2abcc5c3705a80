import { type ArrayFile, openArrays, readWhole } from "../../src/features/index.ts";

/** The file while it is used, closed after. */
export async function opened<T>(file: string, use: (file: ArrayFile) => Promise<T>): Promise<T> {
  const of = await openArrays(file);
  try {
    return await use(of);
  } finally {
    await of.close();
  }
}

/** An array of the file, whole. */
export async function dataOf(file: ArrayFile, name: string): Promise<{ shape: readonly number[]; data: number[] }> {
  const { shape, data } = await readWhole(file.arrays.get(name) as never);
  return { shape, data: [...data] };
}
