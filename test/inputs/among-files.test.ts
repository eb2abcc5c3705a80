import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { InputError } from "../../src/errors.ts";
import { amongFiles } from "../../src/features/browser.ts";
import { encodeNpy, encodeNpz, type Opener, onDisk } from "../../src/features/index.ts";
import { documentOf, listings, openInput, type Places } from "../../src/inputs/index.ts";
import { random } from "../../src/math/random.ts";
import { bothPasses } from "../../src/measure/index.ts";

/** What is measured out of files that a page was given, beside what the command measures out of the same files on the disk. */
const folder = join(import.meta.dirname, "../fixtures/field");
const names = readdirSync(folder).filter((name) => statSync(join(folder, name)).isFile());
const blobs = new Map(names.map((name) => [name, new Blob([readFileSync(join(folder, name))])]));

async function measured(places: Places, opener: Opener): Promise<object | string> {
  try {
    const input = await openInput(places, opener);
    try {
      const passes = await bothPasses(input, input.n, undefined, { force: true });
      return documentOf(input, passes, { weightDecay: 0.01 });
    } finally {
      await input.close();
    }
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.message;
  }
}

/** Paths of the disk as names alone. */
const named = (found: object | string): unknown => JSON.parse(JSON.stringify(found).replaceAll(`${folder}/`, ""));

async function both(places: Places): Promise<void> {
  const onDiskPlaces = Object.fromEntries(
    Object.entries(places).map(([key, value]) => [key, typeof value === "string" ? join(folder, value) : value]),
  ) as unknown as Places;
  const [here, there] = [await measured(places, amongFiles(blobs)), await measured(onDiskPlaces, onDisk)];
  // What the command also reads is named in its refusals of what nobody reads.
  const formats = (found: unknown): unknown =>
    typeof found === "string" ? found.replace(/expected a \..* file, got/, "") : found;
  expect(formats(named(here))).toEqual(formats(named(there)));
}

describe("files that a page was given are measured as those on the disk are, to the last bit and word", () => {
  // An index of .safetensors is JSON, which the page takes for text.
  test.each(names.filter((name) => !name.endsWith(".json")))("%s alone", (features) => both({ features, keys: {} }));
  const labels = names.filter((name) => /^(y|nh|onlyy|counts|targets)/.test(name));
  test.each(labels)("H.npy with the labels of %s", (of) => both({ features: "H.npy", labels: of, keys: {} }));
  const heads = names.filter((name) => /\.(pth|safetensors|npz)$/.test(name));
  test.each(heads)("H.npy, y.npy and the head of %s", (weight) => both({ features: "H.npy", labels: "y.npy", weight, keys: {} }));
});

test("what the files hold is listed alike", async () => {
  const some = ["H.npy", "y.npy", "convhead.pth", "mixed.npz", "weightnorm.pt"];
  const places = (features: string): Places => ({ features, keys: {} });
  const here = await listings(some, places, amongFiles(blobs));
  const there = await listings(
    some.map((name) => join(folder, name)),
    places,
    onDisk,
  );
  expect(here.files.map(({ file }) => file)).toEqual(some);
  expect(here).toEqual(named(there));
});

test("a file that was not given is said, with those that were", async () => {
  const given = new Map([["a.npz", new Blob([])]]);
  expect(await measured({ features: "b.npz", keys: {} }, amongFiles(given))).toMatch(
    /^b\.npz: expected one of the files.*a\.npz/,
  );
});

test("a file that goes away while it is read is said", async () => {
  const gone = Object.assign(new Blob([new Uint8Array(100)]), {
    slice: () => ({ arrayBuffer: () => Promise.reject(new Error("the file could not be read")) }),
  });
  expect(await measured({ features: "a.npy", keys: {} }, amongFiles(new Map([["a.npy", gone as unknown as Blob]])))).toMatch(
    /^a\.npy: expected a file that stays as it was/,
  );
});

