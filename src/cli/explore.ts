import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, extname, join, normalize, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { InputError, inputError } from "../errors.ts";
import type { Command, CommandInput } from "./command.ts";
import { pagePolicyHeader } from "./page-policy.ts";

const standardPort = 7117;

/** `nclab explore`: serves the interactive page, static files and nothing else, to this machine only. */
export const explore: Command = {
  name: "explore",
  summary:
    "Serves the interactive page on 127.0.0.1 and prints its address: dials, your own class counts, training in the browser, runs. Ends with ctrl-c.",
  options: {
    port: { type: "string", value: "N", help: `port (default ${standardPort}; 0: any free one)` },
  },
  example: "nclab explore --port 8080",
  run,
};

async function run({ options }: CommandInput): Promise<number> {
  const port = options.integer("port", 0) ?? standardPort;
  if (port > 65535) throw inputError("--port", "a whole number from 0 to 65535", port);
  const folder = builtPage();
  const server = await listen(serve(folder), port);
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  console.error("nclab explore: open this address in a browser; ctrl-c ends");
  await new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, resolve);
  });
  server.closeAllConnections();
  server.close();
  return 0;
}

/** dist/web, from dist/cli or from src/cli. */
function builtPage(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const folder = [join(here, "../web"), join(here, "../../dist/web")].find((place) => existsSync(join(place, "index.html")));
  if (!folder) throw new InputError("nclab explore: expected the built page (dist/web), got none: npm run build makes it");
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
export function serve(folder: string): Server {
  return createServer((request, response) => {
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

function send(response: ServerResponse, status: number, body: string | Uint8Array, headers: Record<string, string> = {}): void {
  response.writeHead(status, {
    "content-type": "text/plain; charset=utf-8",
    "content-security-policy": pagePolicyHeader,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    // With these two the page may share memory between threads, which the training in it uses.
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-cache",
    ...headers,
  });
  response.end(body);
}
