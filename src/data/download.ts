import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, rename, rm, stat } from "node:fs/promises";
import { WorkError } from "../errors.ts";
import type { OfficialFile } from "./official.ts";

/** A download that did not come to its end; the message says what was kept. */
export class DownloadError extends WorkError {
  /** Always "DownloadError". */
  override name = "DownloadError";
}

/** Called as bytes arrive: how many of `total` are on the disk. */
export type Progress = (file: string, done: number, total: number) => void;

/**
 * Downloads `url` to `path` so that `path` never exists but whole and checked: bytes go to `path.part`, which is renamed
 * when its size and both sums are right. A cut connection leaves the `.part`; the next call asks the server for the rest
 * (HTTP Range), and starts over where the server does not do that. Wrong bytes are deleted.
 *
 * Throws DownloadError for anything that keeps the file from being complete.
 */
export async function downloadFile(
  url: string,
  path: string,
  expected: OfficialFile,
  progress: Progress = () => {},
): Promise<void> {
  const part = `${path}.part`;
  if ((await sizeOf(part)) > expected.bytes) await rm(part);
  if ((await sizeOf(part)) < expected.bytes) await receive(url, part, expected, progress);
  const wrong = await mismatch(part, expected);
  if (wrong !== null) {
    await rm(part, { force: true });
    throw new DownloadError(`${url}: ${wrong}; nothing was kept`);
  }
  await rename(part, path);
}

/** Whether `path` is the file expected, by size and sums. */
export async function isComplete(path: string, expected: OfficialFile): Promise<boolean> {
  return (await mismatch(path, expected)) === null;
}

async function receive(url: string, part: string, expected: OfficialFile, progress: Progress): Promise<void> {
  let done = await sizeOf(part);
  let response = await ask(url, part, done);
  if (response.status === 416) {
    // The server has no such rest: what is here cannot be a part of what is there.
    await rm(part, { force: true });
    done = 0;
    response = await ask(url, part, 0);
  }
  const start = response.status === 206 ? /^bytes (\d+)-/.exec(response.headers.get("content-range") ?? "")?.[1] : "0";
  if (
    (response.status !== 200 && response.status !== 206) ||
    response.body === null ||
    (start !== "0" && start !== String(done))
  ) {
    await response.body?.cancel();
    throw new DownloadError(
      `${url}: expected HTTP 200 or 206, got ${response.status} ${response.statusText}; ${await kept(part)}`,
    );
  }
  if (start === "0") done = 0;
  const file = await open(part, done === 0 ? "w" : "a");
  try {
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      if (done + chunk.length > expected.bytes) {
        await rm(part, { force: true });
        throw new DownloadError(`${url}: expected ${expected.bytes} bytes, got more; nothing was kept`);
      }
      await file.writeFile(chunk);
      done += chunk.length;
      progress(expected.file, done, expected.bytes);
    }
  } catch (error) {
    if (error instanceof DownloadError) throw error;
    throw new DownloadError(`${url}: ${reason(error)} after ${done} of ${expected.bytes} bytes; ${await kept(part)}`);
  } finally {
    await file.close();
  }
  if (done < expected.bytes)
    throw new DownloadError(`${url}: ended after ${done} of ${expected.bytes} bytes; ${await kept(part)}`);
}

async function ask(url: string, part: string, from: number): Promise<Response> {
  // The sums are those of the compressed file: it must not be inflated on the way.
  const headers = { "accept-encoding": "identity", ...(from > 0 ? { range: `bytes=${from}-` } : {}) };
  try {
    return await fetch(url, { headers });
  } catch (error) {
    throw new DownloadError(`${url}: ${reason(error)}; ${await kept(part)}`);
  }
}

async function mismatch(path: string, expected: OfficialFile): Promise<string | null> {
  const size = await sizeOf(path);
  if (size !== expected.bytes) return `expected ${expected.bytes} bytes, got ${size}`;
  const sums = { sha256: createHash("sha256"), md5: createHash("md5") };
  for await (const chunk of createReadStream(path)) {
    sums.sha256.update(chunk as Uint8Array);
    sums.md5.update(chunk as Uint8Array);
  }
  for (const name of ["sha256", "md5"] as const) {
    const sum = sums[name].digest("hex");
    if (sum !== expected[name]) return `expected ${name} ${expected[name]}, got ${sum}`;
  }
  return null;
}

async function kept(part: string): Promise<string> {
  const size = await sizeOf(part);
  return size > 0 ? `${size} bytes are kept in ${part}, the same command goes on from there` : "nothing was kept";
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch {
    return 0;
  }
}

function reason(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message} (${cause.message})` : message;
}
