import { describe, expect, test } from "vitest";
import { InputError } from "../../src/errors.ts";
import type { ArrayValue } from "../../src/features/array-value.ts";
import { numpyName } from "../../src/features/numpy-pickle.ts";
import { readPickle } from "../../src/features/pickle.ts";
import { type Global, inert, isKind, type Opaque, type Pickled } from "../../src/features/pickle-values.ts";
import { containerName } from "../../src/features/python-containers.ts";
import { readWhole } from "../../src/features/stored-array.ts";

/** What Python's and NumPy's names make of their arguments, one name after the other: as Python says, or nothing at all. */
const tuple = (...items: Pickled[]): Pickled => ({ kind: "tuple", items });
const made = (full: string, ...args: Pickled[]): Pickled => {
  const at = full.lastIndexOf(".");
  const global = containerName(full.slice(0, at), full.slice(at + 1));
  expect(global?.name).toBe(full.replace("__builtin__", "builtins"));
  return (global as Global & { call: (args: Pickled[]) => Pickled }).call(args);
};

describe("containers", () => {
  test("without arguments they are empty", () => {
    for (const name of ["collections.OrderedDict", "collections.Counter", "builtins.dict", "__builtin__.dict"])
      expect(made(name)).toEqual(new Map());
    expect(made("collections.defaultdict", null)).toEqual(new Map());
    for (const name of ["collections.deque", "builtins.set", "builtins.frozenset", "builtins.list"])
      expect(made(name)).toEqual([]);
    for (const name of ["builtins.tuple", "torch.Size"]) expect(made(name)).toEqual(tuple());
    for (const name of ["builtins.bytes", "builtins.bytearray"]) expect(made(name)).toEqual(new Uint8Array(0));
  });

  test("of a list or a tuple", () => {
    for (const name of ["collections.deque", "builtins.set", "builtins.frozenset", "builtins.list"]) {
      expect(made(name, [1, 2])).toEqual([1, 2]);
      expect(made(name, tuple(1, 2))).toEqual([1, 2]);
    }
    expect(made("builtins.tuple", [1, 2])).toEqual(tuple(1, 2));
    expect(made("torch.Size", tuple(3, 4))).toEqual(tuple(3, 4));
    for (const name of ["intlist", "doublelist", "boollist", "tensorlist"]) {
      expect(made(`torch.jit._pickle.build_${name}`, [1])).toEqual([1]);
      expect(made(`torch.jit._pickle.build_${name}`)).toBeNull();
    }
    expect(made("torch.jit._pickle.restore_type_tag", 7, "int")).toBe(7);
    expect(made("torch.device", "cpu")).toBe("cpu");
  });

  test("dictionaries: of pairs, of another one, which stays as it is; anything else is inert", () => {
    const pairs = [tuple("a", 1), ["b", 2]] as Pickled[];
    const expected = new Map<Pickled, Pickled>([["a", 1], ["b", 2]]); // biome-ignore format: pairs
    expect(made("collections.OrderedDict", pairs)).toEqual(expected);
    const copy = made("builtins.dict", expected);
    expect(copy).toEqual(expected);
    expect(copy).not.toBe(expected);
    // The factory of what is missing is never looked at.
    expect(made("collections.defaultdict", { kind: "global", name: "os.system" }, expected)).toEqual(expected);
    for (const odd of [[tuple("a")], [tuple("a", 1, 2)], ["ab"]] as Pickled[][])
      expect(made("collections.OrderedDict", odd)).toEqual(inert("collections.OrderedDict", [odd]));
  });

  test("bytes: of text in Latin-1, of numbers", () => {
    expect(made("_codecs.encode", "a\xff", "latin1")).toEqual(Uint8Array.of(0x61, 0xff));
    expect(made("_codecs.encode", "a", "latin-1")).toEqual(Uint8Array.of(0x61));
    expect(made("_codecs.encode", "a", "rot13")).toBe("a");
    expect(made("builtins.bytes", [1, 255])).toEqual(Uint8Array.of(1, 255));
    expect(made("builtins.bytearray", Uint8Array.of(3))).toEqual(Uint8Array.of(3));
  });

  test("other names mean nothing", () => {
    for (const [module, name] of [
      ["os", "system"],
      ["builtins", "eval"],
      ["my__builtin__", "dict"],
      ["collections", "toString"],
      ["", "constructor"],
    ])
      expect(containerName(module, name)).toBeUndefined();
  });
});

