import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { DownloadError, fetchDataset, type Official, type OfficialFile } from "../../src/data/index.ts";
import { InputError } from "../../src/errors.ts";
import { encodeTar, folderWith } from "./files.ts";
import { mirror } from "./server.ts";

const body = Uint8Array.from({ length: 300_000 }, (_, i) => (i * i * 31 + i) >> 3);

function describe(file: string, bytes: Uint8Array): OfficialFile {
  const sum = (kind: string): string => createHash(kind).update(bytes).digest("hex");
  return { file, bytes: bytes.length, md5: sum("md5"), sha256: sum("sha256") };
}
const one: Official = { url: "http://127.0.0.1:9", folder: "set", files: [describe("a.gz", body)] };

it("downloads, checks, and does not ask again", async () => {
  const server = await mirror({ "a.gz": body });
  const dir = folderWith();
  const seen: number[] = [];
  const options = { dir, url: `${server.url}/`, files: one, progress: (_: string, done: number) => seen.push(done) };
  expect(await fetchDataset("fashion-mnist", options)).toEqual({ folder: join(dir, "set"), downloaded: ["a.gz"] });
  expect(new Uint8Array(readFileSync(join(dir, "set/a.gz")))).toEqual(body);
  expect(seen.at(-1)).toBe(body.length);
  expect((await fetchDataset("fashion-mnist", options)).downloaded).toEqual([]);
  expect(server.asked).toEqual(["/a.gz whole"]);
  expect(readdirSync(join(dir, "set"))).toEqual(["a.gz"]);
});

it("goes on where a cut connection left off", async () => {
  const server = await mirror({ "a.gz": body });
  const dir = folderWith();
  const fetching = () => fetchDataset("fashion-mnist", { dir, url: server.url, files: one });
  server.mood.cutAfter = 100_000;
  await expect(fetching()).rejects.toThrow(/after 100000 of 300000 bytes; 100000 bytes are kept in .*a\.gz\.part/);
  expect(readdirSync(join(dir, "set"))).toEqual(["a.gz.part"]);
  await expect(fetching()).rejects.toThrow(DownloadError);
  server.mood.cutAfter = undefined;
  await fetching();
  expect(server.asked).toEqual(["/a.gz whole", "/a.gz bytes=100000-", "/a.gz bytes=200000-"]);
  expect(new Uint8Array(readFileSync(join(dir, "set/a.gz")))).toEqual(body);
  expect(readdirSync(join(dir, "set"))).toEqual(["a.gz"]);
});

it("gives up a server that sends nothing more, with what came; then goes on from there", async () => {
  const server = await mirror({ "a.gz": body });
  const dir = folderWith();
  const fetching = () => fetchDataset("fashion-mnist", { dir, url: server.url, files: one, patience: 300 });
  server.mood.stallAfter = 100_000;
  await expect(fetching()).rejects.toThrow(
    /nothing came for 0\.3 s after 100000 of 300000 bytes; 100000 bytes are kept in .*a\.gz\.part/,
  );
  // Not even an answer.
  server.mood.silent = true;
  await expect(fetching()).rejects.toThrow(/nothing came for 0\.3 s; 100000 bytes are kept/);
  Object.assign(server.mood, { silent: false, stallAfter: undefined });
  await fetching();
  expect(server.asked.at(-1)).toBe("/a.gz bytes=100000-");
  expect(new Uint8Array(readFileSync(join(dir, "set/a.gz")))).toEqual(body);
});

it("does not give up one that is slow", async () => {
  const server = await mirror({ "a.gz": body });
  const dir = folderWith();
  server.mood.slow = 500;
  const began = performance.now();
  await fetchDataset("fashion-mnist", { dir, url: server.url, files: one, patience: 2000 });
  // Longer than the patience in all.
  expect(performance.now() - began).toBeGreaterThan(2000);
  expect(new Uint8Array(readFileSync(join(dir, "set/a.gz")))).toEqual(body);
});

