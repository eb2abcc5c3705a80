import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { type DatasetName, findDataset } from "../../src/data/index.ts";

/** An IDX file of unsigned bytes; the header says `dims` whatever the data are. */
export function encodeIdx(dims: readonly number[], data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * dims.length + data.length);
  bytes.set([0, 0, 8, dims.length]);
  dims.forEach((d, i) => {
    new DataView(bytes.buffer).setUint32(4 + 4 * i, d);
  });
  bytes.set(data, 4 + 4 * dims.length);
  return bytes;
}

/** A folder that is gone after the test, with these files in it. */
export function folderWith(files: Record<string, Uint8Array | string> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), "nclab-data-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

/** A tar archive of these entries; `type` 0 is a regular file. */
export function encodeTar(entries: readonly { name: string; data: Uint8Array; type?: string }[]): Uint8Array {
  const blocks: Uint8Array[] = [];
  for (const { name, data, type = "0" } of entries) {
    const header = new Uint8Array(512);
    const put = (text: string, at: number): void => header.set(new TextEncoder().encode(text), at);
    put(name, 0);
    put(`${data.length.toString(8).padStart(11, "0")}\0`, 124);
    put("        ", 148);
    put(type, 156);
    put("ustar\x0000", 257);
    const sum = header.reduce((total, byte) => total + byte, 0);
    put(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
    const padded = new Uint8Array(512 * Math.ceil(data.length / 512));
    padded.set(data);
    blocks.push(header, padded);
  }
  return new Uint8Array(Buffer.concat([...blocks, new Uint8Array(1024)]));
}

/** The folder with the real data sets: NCLAB_DATA, else beside the project. */
export const realData: string = process.env.NCLAB_DATA || "../shared/data";

/** The folder of a real data set, or undefined after saying that tests are skipped. */
export function realDataset(name: DatasetName): string | undefined {
  const found = existsSync(realData) ? findDataset(name, realData) : null;
  if (found === null) console.log(`${name} is not in ${realData} (set NCLAB_DATA): the tests that read it are skipped`);
  return found ?? undefined;
}