describe("numbers as text", () => {
  const load = (text: string): Pickled =>
    readPickle(
      Uint8Array.from(`${text}.`, (c) => c.charCodeAt(0)),
      { what: "x", global: (module, name) => ({ kind: "global", name: `${module}.${name}` }), persistent: (id) => id },
    ).value;
  test.each<[string, number]>([
    ["Finf\n", Number.POSITIVE_INFINITY],
    ["F+Infinity\n", Number.POSITIVE_INFINITY],
    ["F-INF\n", Number.NEGATIVE_INFINITY],
    ["FNaN\n", Number.NaN],
    ["F-nan\n", Number.NaN],
    ["F 1.5 \n", 1.5],
  ])("%j", (text, value) => {
    expect(load(text)).toBe(value);
  });
  test.each(["F\n", "Finfinit\n", "Finfx\n", "Fxnan\n", "Fnanny\n", "F1.5.2\n", "I1.5\n", "Lx\n", "I\n"])(
    "%j is refused",
    (text) => {
      expect(() => load(text)).toThrow(InputError);
    },
  );
  test("values are kept by any whole number from 0 on, in any order", () => {
    expect(load("K\x01p30\n0K\x02p5\n0K\x03p0\n0(g30\ng5\ng0\nt")).toEqual(tuple(1, 2, 3));
    expect(() => load("K\x01p3\n0g2\n")).toThrow(/a value that was kept.*number 2/);
  });
});

