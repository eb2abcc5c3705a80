import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, extname, join, normalize, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { InputError, inputError } from "../errors.ts";
import type { Option, Values } from "./command.ts";
import { pagePolicyHeader } from "./page-policy.ts";

/** The server of the interactive page, for `nclab explore` and `nclab watch`: static files, to this machine only, and what a command answers itself. */
const standardPort = 7117;

export const portOption: { port: Option } = {
  port: { type: "string", value: "N", help: `port (default ${standardPort}; 0: any free one)` },
};

/** The port that was asked for. Throws InputError. */
export function readPort(options: Values): number {
  const port = options.integer("port", 0) ?? standardPort;
  if (port > 65535) throw inputError("--port", "a whole number from 0 to 65535", port);
  return port;
}

/** Answers by itself what it knows (true); everything else is a file. */
export type Live = (request: IncomingMessage, response: ServerResponse) => boolean;

/** Serves the page until ctrl-c or SIGTERM; `hash`: where it is opened; `stopped` is called before the last connection is closed. */
export async function servePage(
  command: string,
  port: number,
  { hash = "", live, stopped }: { hash?: string; live?: Live; stopped?: () => void } = {},
): Promise<number> {
  const server = await listen(serve(builtPage(command), live), port);
  // Before the address is printed: whoever reads it may stop the program at once.
  const told = new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, resolve);
  });
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/${hash}`);
  console.error(`nclab ${command}: open this address in a browser; ctrl-c ends`);
  await told;
  stopped?.();
  server.closeAllConnections();
  server.close();
  return 0;
}

/** dist/web, from dist/cli or from src/cli. */
export function builtPage(command: string): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const folder = [join(here, "../web"), join(here, "../../dist/web")].find((place) => existsSync(join(place, "index.html")));
  if (!folder) throw new InputError(`nclab ${command}: expected the built page (dist/web), got none: npm run build makes it`);
  return folder;
}

function listen(server: Server, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const taken = error.code === "EADDRINUSE" || error.code === "EACCES";
      reject(taken ? inputError("--port", "a port that is free (0 takes any)", `${port} (${error.code})`) : error);
    });
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}

const types: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".wasm": "application/wasm",
};

/** A server of one folder's files. Nothing outside it is read, whatever the address says. */
export function serve(folder: string, live: Live = () => false): Server {
  return createServer((request, response) => {
    if (live(request, response)) return;
    answer(folder, request, response).catch(() => send(response, 500, "the file could not be read"));
  });
}

async function answer(folder: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== "GET" && request.method !== "HEAD")
    return send(response, 405, "only GET and HEAD", { allow: "GET, HEAD" });
  const file = fileFor(folder, request.url ?? "/");
  if (file === null) return send(response, 400, "not an address of this page");
  const type = types[extname(file)];
  const bytes = type === undefined ? null : await readFile(file).catch(() => null);
  if (bytes === null) return send(response, 404, "there is no such file");
  send(response, 200, request.method === "HEAD" ? "" : bytes, { "content-type": type, "content-length": String(bytes.length) });
}

/** The file an address means, null if it is none or points outside the folder. */
export function fileFor(folder: string, url: string): string | null {
  let path: string;
  try {
    path = decodeURIComponent(url.split(/[?#]/, 1)[0]);
  } catch {
    return null;
  }
  if (!path.startsWith("/") || path.includes("\0") || path.includes("\\")) return null;
  const file = normalize(join(folder, path.endsWith("/") ? `${path}index.html` : path));
  return file.startsWith(normalize(folder) + sep) ? file : null;
}

/** What every answer says, whatever it is. */
export const pageHeaders: Readonly<Record<string, string>> = {
  "content-type": "text/plain; charset=utf-8",
  "content-security-policy": pagePolicyHeader,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  // With these two the page may share memory between threads, which the training in it uses.
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-cache",
};

export function send(
  response: ServerResponse,
  status: number,
  body: string | Uint8Array,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { ...pageHeaders, ...headers });
  response.end(body);
}
