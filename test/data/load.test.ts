import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, expect, it, vi } from "vitest";
import { countClasses, type DatasetName, findDataset, type Images, imbalancedSubset, loadDataset } from "../../src/data/index.ts";
import { InputError } from "../../src/errors.ts";
import { encodeIdx, folderWith, realDataset } from "./files.ts";

afterEach(() => vi.unstubAllEnvs());

const fashion = (change: Record<string, Uint8Array> = {}): Record<string, Uint8Array> => ({
  "train-images-idx3-ubyte.gz": gzipSync(encodeIdx([3, 28, 28], new Uint8Array(3 * 784).fill(5))),
  "train-labels-idx1-ubyte.gz": gzipSync(encodeIdx([3], Uint8Array.of(0, 9, 4))),
  "t10k-images-idx3-ubyte": encodeIdx([1, 28, 28], new Uint8Array(784).fill(6)),
  "t10k-labels-idx1-ubyte": encodeIdx([1], Uint8Array.of(2)),
  ...change,
});
const cifarRow = (label: number): Uint8Array => new Uint8Array(3073).fill(label, 0, 1);
const below = (folder: string, files: Record<string, Uint8Array>) =>
  Object.fromEntries(Object.entries(files).map(([name, content]) => [`${folder}/${name}`, content]));

it("reads Fashion-MNIST, gzip or plain, and says what it read", async () => {
  const { train, test, classNames, source } = await loadDataset("fashion-mnist", { dataDir: folderWith(fashion()) });
  expect(train).toMatchObject({
    name: "fashion-mnist train",
    split: "train",
    count: 3,
    height: 28,
    width: 28,
    channels: 1,
    classes: 10,
  });
  expect([[...train.labels], train.pixels.length, train.pixels[0], test.pixels[783]]).toEqual([[0, 9, 4], 2352, 5, 6]);
  expect(classNames[9]).toBe("ankle boot");
  expect(source.map(({ file }) => file)).toEqual(Object.keys(fashion()));
  expect(() => imbalancedSubset(test, new Array(10).fill(1), 0)).toThrow(/expected training images/);
});

it("reads as many CIFAR-10 files as are there, in order", async () => {
  const dataDir = folderWith({
    "data_batch_4.bin": cifarRow(4),
    "data_batch_2.bin.gz": gzipSync(Buffer.concat([cifarRow(2), cifarRow(3)])),
    "test_batch.bin": cifarRow(7),
  });
  const { train, test } = await loadDataset("cifar-10", { dataDir });
  expect([[...train.labels], [...test.labels], train.channels, test.split]).toEqual([[2, 3, 4], [7], 3, "test"]);
});

it("draws glyphs with the seed and counts asked for, from no folder", async () => {
  const { train, test } = await loadDataset("glyphs", { seed: 4, perClass: 3, testPerClass: 1 });
  expect([train.count, test.count]).toEqual([30, 10]);
  const other = await loadDataset("glyphs", { seed: 5, perClass: 3, testPerClass: 1 });
  expect(other.train.pixels).not.toEqual(train.pixels);
  expect(findDataset("glyphs")).toBeNull();
});

it("finds a data set in its folder or one above, by argument before environment", () => {
  const parent = folderWith({
    ...below("fashion-mnist", fashion()),
    ...below("cifar-10-small", { "data_batch_1.bin": cifarRow(1), "test_batch.bin": cifarRow(1) }),
  });
  const empty = folderWith();
  expect(findDataset("fashion-mnist", parent)).toBe(join(parent, "fashion-mnist"));
  expect(findDataset("fashion-mnist", join(parent, "fashion-mnist"))).toBe(join(parent, "fashion-mnist"));
  expect(findDataset("cifar-10", parent)).toBe(join(parent, "cifar-10-small"));
  vi.stubEnv("NCLAB_DATA", parent);
  expect(findDataset("fashion-mnist")).toBe(join(parent, "fashion-mnist"));
  expect(findDataset("fashion-mnist", empty)).toBeNull();
  vi.stubEnv("NCLAB_DATA", "");
  expect(findDataset("fashion-mnist", join(parent, "nowhere"))).toBeNull();
});

it("prefers the whole of CIFAR-10 to a part of it", () => {
  const set = { "data_batch_1.bin": cifarRow(1), "test_batch.bin": cifarRow(1) };
  const parent = folderWith({ ...below("cifar-10-a-part", set), ...below("cifar-10-batches-bin", set) });
  expect(findDataset("cifar-10", parent)).toBe(join(parent, "cifar-10-batches-bin"));
});

it("names the folder and the files when they are not there", async () => {
  const empty = folderWith();
  await expect(loadDataset("fashion-mnist", { dataDir: empty })).rejects.toThrow(InputError);
  await expect(loadDataset("fashion-mnist", { dataDir: empty })).rejects.toThrow(
    new RegExp(`${empty}: expected the files of fashion-mnist \\(train-images-idx3-ubyte, .*plain or \\.gz\\)`),
  );
  const { "t10k-labels-idx1-ubyte": _, ...rest } = fashion();
  const partial = folderWith(below("fashion-mnist", rest));
  await expect(loadDataset("fashion-mnist", { dataDir: partial })).rejects.toThrow(
    /fashion-mnist without t10k-labels-idx1-ubyte;/,
  );
  await expect(loadDataset("cifar-10", { dataDir: join(empty, "no") })).rejects.toThrow(
    /data_batch_1\.bin to .*got no such folder/,
  );
  await expect(loadDataset("cifar-10", { dataDir: folderWith({ "test_batch.bin": cifarRow(0) }) })).rejects.toThrow(
    /without data_batch_1/,
  );
  vi.stubEnv("NCLAB_DATA", empty);
  await expect(loadDataset("cifar-10")).rejects.toThrow(/from NCLAB_DATA/);
  await expect(loadDataset("mnist" as DatasetName)).rejects.toThrow(/expected fashion-mnist, cifar-10, glyphs, got "mnist"/);
});

