import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type DatasetName, findDataset } from "../data/index.ts";
import type { WebGpu } from "../engine/index.ts";
import { table } from "../terminal/index.ts";
import type { Command, CommandInput } from "./command.ts";
import { toJson } from "./json.ts";
import { version } from "./version.ts";

/** `nclab doctor`: what this machine offers, and what to do about what is missing. */
export const doctor: Command = {
  name: "doctor",
  summary:
    "Tells what this machine offers (Node, threads, SIMD, WebGPU, browser, data, cluster) and what to do about what is missing.",
  options: { json: { type: "boolean", help: "print one JSON document" } },
  example: "nclab doctor",
  run,
};

/** What was looked at. */
export interface Finding {
  what: string;
  /** missing: something does not work without it. optional: everything works without it, some of it slower or not compared. */
  status: "ok" | "missing" | "optional";
  found: string;
  /** What to do; empty where nothing need be done. */
  advice: string;
}

/** The questions to the machine, so that tests can answer for it. */
export interface Machine {
  node: string;
  threads: number;
  memory: number;
  simd: boolean;
  sharedMemory: boolean;
  findWebGpu(): Promise<WebGpu | { missing: string }>;
  findOnnx(): Promise<{ version: string } | { missing: string }>;
  /** The path of a program; null: it is not in PATH. */
  program(names: readonly string[]): string | null;
  /** The Python that has the module; null: none of those that were asked. */
  python(module: string): string | null;
  dataset(name: DatasetName): string | null;
  page: boolean;
}

const oldest = [20, 19];

/** The first in PATH, and the system's own. */
const pythons = ["python3", "/usr/bin/python3"];

/** What native code brings: results/training/throughput.json, two cores; for measure docs/measuring.md. */
const nativeAdvice =
  "native code for the processor trains a perceptron 1.6 times as fast and ResNet18 2.6 times (docs/engine.md), and measures thousands of classes faster (docs/measuring.md): npm install --ignore-scripts onnxruntime-node (291 MB), then --backend onnx";

export async function findings(machine: Machine): Promise<Finding[]> {
  const [major, minor] = machine.node.split(".").map(Number);
  const current = major > oldest[0] || (major === oldest[0] && minor >= oldest[1]);
  const line = (what: string, good: boolean, otherwise: "missing" | "optional", found: string, advice: string): Finding => ({
    what,
    status: good ? "ok" : otherwise,
    found,
    advice: good ? "" : advice,
  });
  const gpu = await machine.findWebGpu();
  const onnx = await machine.findOnnx();
  const browser = machine.program(["chromium", "chromium-browser", "google-chrome", "chrome", "firefox"]);
  const sbatch = machine.program(["sbatch"]);
  const data = (name: DatasetName): Finding => {
    const folder = machine.dataset(name);
    return line(
      `data: ${name}`,
      folder !== null,
      "optional",
      folder ?? "not found",
      `nclab data fetch ${name}, or NCLAB_DATA or --data-dir names its folder; --dataset glyphs needs none`,
    );
  };
  const python = (module: string, use: string): Finding => {
    const there = machine.python(module);
    return line(
      `python: ${module}`,
      there !== null,
      "optional",
      there === null ? `not in ${pythons.join(" or ")}` : `found in ${there}`,
      `${use}; users never need it`,
    );
  };
  return [
    line("node", current, "missing", machine.node, `install Node ${oldest.join(".")} or newer`),
    line("threads", machine.threads > 1, "optional", String(machine.threads), "trainings run one at a time here"),
    line(
      "memory",
      machine.memory >= 4 * 2 ** 30,
      "optional",
      `${(machine.memory / 2 ** 30).toFixed(1)} GiB`,
      "ResNet and VGG want some GiB: --micro-batch needs less",
    ),
    line(
      "WebAssembly SIMD",
      machine.simd,
      "missing",
      machine.simd ? "yes" : "no",
      "the kernels need it: a newer Node or processor",
    ),
    line("shared memory", machine.sharedMemory, "optional", machine.sharedMemory ? "yes" : "no", "training takes one thread"),
    "missing" in gpu
      ? line(
          "WebGPU",
          false,
          "optional",
          gpu.missing,
          "training runs on WebAssembly; for WebGPU in Node: npm install webgpu, and a driver for the graphics processor",
        )
      : line(
          "WebGPU",
          !gpu.software,
          "optional",
          `${gpu.adapter}${gpu.software ? " (a driver that computes on the processor)" : ""}`,
          "training runs on WebAssembly, which is many times faster than such a driver; --backend webgpu takes it all the same",
        ),
    line(
      "native code",
      !("missing" in onnx),
      "optional",
      "missing" in onnx ? onnx.missing : `onnxruntime-node ${onnx.version}`,
      `train and measure run on WebAssembly; ${nativeAdvice}`,
    ),
    line("page of nclab explore", machine.page, "missing", machine.page ? "built" : "not built", "npm run build"),
    line(
      "browser",
      browser !== null,
      "optional",
      browser ?? "none in PATH",
      "nclab explore prints an address that any browser can open",
    ),
    data("fashion-mnist"),
    data("cifar-10"),
    line(
      "Slurm",
      sbatch !== null,
      "optional",
      sbatch ?? "no sbatch in PATH",
      "nclab sweep --on slurm is for machines of a cluster; sweeps run here without it",
    ),
    python("numpy", "tests hold file formats against it"),
    python("torch", "tests and bench/ hold training against it"),
    python("tensorboard", "tests read event files with it"),
  ];
}

async function run({ options }: CommandInput): Promise<number> {
  const found = await findings(thisMachine());
  if (options.flag("json")) console.log(toJson({ schema: "nclab.doctor/1", version: version(), findings: found }));
  else {
    console.log(
      table(
        ["", "", "found"],
        found.map(({ what, status, found: text }) => [what, status, text]),
      ),
    );
    for (const { what, advice } of found.filter(({ advice }) => advice !== "")) console.log(`${what}: ${advice}`);
  }
  return found.some(({ status }) => status === "missing") ? 1 : 0;
}

function thisMachine(): Machine {
  const here = dirname(fileURLToPath(import.meta.url));
  return {
    node: process.versions.node,
    threads: availableParallelism(),
    memory: totalmem(),
    // A function that returns i8x16.splat(0): valid only with SIMD.
    simd: WebAssembly.validate(
      Uint8Array.from([0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 0, 65, 0, 253, 15, 11]),
    ),
    sharedMemory: typeof SharedArrayBuffer !== "undefined",
    findWebGpu: async () => (await import("../engine/index.ts")).findWebGpu(),
    findOnnx: async () => (await import("../engine/index.ts")).findOnnx(),
    program(names) {
      for (const folder of (process.env.PATH ?? "").split(":"))
        for (const name of names) if (folder && existsSync(join(folder, name))) return join(folder, name);
      return null;
    },
    python: (module) =>
      pythons.find(
        (python) =>
          spawnSync(python, ["-c", `import importlib.util, sys; sys.exit(importlib.util.find_spec("${module}") is None)`])
            .status === 0,
      ) ?? null,
    dataset: (name) => findDataset(name),
    page: [join(here, "../web"), join(here, "../../dist/web")].some((folder) => existsSync(join(folder, "index.html"))),
  };
}
