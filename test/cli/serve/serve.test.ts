import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { serveLines } from "../../../src/cli/serve/serve-lines.ts";
import { encodeNpy } from "../../../src/features/index.ts";
import { svg } from "../../../src/headless/index.ts";
import { advise, measure, path, predict, thresholds, toJson } from "../../../src/index.ts";
import { random } from "../../../src/math/index.ts";
import { main } from "../process.ts";

const folder = mkdtempSync(join(tmpdir(), "nclab-serve-"));
afterAll(() => rmSync(folder, { recursive: true }));

interface Answer {
  id: unknown;
  document?: Record<string, unknown>;
  error?: { kind: string; what: string | null; rule: string | null; value: unknown; message: string };
}

/** The answers to lines that come in these chunks, without the greeting. */
async function answers(chunks: (string | Uint8Array)[], longest?: number): Promise<Answer[]> {
  const out: string[] = [];
  const input = (async function* () {
    for (const chunk of chunks) yield Buffer.from(chunk);
  })();
  await serveLines(
    input,
    async (line) => {
      expect(line).not.toContain("\n");
      out.push(line);
    },
    longest,
  );
  expect(JSON.parse(out[0])).toMatchObject({
    schema: "nclab.serve/1",
    requests: ["predict", "thresholds", "path", "advise", "measure", "network", "pictures"],
  });
  return out.slice(1).map((line) => JSON.parse(line) as Answer);
}

const ask = (request: object): Promise<Answer[]> => answers([`${JSON.stringify(request)}\n`]);
const withoutTime = (document: object): string => toJson(document).replace(/"seconds":[\d.e+-]+/g, '"seconds":0');

const { normal } = random(1);
const n = 40;
const features = Float32Array.from({ length: n * 6 }, (_, e) => (e % 6 === Math.floor(e / 6) % 4 ? 3 : 0) + normal());
const labels = BigInt64Array.from({ length: n }, (_, i) => BigInt(i % 4));
const weight = Float64Array.from({ length: 24 }, () => normal());
const npy = (data: Float32Array | Float64Array | BigInt64Array, shape: number[]): Buffer =>
  Buffer.from(encodeNpy({ data, shape }));
const counts = [50, 50, 20, 20];

const cases: [string, object, object][] = [
  ["predict", { counts, lambdaZ: 0.01, lambdaB: 0.02 }, predict({ counts, lambdaZ: 0.01, lambdaB: 0.02 })],
  ["predict", { counts, lambdaZ: 0.01, lambdaB: "inf" }, predict({ counts, lambdaZ: 0.01 })],
  [
    "predict",
    { counts: { npy: npy(Float64Array.from(counts), [4]).toString("base64") }, lambdaZ: 0.01 },
    predict({ counts, lambdaZ: 0.01 }),
  ],
  [
    "predict",
    {
      counts: [10, 20, 30],
      lambdaZ: 0.001,
      targets: { npy: npy(Float64Array.of(1, 0, 0.5, 0, 1, 0.5), [2, 3]).toString("base64") },
    },
    predict({
      counts: [10, 20, 30],
      lambdaZ: 0.001,
      targets: [
        [1, 0, 0.5],
        [0, 1, 0.5],
      ],
    }),
  ],
  ["thresholds", { counts }, thresholds({ counts })],
  ["path", { counts, lambdaZ: "0.001:0.1:4" }, path({ counts, lambdaZ: "0.001:0.1:4" })],
  ["advise", { counts, lambdaZ: 0.02, change: ["weight"] }, advise({ counts, lambdaZ: 0.02, change: ["weight"] })],
  [
    "measure",
    {
      features: { npyFile: join(folder, "f.npy") },
      labels: { npy: npy(labels, [n]).toString("base64") },
      headWeight: { npy: npy(weight, [4, 6]).toString("base64") },
      lambdaZ: 0.01,
    },
    measure({ features, labels, headWeight: weight, lambdaZ: 0.01 }),
  ],
];
writeFileSync(join(folder, "f.npy"), npy(features, [n, 6]));