it("lets one process at a time into a folder: of two at once the second is told whose it is, and leaves the first's part alone", async () => {
  const server = await mirror({ "a.gz": body });
  const dir = folderWith();
  server.mood.slow = 100;
  const fetching = () => fetchDataset("fashion-mnist", { dir, url: server.url, files: one });
  const first = fetching();
  await expect.poll(() => server.asked.length).toBe(1);
  await expect(fetching()).rejects.toThrow(/set: expected a folder on which nobody else works, got one held by process \d+/);
  expect((await first).downloaded).toEqual(["a.gz"]);
  expect(server.asked).toEqual(["/a.gz whole"]);
  expect(readdirSync(join(dir, "set"))).toEqual(["a.gz"]);
  expect((await fetching()).downloaded).toEqual([]);
});

it.skipIf(process.platform === "win32")("refuses what is no file where the part should be", async () => {
  const dir = folderWith({ "set/x": "" });
  mkdirSync(join(dir, "set/a.gz.part"));
  const server = await mirror({ "a.gz": body });
  const fetching = () => fetchDataset("fashion-mnist", { dir, url: server.url, files: one });
  await expect(fetching()).rejects.toThrow(/a\.gz\.part: expected a file or nothing, got a folder/);
  rmSync(join(dir, "set/a.gz.part"), { recursive: true });
  spawnSync("mkfifo", [join(dir, "set/a.gz.part")]);
  await expect(fetching()).rejects.toThrow(/a\.gz\.part: expected a file or nothing, got a pipe or a device/);
});

it.each([
  ["ignores Range", { ignoreRange: true }, ["/a.gz bytes=5000-"]],
  ["refuses Range", { refuseRange: true }, ["/a.gz bytes=5000-", "/a.gz whole"]],
])("starts over at a server that %s", async (_, mood, asked) => {
  const server = await mirror({ "a.gz": body });
  const dir = folderWith({ "set/a.gz.part": body.subarray(0, 5000) });
  Object.assign(server.mood, mood);
  await fetchDataset("fashion-mnist", { dir, url: server.url, files: one });
  expect(server.asked).toEqual(asked);
  expect(new Uint8Array(readFileSync(join(dir, "set/a.gz")))).toEqual(body);
});

it("keeps what it has when the server answers with another part than asked", async () => {
  const server = await mirror({ "a.gz": body });
  const dir = folderWith({ "set/a.gz.part": body.subarray(0, 5000) });
  server.mood.wrongRange = true;
  await expect(fetchDataset("fashion-mnist", { dir, url: server.url, files: one })).rejects.toThrow(
    /got 206.*5000 bytes are kept/,
  );
  expect(readFileSync(join(dir, "set/a.gz.part")).length).toBe(5000);
});

const flipped = body.map((byte, i) => (i === 777 ? byte ^ 1 : byte));
it.each([
  ["one wrong bit", flipped, /expected sha256 [0-9a-f]{64}, got [0-9a-f]{64}; nothing was kept/],
  ["a byte too many", Uint8Array.from([...body, 0]), /expected 300000 bytes, got more; nothing was kept/],
])("refuses %s and leaves nothing", async (_, wrong, message) => {
  const server = await mirror({ "a.gz": wrong });
  const dir = folderWith();
  await expect(fetchDataset("fashion-mnist", { dir, url: server.url, files: one })).rejects.toThrow(message);
  expect(readdirSync(join(dir, "set"))).toEqual([]);
});

it("recovers from a kept part that was of something else", async () => {
  const server = await mirror({ "a.gz": body });
  const dir = folderWith({ "set/a.gz.part": flipped.subarray(0, 5000) });
  const fetching = () => fetchDataset("fashion-mnist", { dir, url: server.url, files: one });
  await expect(fetching()).rejects.toThrow(/nothing was kept/);
  await fetching();
  expect(new Uint8Array(readFileSync(join(dir, "set/a.gz")))).toEqual(body);
});

