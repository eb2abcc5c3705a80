import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it, vi } from "vitest";
import { helpText, parse } from "../../src/cli/command.ts";
import { data } from "../../src/cli/data.ts";
import { InputError } from "../../src/errors.ts";
import { encodeIdx, folderWith, realDataset } from "../data/files.ts";
import { mirror } from "../data/server.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

/** Runs `nclab data ...` in this process. */
async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const lines: Record<"out" | "err", string> = { out: "", err: "" };
  vi.spyOn(console, "log").mockImplementation((text) => {
    lines.out += `${text}\n`;
  });
  vi.spyOn(console, "error").mockImplementation((text) => {
    lines.err += `${text}\n`;
  });
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    lines.err += text;
    return true;
  });
  const input = parse(data, args);
  if (input === "help") throw new Error("asked for help");
  return { code: await data.run(input), ...lines };
}

const tiny = {
  "fashion-mnist/train-images-idx3-ubyte": encodeIdx([2, 28, 28], new Uint8Array(2 * 784)),
  "fashion-mnist/train-labels-idx1-ubyte": encodeIdx([2], Uint8Array.of(1, 1)),
  "fashion-mnist/t10k-images-idx3-ubyte": encodeIdx([1, 28, 28], new Uint8Array(784)),
  "fashion-mnist/t10k-labels-idx1-ubyte": encodeIdx([1], Uint8Array.of(9)),
};

it("lists what is found where", async () => {
  const dir = folderWith(tiny);
  const { code, out } = await run("list", "--data-dir", dir, "--json");
  expect([code, JSON.parse(out)]).toEqual([
    0,
    [
      { name: "fashion-mnist", folder: join(dir, "fashion-mnist"), builtIn: false },
      { name: "cifar-10", folder: null, builtIn: false },
      { name: "glyphs", folder: null, builtIn: true },
    ],
  ]);
  vi.stubEnv("NCLAB_DATA", dir);
  const plain = await run("list");
  expect(plain.out).toMatch(/^fashion-mnist +.*fashion-mnist\ncifar-10 +not found in .*\nglyphs +built in\n$/);
});

it("shows one data set", async () => {
  const dir = folderWith(tiny);
  const document = JSON.parse((await run("show", "fashion-mnist", "--data-dir", dir, "--json")).out);
  expect(document).toMatchObject({
    name: "fashion-mnist",
    shape: [28, 28, 1],
    counts: { train: [0, 2, 0, 0, 0, 0, 0, 0, 0, 0] },
  });
  expect(document.source[0].sha256).toMatch(/^[0-9a-f]{64}$/);
  expect((await run("show", "fashion-mnist", "--data-dir", dir)).out).toMatch(/2 training and 1 test images of 28 x 28 x 1/);
});

it.each([
  [[], /nclab data: expected fetch, list or show, got nothing/],
  [["steal"], /got "steal"/],
  [["fetch"], /expected fashion-mnist or cifar-10, got nothing/],
  [["fetch", "glyphs"], /expected fashion-mnist or cifar-10, got "glyphs"/],
  [["fetch", "cifar-10", "fashion-mnist"], /expected one name/],
  [["list", "x"], /expected no name/],
  [["show"], /expected a name/],
  [["show", "mnist"], /got "mnist"/],
  [["fetch", "cifar-10", "--url", "file:///etc"], /--url: expected an http or https address/],
  [["list", "--nonsense"], /nonsense/],
])("refuses %j", async (args, message) => {
  vi.stubEnv("NCLAB_DATA", folderWith());
  const failing = async () => run(...args);
  await expect(failing()).rejects.toThrow(InputError);
  await expect(failing()).rejects.toThrow(message);
});

it("ends with 1 when the bytes are wrong or not there, and leaves nothing that looks finished", async () => {
  const wrong = new Uint8Array(29515);
  const server = await mirror({ "train-images-idx3-ubyte.gz": wrong });
  const dir = folderWith();
  const short = await run("fetch", "fashion-mnist", "--dir", dir, "--url", server.url);
  expect([short.code, short.out]).toEqual([1, ""]);
  expect(short.err).toMatch(/ended after 29515 of 26421880 bytes; 29515 bytes are kept/);
  expect(readdirSync(join(dir, "fashion-mnist"))).toEqual(["train-images-idx3-ubyte.gz.part"]);
  const absent = await run("fetch", "cifar-10", "--dir", dir, "--url", server.url);
  expect([absent.code, absent.out]).toEqual([1, ""]);
  expect(absent.err).toMatch(/404/);
  expect((await run("list", "--data-dir", dir)).out).toMatch(/fashion-mnist +not found/);
});

const real = realDataset("fashion-mnist");
it.skipIf(!real)("fetches the official Fashion-MNIST from a mirror and finds it again", async () => {
  const names = ["train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"].map(
    (name) => `${name}-ubyte.gz`,
  );
  const server = await mirror(
    Object.fromEntries(names.map((name) => [name, new Uint8Array(readFileSync(join(real ?? "", name)))])),
  );
  const dir = folderWith();
  const { code, out, err } = await run("fetch", "fashion-mnist", "--dir", dir, "--url", server.url, "--json");
  expect([code, JSON.parse(out)]).toEqual([0, { name: "fashion-mnist", folder: join(dir, "fashion-mnist"), downloaded: names }]);
  expect(err).toMatch(/train-images-idx3-ubyte\.gz 100% of 26\.4 MB/);
  expect((await run("fetch", "fashion-mnist", "--dir", dir, "--url", server.url)).out).toMatch(/already, whole/);
  const labels = join(dir, "fashion-mnist", names[1]);
  // One changed bit is noticed, and only that file is fetched again.
  const bytes = readFileSync(labels);
  bytes[100] ^= 1;
  writeFileSync(labels, bytes);
  expect(JSON.parse((await run("fetch", "fashion-mnist", "--dir", dir, "--url", server.url, "--json")).out).downloaded).toEqual([
    names[1],
  ]);
});

it("explains itself", () => {
  expect(helpText(data)).toMatch(/nclab data fetch fashion-mnist\|cifar-10 \| list \| show NAME[\s\S]*--url URL[\s\S]*Example:/);
});
