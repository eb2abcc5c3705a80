import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, it } from "vitest";
import { fileFor, serve } from "../../src/cli/page-server.ts";
import { run } from "../cli/process.ts";

const folder = join(import.meta.dirname, "../../dist/web");
let server: Server;
let port: number;
beforeAll(async () => {
  server = serve(folder);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.close();
});

/** The path exactly as given: fetch would tidy `..` away. */
function get(path: string, method = "GET"): Promise<{ status: number; body: string; headers: Record<string, unknown> }> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", port, path, method }, (response) => {
      let body = "";
      response.on("data", (chunk) => {
        body += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body, headers: response.headers }));
    });
    asked.on("error", reject);
    asked.end();
  });
}

it("serves the page and its files, and nothing else", async () => {
  const index = await get("/");
  expect(index).toMatchObject({
    status: 200,
    headers: { "content-type": "text/html; charset=utf-8", "x-content-type-options": "nosniff" },
  });
  const [, script] = /src="\.\/(assets\/[^"]+\.js)"/.exec(index.body) as RegExpExecArray;
  expect(await get(`/${script}`)).toMatchObject({ status: 200, headers: { "content-type": "text/javascript; charset=utf-8" } });
  expect((await get("/", "HEAD")).body).toBe("");
  expect((await get("/none.js")).status).toBe(404);
  expect((await get("/assets/")).status).toBe(404);
  expect((await get("/", "POST")).status).toBe(405);
});

it.each([
  "/../cli/main.js",
  "/%2e%2e/cli/main.js",
  "/..%2fcli/main.js",
  "/assets/../../cli/main.js",
  "/..\\cli\\main.js",
  "/%00",
  "/%",
  "/../web-other/x.js",
])("refuses %s", async (path) => {
  expect(existsSync(join(folder, "../cli/main.js"))).toBe(true);
  const { status, body } = await get(path);
  expect([400, 404]).toContain(status);
  expect(body).not.toContain("import");
  expect(fileFor(folder, path)).toBeNull();
});

it("refuses a bad port with code 2", async () => {
  for (const port of ["abc", "-1", "70000", "1.5"]) {
    const { code, stderr, stdout } = await run("explore", "--port", port);
    expect(code).toBe(2);
    expect(stderr).toContain("--port");
    expect(stdout).toBe("");
  }
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  const { code, stderr } = await run("explore", "--port", String((taken.address() as AddressInfo).port));
  taken.close();
  expect(code).toBe(2);
  expect(stderr).toContain("a port that is free");
});

it("prints its address on stdout and ends with code 0 when told to", async () => {
  const child = spawn(process.execPath, [join(folder, "../cli/main.js"), "explore", "--port", "0"]);
  const address = await new Promise<string>((resolve) => child.stdout.once("data", (text) => resolve(String(text))));
  expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\n$/);
  expect((await fetch(address.trim())).status).toBe(200);
  const code = new Promise<number | null>((resolve) => child.once("exit", resolve));
  child.kill("SIGINT");
  expect(await code).toBe(0);
});

it("shows its first view with at most 180 kB, compressed: page, style, scripts and the solver's worker", () => {
  const index = readFileSync(join(folder, "index.html"), "utf8");
  const named = new Set([...index.matchAll(/(?:src|href)="\.\/(assets\/[^"]+)"/g)].map((match) => match[1]));
  // A set grows while it is gone through: what a script imports at its top is loaded with it.
  for (const name of named)
    for (const [, other] of readFileSync(join(folder, name), "utf8").matchAll(/(?:from|import)\s*"\.\/([^"]+)"/g))
      named.add(`assets/${other}`);
  const first = [...named].map((name) => readFileSync(join(folder, name)));
  // The worker is named in the first script.
  const workers = readdirSync(join(folder, "assets")).filter(
    (name) => first.some((file) => file.includes(name)) && name.startsWith("worker"),
  );
  expect(named.size).toBeGreaterThanOrEqual(3);
  expect(workers.length).toBeGreaterThanOrEqual(1);
  const files = [Buffer.from(index), ...first, ...workers.map((name) => readFileSync(join(folder, "assets", name)))];
  const size = files.reduce((sum, file) => sum + gzipSync(file).length, 0);
  expect(size).toBeLessThanOrEqual(180_000);
  // The training code is not among them.
  expect(first.some((file) => file.includes("WebGPU adapter") || file.includes("createShaderModule"))).toBe(false);
});
