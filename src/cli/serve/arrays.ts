import { unlink } from "node:fs/promises";
import { InputError, inputError } from "../../errors.ts";
import { type ArrayFile, decodeNpy, type NumericArray, openArrays, readWhole } from "../../features/index.ts";
import { isObject } from "../../json.ts";

/**
 * Arrays in a request, wherever a list or a number may stand: `{"npy": "<base64>"}`, the bytes of a .npy file, or `{"npyFile": "/path"}`, the file, which `"temporary": true` lets go once it is open. They become what the library takes: a number where
 * there is no axis, a list where there is one, lists of rows where there are more.
 */
export async function withArrays(value: unknown, what = "input", depth = 0): Promise<unknown> {
  if (depth > deepest || typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    if (!value.some((x) => typeof x === "object" && x !== null)) return value;
    return Promise.all(value.map((x, i) => withArrays(x, `${what}[${i}]`, depth + 1)));
  }
  if (!isObject(value)) return value;
  const array = await arrayIn(value, what);
  if (array !== null) return axes(array.data, array.shape);
  const named: [string, unknown][] = [];
  for (const [key, x] of Object.entries(value))
    named.push([key, await withArrays(x, depth === 0 ? key : `${what}.${key}`, depth + 1)]);
  return Object.fromEntries(named);
}

/** No input is nested deeper than this. */
const deepest = 4;

async function arrayIn(value: Record<string, unknown>, what: string): Promise<NumericArray<Float64Array> | null> {
  const { npy, npyFile, temporary = false } = value;
  const one = Object.keys(value).length === 1;
  if (
    typeof npyFile === "string" &&
    typeof temporary === "boolean" &&
    (one || "temporary" in value) &&
    Object.keys(value).length <= 2
  )
    return arrayInFile(npyFile, what, temporary);
  if (!one) return null;
  if (typeof npy === "string") {
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(npy)) throw inputError(what, "the bytes of a .npy file in base64", npy);
    return decodeNpy(Buffer.from(npy, "base64"), what);
  }
  return null;
}

async function arrayInFile(file: string, what: string, temporary: boolean): Promise<NumericArray<Float64Array>> {
  let opened: ArrayFile;
  try {
    opened = await openArrays(file);
  } catch (error) {
    throw error instanceof InputError ? new InputError(`${what}: ${error.message}`) : error;
  }
  try {
    const [array] = opened.arrays.values();
    // Whoever wrote it may be gone before it could. (Where an open file cannot be deleted, it is left to the writer.)
    if (temporary && opened.kind === "npy") await unlink(file).catch(() => {});
    if (opened.kind !== "npy" || array === undefined)
      throw inputError(`${what}: ${file}`, "a .npy file of numbers", `${opened.kind}${array ? "" : " without numbers"}`);
    return await readWhole(array, mostNumbers);
  } finally {
    await opened.close();
  }
}

/** 16 GB. */
const mostNumbers = 2 ** 31;

/** Rows are views of the same numbers; numbers a class are a list, as everything takes them. */
function axes(data: Float64Array, [first, ...rest]: readonly number[], inner = false): unknown {
  if (first === undefined) return data[0];
  if (rest.length === 0) return inner ? data : Array.from(data);
  const size = rest.reduce((product, n) => product * n, 1);
  return Array.from({ length: first }, (_, i) => axes(data.subarray(i * size, (i + 1) * size), rest, true));
}