describe("nothing asks for the whole of a large file", () => {
  const [N, d, K] = [40_000, 64, 5];
  const r = random(1);
  const features = { shape: [N, d], data: Float32Array.from({ length: N * d }, () => r.normal()) };
  const y = { shape: [N], data: Int32Array.from({ length: N }, (_, i) => i % K) };
  const packed = encodeNpz({ features, labels: y });
  const plain = encodeNpy(features);
  test.each([
    ["stored", new Map([["H.npy", plain] as const, ["y.npy", encodeNpy(y)] as const])],
    ["packed", new Map([["all.npz", packed] as const])],
  ])("%s", async (_, given) => {
    let most = 0;
    let read = 0;
    const watched = new Map(
      [...given].map(([name, bytes]) => {
        const blob = new Blob([bytes as BlobPart]);
        const slice = (from: number, to: number): Blob => {
          most = Math.max(most, to - from);
          read += to - from;
          return blob.slice(from, to);
        };
        return [name, { size: blob.size, slice } as unknown as Blob];
      }),
    );
    const [main, labels] = [...given.keys()];
    const found = await measured({ features: main, labels, keys: {} }, amongFiles(watched));
    expect(found).toMatchObject({ N, K, d, file: basename(main) });
    expect(read).toBeGreaterThan(packed.length);
    expect(most).toBeLessThanOrEqual(2 ** 21);
  });
});

describe("files of a page that are packed by gzip", () => {
  const bytes = (name: string): Buffer => readFileSync(join(folder, name));
  const packed = (...some: string[]) => new Map(some.map((name) => [`${name}.gz`, new Blob([gzipSync(bytes(name))])]));

  test("are read as they are without it, each unpacked once", async () => {
    const pack = packed("H.npy", "y.npy", "convhead.pth", "y_tab.tsv");
    for (const labels of ["y.npy", "y_tab.tsv"]) {
      const plain = await measured({ features: "H.npy", labels, keys: {} }, amongFiles(blobs));
      const inside = await measured({ features: "H.npy.gz", labels: `${labels}.gz`, keys: {} }, amongFiles(pack));
      expect(JSON.parse(JSON.stringify(inside).replaceAll(".gz", ""))).toEqual(JSON.parse(JSON.stringify(plain)));
    }
    let streams = 0;
    const counted = new Blob([gzipSync(bytes("mixed.npz"))]);
    const stream = counted.stream.bind(counted);
    counted.stream = () => {
      streams++;
      return stream();
    };
    const opener = amongFiles(new Map([["mixed.npz.gz", counted]]));
    await opener.arrays("mixed.npz.gz");
    await opener.arrays("mixed.npz.gz");
    expect(streams).toBe(1);
  });

  test("that are damaged, cut off, packed twice or bombs say so by their names", async () => {
    const refusal = async (content: Uint8Array): Promise<unknown> => {
      const blob = new Blob([content as Uint8Array<ArrayBuffer>]);
      return measured({ features: "H.npy.gz", keys: {} }, amongFiles(new Map([["H.npy.gz", blob]])));
    };
    const whole = gzipSync(bytes("H.npy"));
    const cut = /^H\.npy\.gz: expected a whole gzip file, in one piece \(else unpack it first: gunzip\), got/;
    expect(await refusal(whole.subarray(0, whole.length >> 1))).toMatch(cut);
    const flipped = Uint8Array.from(whole);
    flipped[whole.length - 6] ^= 0x55;
    expect(await refusal(flipped)).toMatch(cut);
    expect(await refusal(gzipSync(whole))).toMatch(/^H\.npy\.gz: expected .*, got a gzip file/);
    expect(await refusal(gzipSync(new Uint8Array(2 ** 28 + 1)))).toMatch(
      /^H\.npy\.gz: unpacked size: expected at most 268435456 bytes, got "more"/,
    );
  });
});
