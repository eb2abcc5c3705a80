import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type Graph, neededNodes } from "../../src/engine/graph.ts";
import type { HostTensors } from "../../src/engine/tensors.ts";

/**
 * The engine in another process, which finds its driver in its environment: the machine's, else SwiftShader, a Vulkan driver on the processor, which Debian's Chromium brings. Null: there is none, and why.
 */
const swiftShader = "/usr/lib/chromium/vk_swiftshader_icd.json";
const drivers: NodeJS.ProcessEnv[] = [{}];
if (existsSync(swiftShader)) drivers.push({ VK_DRIVER_FILES: swiftShader, LD_LIBRARY_PATH: "/usr/lib/chromium" });

export interface Remote {
  adapter: string;
  software: boolean;
  /** Runs a graph once for each of `given`. */
  run(
    graph: Graph,
    held: HostTensors,
    given: readonly Record<string, Float32Array>[],
  ): Promise<{
    runs: Record<string, Float32Array>[];
    held: HostTensors;
    counts: { submissions: number; buffers: number }[];
    size: { bytes: number; kernels: number };
  }>;
  /** What `asked.mjs` finds of it. */
  asked(what: "inOrder" | "afterDisposal" | "afterClosing"): Promise<unknown>;
  stop(): void;
}

export async function remoteEngine(): Promise<Remote | { missing: string }> {
  let missing = "";
  for (const driver of drivers) {
    const remote = await start(driver);
    if (!("missing" in remote)) return remote;
    missing = remote.missing;
  }
  return { missing };
}

const text = (data: Float32Array): string => Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64");
const numbers = (from: string): Float32Array<ArrayBuffer> => {
  const bytes = Buffer.from(from, "base64");
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer);
};
const each = <A, B>(object: Record<string, A>, f: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(object).map(([name, value]) => [name, f(value)]));

async function start(driver: NodeJS.ProcessEnv): Promise<Remote | { missing: string }> {
  const child: ChildProcess = spawn(process.execPath, [join(import.meta.dirname, "webgpu-device.mjs")], {
    env: { ...process.env, ...driver },
    stdio: ["pipe", "pipe", "ignore"],
  });
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error("the process with the WebGPU engine ended");
    return JSON.parse(value);
  };
  const first = await next();
  if ("missing" in first) return first;
  return {
    ...first,
    async run(graph, held, given) {
      const id = (node: { id: number }): number => node.id;
      const ids = (named: ReadonlyMap<string, { id: number }>) =>
        Object.fromEntries([...named].map(([name, node]) => [name, node.id]));
      const question = {
        // Held arrays that are only written have to be known too.
        nodes: graph.nodes
          .filter((node) => node.kind === "held" || neededNodes(graph).includes(node))
          .map(({ graph: _, inputs, ...node }) => ({ ...node, inputs: inputs.map(id) })),
        outputs: ids(graph.outputs),
        kept: ids(graph.kept),
        held: each(held, ({ shape, data }) => ({ shape, data: text(data) })),
        given: given.map((arrays) => each(arrays, text)),
      };
      child.stdin?.write(`${JSON.stringify(question)}\n`);
      const answer = await next();
      if (answer.error) throw new Error(answer.error);
      return {
        ...answer,
        runs: answer.runs.map((run: Record<string, string>) => each(run, numbers)),
        held: each(answer.held as Record<string, { shape: number[]; data: string }>, ({ shape, data }) => ({
          shape,
          data: numbers(data),
        })),
      };
    },
    async asked(what) {
      child.stdin?.write(`${JSON.stringify({ asked: what })}\n`);
      const answer = await next();
      if (answer.error) throw new Error(answer.error);
      return answer;
    },
    stop() {
      child.stdin?.end();
    },
  };
}