test.each(cases)("%s: the document is the library's, character by character (%#)", async (what, input, expected) => {
  const [{ id, document }] = await ask({ id: "x", do: what, input });
  expect(id).toBe("x");
  expect(withoutTime(document as object)).toBe(withoutTime(JSON.parse(toJson(expected)) as object));
});

test("a number of no axis is that number, whatever JSON could not say of it", async () => {
  const nan = { npy: npy(Float64Array.of(Number.NaN), []).toString("base64") };
  const [{ error }] = await ask({ do: "predict", input: { counts, lambdaZ: nan } });
  expect(error).toMatchObject({ kind: "input", what: "lambdaZ", value: "NaN" });
});

test("features whose rows and columns are exchanged are refused, though they are as many numbers", async () => {
  const turned = { npy: npy(features, [6, n]).toString("base64") };
  const [{ error }] = await ask({ do: "measure", input: { features: turned, labels: Array.from(labels, Number) } });
  expect(error).toMatchObject({ kind: "input", what: "features", value: "6 rows" });
});

test.each<[string, string | Uint8Array, RegExp]>([
  ["words", "hello", /^request: expected a JSON object on one line/],
  ["a list", "[1]", /^request: expected a JSON object, got \[1\]/],
  ["nested without end", "[".repeat(1e5), /^request: expected a JSON object/],
  ["no text at all", Uint8Array.of(0xff, 0xfe, 0), /^request: expected a JSON object/],
  ["an id that is none", '{"id":{},"do":"predict"}', /^request: id: expected a number or a text/],
  ["a key that nothing reads", '{"do":"predict","inputs":{}}', /did you mean input\?/],
  ["nothing to do", '{"input":{}}', /^request: do: expected one of predict, /],
  ["a mistyped request", '{"do":"predcit"}', /did you mean predict\?/],
  ["a name of every object", '{"do":"constructor"}', /^request: do: expected one of/],
  ["no input", '{"do":"predict"}', /^predict: expected an object/],
  ["a mistyped key", '{"do":"predict","input":{"lamdaZ":1}}', /did you mean lambdaZ\?/],
  ["no base64", '{"do":"predict","input":{"counts":{"npy":"%"},"lambdaZ":1}}', /^counts: expected the bytes of a \.npy/],
  ["no .npy", '{"do":"predict","input":{"counts":{"npy":"AAAA"},"lambdaZ":1}}', /^counts: expected a \.npy file/],
  [
    "no file",
    '{"do":"predict","input":{"counts":{"npyFile":"/none/at/all.npy"},"lambdaZ":1}}',
    /^counts: \/none\/at\/all\.npy: expected/,
  ],
  [
    "another file",
    `{"do":"predict","input":{"counts":{"npyFile":${JSON.stringify(import.meta.filename)}},"lambdaZ":1}}`,
    /^counts: /,
  ],
  ["too long", `"${"x".repeat(200_000)}"`, /^request: expected a line of at most 150000 bytes .* got 20000[23]/],
])("%s: answered with an error, and the next line as ever", async (_, line, message) => {
  const good = '{"id":2,"do":"predict","input":{"counts":[5,3],"lambdaZ":0.1}}';
  const [bad, next] = await answers([line, "\r\n\n", good], 150_000);
  expect(bad.error?.message).toMatch(message);
  expect(bad.error?.kind).toBe("input");
  expect(next.id).toBe(2);
  expect(next.document).toHaveProperty("rank");
});