const images = fashion()["train-images-idx3-ubyte.gz"];
const gz = (dims: number[], size: number): Uint8Array => gzipSync(encodeIdx(dims, new Uint8Array(size)));
it.each([
  ["a truncated gzip", images.subarray(0, images.length - 9), /train-images.*gz: expected a complete gzip file/],
  ["a gzip cut in its header", images.subarray(0, 5), /complete gzip file/],
  ["a damaged gzip", images.map((b, i) => (i === images.length - 6 ? b ^ 255 : b)), /complete gzip file/],
  ["bytes after the gzip", new Uint8Array([...images, 1, 2, 3]), /complete gzip file|nothing after the end/],
  ["zeros after the gzip", new Uint8Array([...images, 0, 0, 0]), /nothing after the end of the gzip data, got "3 more bytes"/],
  ["a second gzip behind it", new Uint8Array([...images, ...images]), /at most 2368 bytes/],
  ["too few images", gz([3, 28, 28], 2 * 784), /expected 2368 bytes/],
  ["no images", gz([0, 28, 28], 0), /none of them 0/],
  ["another image size", gz([3, 20, 20], 1200), /image size: expected 28 x 28, got "20 x 20"/],
  ["images for other labels", gz([2, 28, 28], 2 * 784), /train-labels.*number of labels: expected 2/],
  ["text", new TextEncoder().encode("<html>not found</html>"), /magic number/],
  ["nothing", new Uint8Array(0), /at least 4 bytes/],
])("refuses %s", async (_, content, message) => {
  const dataDir = folderWith(fashion({ "train-images-idx3-ubyte.gz": content }));
  await expect(loadDataset("fashion-mnist", { dataDir })).rejects.toThrow(InputError);
  await expect(loadDataset("fashion-mnist", { dataDir })).rejects.toThrow(message);
});

it("stops inflating where the header's promise ends", async () => {
  const bomb = gzipSync(Buffer.concat([encodeIdx([3, 28, 28], new Uint8Array(3 * 784)), Buffer.alloc(2 ** 28)]));
  const dataDir = folderWith(fashion({ "train-images-idx3-ubyte.gz": bomb }));
  let most = 0;
  const before = process.memoryUsage().arrayBuffers;
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  }, 1);
  await expect(loadDataset("fashion-mnist", { dataDir })).rejects.toThrow(/at most 2368 bytes inflated/);
  clearInterval(watch);
  expect(most).toBeLessThan(2 ** 25);
});

it("names a label that is out of range, and a file that is a folder", async () => {
  const labels = gzipSync(encodeIdx([3], Uint8Array.of(1, 2, 10)));
  const wrong = folderWith(fashion({ "train-labels-idx1-ubyte.gz": labels }));
  await expect(loadDataset("fashion-mnist", { dataDir: wrong })).rejects.toThrow(
    /train-labels.*gz: label 2: expected a class in 0\.\.9, got 10/,
  );
  const folder = folderWith({ "data_batch_1.bin": cifarRow(1) });
  mkdirSync(join(folder, "test_batch.bin"));
  await expect(loadDataset("cifar-10", { dataDir: folder })).rejects.toThrow(
    /test_batch\.bin: expected a regular file, got a folder/,
  );
});

const moments = ({ pixels, channels }: Images, c: number): [number, number] => {
  let [sum, square] = [0, 0];
  for (let i = c; i < pixels.length; i += channels) {
    sum += pixels[i] / 255;
    square += (pixels[i] / 255) ** 2;
  }
  const mean = sum / (pixels.length / channels);
  return [mean, Math.sqrt(square / (pixels.length / channels) - mean ** 2)];
};

const realFashion = realDataset("fashion-mnist");
it.skipIf(!realFashion)("reads the published Fashion-MNIST: counts, first labels, hashes, normalization", async () => {
  const { train, test, normalization, source } = await loadDataset("fashion-mnist", { dataDir: realFashion });
  expect([countClasses(train), countClasses(test)]).toEqual([new Array(10).fill(6000), new Array(10).fill(1000)]);
  expect([...train.labels.subarray(0, 10)]).toEqual([9, 0, 0, 3, 0, 2, 7, 2, 5, 5]);
  const [mean, std] = moments(train, 0);
  expect(mean).toBeCloseTo(normalization.mean[0], 3);
  expect(std).toBeCloseTo(normalization.std[0], 3);
  expect(source[0].sha256).toBe("3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84");
});

const realCifar = realDataset("cifar-10");
it.skipIf(!realCifar)("reads real CIFAR-10 rows: balanced, and close to the normalization of the whole", async () => {
  const { train, test, normalization } = await loadDataset("cifar-10", { dataDir: realCifar });
  expect(new Set(countClasses(train)).size).toBe(1);
  expect(new Set(countClasses(test)).size).toBe(1);
  for (const c of [0, 1, 2]) {
    const [mean, std] = moments(train, c);
    expect(Math.abs(mean - normalization.mean[c])).toBeLessThan(0.005);
    expect(Math.abs(std - normalization.std[c])).toBeLessThan(0.002);
  }
});