it("replaces a finished file that is wrong only when the right one has come", async () => {
  const server = await mirror({ "a.gz": body });
  const dir = folderWith({ "set/a.gz": "junk" });
  server.mood.cutAfter = 10;
  const fetching = () => fetchDataset("fashion-mnist", { dir, url: server.url, files: one });
  await expect(fetching()).rejects.toThrow(DownloadError);
  expect(readFileSync(join(dir, "set/a.gz"), "utf8")).toBe("junk");
  server.mood.cutAfter = undefined;
  await fetching();
  expect(readFileSync(join(dir, "set/a.gz")).length).toBe(body.length);
});

it("says what failed: 404, no server, an address that is none, a folder that is a file", async () => {
  const server = await mirror({});
  const dir = folderWith({ file: "x" });
  const fetching = (url: string, into = dir) => fetchDataset("fashion-mnist", { dir: into, url, files: one });
  await expect(fetching(server.url)).rejects.toThrow(/a\.gz: expected HTTP 200 or 206, got 404 Not Found; nothing was kept/);
  await expect(fetching("http://127.0.0.1:9")).rejects.toThrow(DownloadError);
  for (const url of ["ftp://x", "nonsense", ""]) await expect(fetching(url)).rejects.toThrow(InputError);
  await expect(fetching(server.url, join(dir, "file"))).rejects.toThrow(/expected a folder that can be written/);
});

const members = ["data_batch_1.bin", "test_batch.bin"];
const member = (fill: number): Uint8Array => new Uint8Array(1500).fill(fill);
function archive(entries: Parameters<typeof encodeTar>[0]): { tar: Uint8Array; files: Official } {
  const tar = new Uint8Array(gzipSync(encodeTar(entries)));
  return {
    tar,
    files: {
      url: "",
      folder: "cifar",
      files: [describe("c.tar.gz", tar)],
      archive: { folder: "bin", members, memberBytes: 1500 },
    },
  };
}

it("unpacks the expected members and nothing else", async () => {
  const { tar, files } = archive([
    { name: "bin/", data: new Uint8Array(0), type: "5" },
    { name: "../../evil.bin", data: member(6) },
    { name: "/tmp/evil.bin", data: member(6) },
    { name: "bin/readme.html", data: new Uint8Array(10) },
    { name: "bin/data_batch_1.bin", data: new Uint8Array(0), type: "2" },
    { name: "bin/test_batch.bin", data: member(2) },
    { name: "bin/data_batch_1.bin", data: member(1) },
  ]);
  const server = await mirror({ "c.tar.gz": tar });
  const dir = folderWith();
  const fetching = () => fetchDataset("cifar-10", { dir, url: server.url, files });
  expect((await fetching()).downloaded).toEqual(["c.tar.gz"]);
  expect(readdirSync(dir, { recursive: true }).sort()).toEqual(["cifar", "cifar/data_batch_1.bin", "cifar/test_batch.bin"]);
  expect(readFileSync(join(dir, "cifar/test_batch.bin"))[1499]).toBe(2);
  expect((await fetching()).downloaded).toEqual([]);
  writeFileSync(join(dir, "cifar/test_batch.bin"), "cut");
  expect((await fetching()).downloaded).toEqual(["c.tar.gz"]);
});

it.each([
  ["lacks a member", encodeTar([{ name: "bin/data_batch_1.bin", data: member(1) }]), /it has no test_batch\.bin/],
  [
    "has a member of another size",
    encodeTar([{ name: "bin/test_batch.bin", data: new Uint8Array(1499) }]),
    /expected 1500 bytes, got 1499/,
  ],
  ["is cut", encodeTar([{ name: "bin/data_batch_1.bin", data: member(1) }]).subarray(0, 1100), /expected a complete archive/],
  ["is no archive", new Uint8Array(2048).fill(65), /right checksum/],
])("leaves no member behind when the archive %s", async (_, tarBytes, message) => {
  const tar = new Uint8Array(gzipSync(tarBytes));
  const files = { ...archive([]).files, files: [describe("c.tar.gz", tar)] };
  const server = await mirror({ "c.tar.gz": tar });
  const dir = folderWith();
  await expect(fetchDataset("cifar-10", { dir, url: server.url, files })).rejects.toThrow(message);
  expect(readdirSync(join(dir, "cifar"))).toEqual(["c.tar.gz"]);
});