test("a file that is temporary is gone once it was opened, and no other is", async () => {
  const file = join(folder, "temporary.npy");
  const of = async (beside: object): Promise<Answer> => {
    writeFileSync(file, npy(features, [n, 6]));
    const [answer] = await ask({
      do: "measure",
      input: { features: { npyFile: file, ...beside }, labels: Array.from(labels, Number) },
    });
    return answer;
  };
  for (const [temporary, there] of [
    [true, false],
    [false, true],
  ]) {
    expect((await of({ temporary })).document).toHaveProperty("nc1");
    expect(existsSync(file)).toBe(there);
  }
  for (const beside of [{ temporary: 1 }, { other: true }, { temporary: true, other: true }]) {
    expect((await of(beside)).error?.what).toBe("features");
    expect(existsSync(file)).toBe(true);
  }
  writeFileSync(file, "no array");
  const [{ error }] = await ask({ do: "measure", input: { features: { npyFile: file, temporary: true }, labels: [0, 1] } });
  expect([error?.kind, existsSync(file)]).toEqual(["input", true]);
});

test("ways out are named by settings where the command line names options", async () => {
  const [counted] = await ask({ do: "predict", input: { labels: [0, 1, 2, 255], lambdaZ: 0.1 } });
  expect(counted.error?.message).toMatch(/; if 255 marks samples that belong to no class: ignoreLabel=255$/);
  expect(counted.error?.value).toContain("ignoreLabel=255");
  const parameters = ["a", "b"].map((name) => [name, [4, 3]]);
  const [network] = await ask({ do: "network", input: { parameters } });
  expect(network.error?.message).toContain("head=NAME");
});

test("lines may come in any pieces", async () => {
  const text = Buffer.from('{"id":"ü1","do":"predict","input":{"counts":[5,3],"lambdaZ":0.1}}\n{"id":2,"do":"nothing"}');
  const whole = await answers([text]);
  const pieces = await answers([...text].map((byte) => Uint8Array.of(byte)));
  expect(whole.map(({ id }) => id)).toEqual(["ü1", 2]);
  expect(pieces.map(({ id }) => id)).toEqual(whole.map(({ id }) => id));
});

test("the process ends with its input, with 0; without --stdio with 2", async () => {
  const ended = (...args: string[]): Promise<{ code: number | null; out: string }> =>
    new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [main, "serve", ...args], { stdio: ["pipe", "pipe", "pipe"] });
      let out = "";
      child.stdout.on("data", (chunk) => {
        out += chunk;
      });
      child.on("error", reject);
      child.on("close", (code) => resolve({ code, out }));
      child.stdin.on("error", () => {});
      child.stdin.end('{"id":1,"do":"predict","input":{"counts":[5,3],"lambdaZ":0.1}}\n');
    });
  const { code, out } = await ended("--stdio");
  expect(code).toBe(0);
  expect(out.trim().split("\n")).toHaveLength(2);
  expect((await ended()).code).toBe(2);
});

test("draws the pictures of a document that it gave, infinity in it too, and says what is none", async () => {
  const [{ document }] = await ask({ do: "predict", input: { counts, lambdaZ: 0.01, lambdaB: "inf" } });
  const [all, one, advice, wrong, none] = await answers(
    [
      { input: { document } },
      { input: { document, names: ["margins"], width: 10 } },
      { input: { document: { schema: "nclab.advice/1" } } },
      { input: { document, names: ["margin"] } },
      { input: { document: 1 } },
    ].map((request) => `${JSON.stringify({ do: "pictures", ...request })}\n`),
  );
  const drawn = all.document as { schema: string; pictures: { name: string; svg: string }[] };
  expect([drawn.schema, drawn.pictures.map(({ name }) => name)]).toEqual([
    "nclab.pictures/1",
    ["predictions", "cosines", "margins", "classes", "statuses"],
  ]);
  const prediction = predict({ counts, lambdaZ: 0.01 });
  expect(one.document).toMatchObject({ pictures: [{ name: "margins", svg: svg(prediction, { name: "margins", width: 10 }) }] });
  expect(advice.document).toMatchObject({ pictures: [] });
  expect(wrong.error).toMatchObject({ kind: "input", what: "picture" });
  expect(none.error).toMatchObject({ kind: "input", what: "document" });
});
