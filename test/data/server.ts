import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export interface Mirror {
  url: string;
  /** Every request as `path range`, in order. */
  asked: string[];
  /** How the server misbehaves; changed while it runs. */
  mood: {
    stallAfter?: number;
    silent?: boolean /** Milliseconds between pieces of 50,000 bytes. */;
    slow?: number;
    cutAfter?: number;
    ignoreRange?: boolean;
    refuseRange?: boolean;
    wrongRange?: boolean;
  };
}

/** A file server on 127.0.0.1 that lives as long as the test. */
export async function mirror(files: Record<string, Uint8Array>): Promise<Mirror> {
  const asked: string[] = [];
  const mood: Mirror["mood"] = {};
  const server = createServer((request, response) => {
    asked.push(`${request.url} ${request.headers.range ?? "whole"}`);
    const body = files[(request.url ?? "").slice(1)];
    if (mood.silent) return;
    if (body === undefined) response.writeHead(404).end("no such file");
    else answer(body, mood, request, response);
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, mood };
}

function answer(body: Uint8Array, mood: Mirror["mood"], request: IncomingMessage, response: ServerResponse): void {
  const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? "");
  const from = range && !mood.ignoreRange ? Number(range[1]) : 0;
  if (range && mood.refuseRange) {
    response.writeHead(416).end();
    return;
  }
  const rest = body.subarray(from);
  const status = from > 0 ? 206 : 200;
  const start = mood.wrongRange ? from + 1 : from;
  response.writeHead(status, {
    "content-length": rest.length,
    ...(status === 206 ? { "content-range": `bytes ${start}-${body.length - 1}/${body.length}` } : {}),
  });
  if (mood.slow !== undefined) void inPieces(rest, mood.slow, response);
  else if (mood.stallAfter !== undefined) response.write(rest.subarray(0, mood.stallAfter));
  else if (mood.cutAfter === undefined || mood.cutAfter >= rest.length) response.end(rest);
  else response.write(rest.subarray(0, mood.cutAfter), () => setTimeout(() => response.destroy(), 50));
}

async function inPieces(bytes: Uint8Array, pause: number, response: ServerResponse): Promise<void> {
  for (let at = 0; at < bytes.length; at += 50_000) {
    response.write(bytes.subarray(at, at + 50_000));
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
  response.end();
}
