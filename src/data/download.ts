import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, rename, rm, stat } from "node:fs/promises";
import { InputError, WorkError } from "../errors.ts";
import type { OfficialFile } from "./official.ts";

/** A download that did not come to its end; the message says what was kept. */
export class DownloadError extends WorkError {
  /** Always "DownloadError". */
  override name = "DownloadError";
}

/** Called as bytes arrive: how many of `total` are on the disk. */
export type DownloadProgress = (file: string, done: number, total: number) => void;

/** Milliseconds without a byte after which a download is given up: the server, or the network on the way to it, is taken for dead. */
const defaultPatience = 60_000;

/**
 * Downloads `url` to `path` so that `path` never exists but whole and checked: bytes go to `path.part`, which is renamed
 * when its size and both sums are right. A cut connection leaves the `.part`; the next call asks the server for the rest
 * (HTTP Range), and starts over where the server does not do that. Wrong bytes are deleted.
 *
 * Throws DownloadError for anything that keeps the file from being complete, nothing coming for `patience` milliseconds among it. Nobody else may be at it (`fetchDataset` locks
 * the folder).
 */
export async function downloadFile(
  url: string,
  path: string,
  expected: OfficialFile,
  progress: DownloadProgress = () => {},
  patience: number = defaultPatience,
): Promise<void> {
  const part = `${path}.part`;
  await refuseNoFile(part);
  if ((await sizeOf(part)) > expected.bytes) await rm(part);
  if ((await sizeOf(part)) < expected.bytes) await receive(url, part, expected, progress, patience);
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

async function receive(
  url: string,
  part: string,
  expected: OfficialFile,
  progress: DownloadProgress,
  patience: number,
): Promise<void> {
  let done = await sizeOf(part);
  const waiting = watchdog(patience);
  try {
    let response = await ask(url, part, done, waiting.signal);
    if (response.status === 416) {
      // The server has no such rest: what is here cannot be a part of what is there.
      await rm(part, { force: true });
      done = 0;
      response = await ask(url, part, 0, waiting.signal);
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
        waiting.fed();
        if (done + chunk.length > expected.bytes) {
          await rm(part, { force: true });
          throw new DownloadError(`${url}: expected ${expected.bytes} bytes, got more; nothing was kept`);
        }
        await file.writeFile(chunk).catch((error: Error) => {
          throw new DownloadError(`${part}: ${error.message} after ${done} of ${expected.bytes} bytes`);
        });
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
  } finally {
    waiting.end();
  }
}

/** A signal that aborts when it was not fed for `patience` milliseconds. */
function watchdog(patience: number): { signal: AbortSignal; fed(): void; end(): void } {
  const controller = new AbortController();
  const starve = (): void => controller.abort(new Error(`nothing came for ${patience / 1000} s`));
  let timer = setTimeout(starve, patience);
  return {
    signal: controller.signal,
    fed() {
      clearTimeout(timer);
      timer = setTimeout(starve, patience);
    },
    end: () => clearTimeout(timer),
  };
}

async function ask(url: string, part: string, from: number, signal: AbortSignal): Promise<Response> {
  // The sums are those of the compressed file: it must not be inflated on the way.
  const headers = { "accept-encoding": "identity", ...(from > 0 ? { range: `bytes=${from}-` } : {}) };
  try {
    return await fetch(url, { headers, signal });
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

/** Refuses a pipe, a device or a folder in the place of the `.part` file: writing to a pipe would wait for a reader. */
async function refuseNoFile(part: string): Promise<void> {
  const found = await stat(part).catch(() => null);
  if (found && !found.isFile())
    throw new InputError(`${part}: expected a file or nothing, got ${found.isDirectory() ? "a folder" : "a pipe or a device"}`);
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