describe("NumPy's arrays and scalars", () => {
  const of = (name: string): Global & { call: (args: Pickled[]) => Pickled } =>
    numpyName(name.slice(0, name.lastIndexOf(".")), name.slice(name.lastIndexOf(".") + 1), "x") as never;
  const dtype = (descr: string, order?: string): Pickled => {
    const type = of("numpy.dtype").call([descr, false, true]) as Opaque;
    if (order !== undefined) type.build?.(tuple(3, order, null));
    return type;
  };
  const rebuilt = (...state: Pickled[]): ArrayValue => {
    const empty = of("numpy._core.multiarray._reconstruct").call([]) as Opaque;
    empty.build?.(tuple(1, ...state));
    return empty.value as ArrayValue;
  };
  const numbers = async (value: ArrayValue): Promise<number[]> => {
    if (value.is !== "array") throw new Error(value.is);
    return [...(await readWhole({ ...value.array, what: "x" })).data];
  };
  const raw = (data: ArrayBufferView): Uint8Array => new Uint8Array(data.buffer);

  test("rows, columns, both byte orders", async () => {
    const six = raw(Float32Array.of(1, 2, 3, 4, 5, 6));
    expect(await numbers(rebuilt(tuple(2, 3), dtype("f4", "<"), false, six))).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await numbers(rebuilt(tuple(2, 3), dtype("f4"), true, six))).toEqual([1, 3, 5, 2, 4, 6]);
    const big = Uint8Array.of(0, 1, 1, 0);
    expect(await numbers(rebuilt(tuple(2), dtype("i2", ">"), false, big))).toEqual([1, 256]);
    expect(await numbers(rebuilt(tuple(2), dtype(">i2"), false, big))).toEqual([1, 256]);
    expect(await numbers(rebuilt(tuple(2), dtype(">i2", "<"), false, big))).toEqual([256, 1]);
    const from = of("numpy.core.numeric._frombuffer").call([six, dtype("f4"), tuple(3, 2), "F"]) as Opaque;
    expect(await numbers(from.value as ArrayValue)).toEqual([1, 4, 2, 5, 3, 6]);
  });

  test("objects: words are words, numbers an array, anything else unread; before its state an array is unread", async () => {
    expect(rebuilt(tuple(2), dtype("O8"), false, ["a", "b"])).toEqual({ is: "words", words: ["a", "b"] });
    expect(await numbers(rebuilt(tuple(2), dtype("O8"), false, [1, 2]))).toEqual([1, 2]);
    expect(rebuilt(tuple(2), dtype("O8"), false, ["a", 1])).toEqual({ is: "unread", why: "a NumPy array of dtype O8" });
    const shaped = rebuilt(tuple(2, 3), dtype("O8"), true, [1, 2, 3, 4, 5, 6]);
    expect(shaped).toMatchObject({ is: "array", array: { shape: [2, 3] } });
    expect(await numbers(shaped)).toEqual([1, 2, 3, 4, 5, 6]);
    const vector = (...x: number[]) =>
      of("numpy.core.numeric._frombuffer").call([raw(Float32Array.from(x)), dtype("f4"), tuple(x.length), "C"]);
    const rows = rebuilt(tuple(2), dtype("O8"), false, [vector(1, 2, 3), vector(4, 5, 6)]);
    expect(rows).toMatchObject({ is: "array", array: { shape: [2, 3] } });
    expect(await numbers(rows)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(rebuilt(tuple(2), dtype("O8"), false, [vector(1, 2, 3), vector(4, 5)]).is).toBe("unread");
    expect(rebuilt(tuple(2), dtype("c8"), false, new Uint8Array(16))).toEqual({ is: "unread", why: "a NumPy array of dtype c8" });
    expect(rebuilt(tuple(2), 3, false, new Uint8Array(16))).toEqual({ is: "unread", why: "a NumPy array of dtype unknown" });
    expect((of("numpy.core.multiarray._reconstruct").call([]) as Opaque).value).toEqual({
      is: "unread",
      why: "an array without numbers",
    });
  });

  test("words of a fixed width: four bytes a letter in either byte order, or UTF-8", async () => {
    const words = async (value: ArrayValue): Promise<string[]> => (value.is === "text" ? value.text.words() : [value.is]);
    const letters = raw(Uint32Array.of(0x61, 0, 0x20ac, 0x62));
    expect(await words(rebuilt(tuple(2), dtype("U2", "<"), false, letters))).toEqual(["a", "\u20acb"]);
    expect(await words(rebuilt(tuple(2), dtype("U2", ">"), false, letters.slice().reverse()))).toEqual(["b\u20ac", "\0a"]);
    expect(await words(rebuilt(tuple(2), dtype("S3"), false, Uint8Array.of(97, 0, 0, 98, 99, 0)))).toEqual(["a", "bc"]);
    expect(rebuilt(tuple(2, 1), dtype("S1"), true, Uint8Array.of(97, 98))).toMatchObject({ is: "text", text: { shape: [2, 1] } });
    expect(rebuilt(tuple(2, 2), dtype("S1"), true, new Uint8Array(4)).is).toBe("unread");
    expect(rebuilt(tuple(2), dtype("S0"), false, new Uint8Array(0)).is).toBe("unread");
    expect(rebuilt(tuple(2), dtype("U2"), false, new Uint8Array(4))).toEqual({
      is: "unread",
      why: "NumPy array: expected 16 bytes (shape 2), got 4",
    });
  });

  test("states that do not fit: that array is unread, and says why", () => {
    const four = new Uint8Array(4);
    const why = (value: ArrayValue): string => (value.is === "unread" ? value.why : value.is);
    expect(why(rebuilt(tuple(2), dtype("f4"), false, four))).toBe("NumPy array: expected 8 bytes (shape 2), got 4");
    expect(why(rebuilt(tuple(1), dtype("f4"), false, 7))).toMatch(/expected a shape and bytes/);
    expect(why(rebuilt(7, dtype("f4"), false, four))).toMatch(/expected a shape and bytes/);
    expect(why(rebuilt(tuple("1"), dtype("f4"), false, four))).toMatch(/expected a shape and bytes/);
    expect(why(rebuilt(tuple(-1), dtype("f4"), false, four))).toMatch(/expected whole numbers/);
    const from = of("numpy.core.numeric._frombuffer").call([four, dtype("f4"), tuple(3), "C"]) as Opaque;
    expect(why(from.value as ArrayValue)).toMatch(/expected 12 bytes/);
  });

  test("scalars are their number; without a number they are inert", () => {
    const scalar = (type: Pickled, bytes: Pickled): Pickled => of("numpy.core.multiarray.scalar").call([type, bytes]);
    expect(scalar(dtype("f8"), raw(Float64Array.of(2.5)))).toBe(2.5);
    expect(scalar(dtype("i2", ">"), Uint8Array.of(1, 0))).toBe(256);
    expect(scalar(dtype("u1"), "\x07")).toBe(7);
    expect(scalar(dtype("b1"), Uint8Array.of(1))).toBe(true);
    expect(scalar(dtype("b1"), Uint8Array.of(0))).toBe(false);
    for (const odd of [
      scalar(dtype("f8"), new Uint8Array(4)),
      scalar(dtype("U3"), new Uint8Array(12)),
      scalar(3, new Uint8Array(8)),
    ])
      expect(isKind(odd, "object")).toBe(true);
    expect(numpyName("numpy", "load", "x")).toBeUndefined();
  });
});
