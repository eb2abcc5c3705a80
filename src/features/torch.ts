import { InputError, inputError } from "../errors.ts";
import { type Bytes, head } from "./bytes.ts";
import { type ElementType, widthOf } from "./elements.ts";
import { type Global, isKind, nameOf, type Pickled, readPickle } from "./pickle.ts";
import { type StoredArray, sizeOf } from "./stored-array.ts";
import type { ZipMember } from "./zip.ts";

/**
 * PyTorch checkpoints (torch.save since 1.6): a zip with a pickle that describes containers and tensors, and a member a storage. The pickle
 * may name these functions and no others; what it names is answered by the plain functions below and never run. Tensors are views of
 * the members: nothing of them is read here.
 */
const storages: Record<string, ElementType> = {
  DoubleStorage: "f8",
  FloatStorage: "f4",
  HalfStorage: "f2",
  BFloat16Storage: "bf",
  LongStorage: "i8",
  IntStorage: "i4",
  ShortStorage: "i2",
  CharStorage: "i1",
  ByteStorage: "u1",
  BoolStorage: "b1",
};

interface Storage {
  type: ElementType;
  bytes: Bytes;
}

/** Whether a zip is a checkpoint: its pickle is called NAME/data.pkl. */
export function isCheckpoint(members: readonly ZipMember[]): boolean {
  return members.some(({ name }) => /^[^/]+\/data\.pkl$/.test(name));
}

/** All tensors by name: keys of nested containers joined by dots (`state_dict.fc.weight`). */
export async function torchArrays(file: string, members: readonly ZipMember[]): Promise<Map<string, StoredArray>> {
  const pickle = members.find(({ name }) => /^[^/]+\/data\.pkl$/.test(name)) as ZipMember;
  const folder = pickle.name.slice(0, -"data.pkl".length);
  const byName = new Map(members.map((member) => [member.name, member.bytes]));
  const most = 1 << 26;
  if (pickle.bytes.length > most) throw inputError(pickle.bytes.what, `at most ${most} bytes`, pickle.bytes.length);
  const order = byName.get(`${folder}byteorder`);
  const littleEndian = !order || new TextDecoder().decode(await head(order, 16)).trim() !== "big";
  const what = pickle.bytes.what;
  const root = readPickle(await head(pickle.bytes, most), {
    what,
    global: (module, name) => globalOf(what, module, name, littleEndian),
    persistent(id) {
      const [tag, type, key, , count] = isKind(id, "tuple") ? id.items : [];
      const name = type !== undefined && isKind(type, "global") ? type.name.replace(/^torch\./, "") : "";
      if (tag !== "storage" || !Object.hasOwn(storages, name) || typeof key !== "string")
        throw inputError(`${what}: storage`, `one of ${Object.keys(storages).join(", ")}`, name || nameOf(id));
      const bytes = byName.get(`${folder}data/${key}`);
      if (!bytes) throw inputError(`${what}: storage`, `a member ${folder}data/${key}`, "none");
      const width = widthOf(storages[name]);
      if (!(typeof count === "number" && Number.isSafeInteger(count) && count >= 0 && count * width <= bytes.length))
        throw inputError(`${bytes.what}: storage`, `${bytes.length / width} numbers, as the member holds`, count);
      return { kind: "opaque", value: { type: storages[name], bytes } satisfies Storage };
    },
  });
  const arrays = new Map<string, StoredArray>();
  collect(root, "", arrays, new Set(), file);
  return arrays;
}

function globalOf(what: string, module: string, name: string, littleEndian: boolean): Global {
  const full = `${module}.${name}`;
  if (full === "collections.OrderedDict") return { kind: "global", name: full, call: (args) => pairs(what, args) };
  if (full === "torch._utils._rebuild_tensor_v2")
    return { kind: "global", name: full, call: (args) => ({ kind: "opaque", value: tensor(what, args, littleEndian) }) };
  if (full === "torch._utils._rebuild_parameter") return { kind: "global", name: full, call: ([data]) => data ?? null };
  if (full === "torch.Size") return { kind: "global", name: full, call: ([sizes]) => sizes ?? { kind: "tuple", items: [] } };
  if (module === "torch" && /^\w+Storage$/.test(name)) return { kind: "global", name: full };
  // Words without a meaning here: element types and devices in settings beside the weights.
  if (module === "torch" && /^(b?float|double|half|u?int|long|short|bool|complex)\d*$/.test(name))
    return { kind: "global", name: full };
  // How protocol 2 writes bytes: as text to be encoded. No number is in them.
  if (full === "_codecs.encode") return { kind: "global", name: full, call: ([text]) => text ?? null };
  if (full === "torch.device") return { kind: "global", name: full, call: ([device]) => device ?? null };
  if (/^(builtins|__builtin__)\.(set|frozenset)$/.test(full))
    return { kind: "global", name: full, call: ([items]) => (Array.isArray(items) ? items : []) };
  throw new InputError(
    `${what}: expected a checkpoint of tensors and containers (torch.save(model.state_dict(), ...)), got one that asks for ${full.slice(0, 200)}; nothing was run`,
  );
}

function pairs(what: string, [items]: Pickled[]): Pickled {
  const made = new Map<Pickled, Pickled>();
  for (const pair of Array.isArray(items) ? items : []) {
    const entry = Array.isArray(pair) ? pair : isKind(pair, "tuple") ? pair.items : [];
    if (entry.length !== 2) throw inputError(`${what}: OrderedDict`, "pairs of key and value", nameOf(pair));
    made.set(entry[0], entry[1]);
  }
  return made;
}

/** _rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks): a view of a storage, checked to lie inside it. */
function tensor(what: string, args: Pickled[], littleEndian: boolean): Omit<StoredArray, "what"> {
  const [storage, offset, size, stride] = args;
  if (
    storage === undefined ||
    !isKind(storage, "opaque") ||
    typeof storage.value !== "object" ||
    !("bytes" in (storage.value as object))
  )
    throw inputError(`${what}: tensor`, "a storage", storage === undefined ? "none" : nameOf(storage));
  const { type, bytes } = storage.value as Storage;
  const shape = numbers(what, "size", size);
  const strides = numbers(what, "stride", stride);
  const entries = sizeOf(shape, what);
  if (!(typeof offset === "number" && Number.isSafeInteger(offset) && offset >= 0) || shape.length !== strides.length)
    throw inputError(
      `${what}: tensor`,
      "an offset, and a stride for each size",
      `offset ${String(offset)}, size ${shape}, stride ${strides}`,
    );
  const width = widthOf(type);
  const last = entries === 0 ? -1 : offset + shape.reduce((sum, n, axis) => sum + (n - 1) * strides[axis], 0);
  if (!((last + 1) * width <= bytes.length))
    throw inputError(
      `${bytes.what}: tensor`,
      `a view of ${bytes.length / width} numbers`,
      `one that ends at ${last + 1} (size ${shape})`,
    );
  return { shape, type, littleEndian, strides, bytes, offset: offset * width };
}

function numbers(what: string, name: string, value: Pickled | undefined): number[] {
  const items = Array.isArray(value) ? value : value !== undefined && isKind(value, "tuple") ? value.items : undefined;
  if (!items?.every((n) => typeof n === "number" && Number.isSafeInteger(n) && n >= 0) || items.length > 64)
    throw inputError(`${what}: ${name}`, "a tuple of whole numbers", value === undefined ? "none" : nameOf(value));
  return items as number[];
}

/** Every container is entered once, so a pickle whose containers hold each other over and over costs no more than its length. */
function collect(root: Pickled, at: string, arrays: Map<string, StoredArray>, seen: Set<unknown>, file: string): void {
  const open: { value: Pickled; name: string }[] = [{ value: root, name: at }];
  for (let next = open.pop(); next; next = open.pop()) {
    const { value, name } = next;
    if (typeof value !== "object" || value === null || value instanceof Uint8Array || name.length > 1000) continue;
    const key = (part: string): string => (name === "" ? part : `${name}.${part}`);
    if (isKind(value, "opaque")) {
      if (typeof value.value === "object" && value.value !== null && "shape" in value.value)
        arrays.set(name, { ...(value.value as Omit<StoredArray, "what">), what: `${file}, ${name || "tensor"}` });
      continue;
    }
    if (seen.has(value) || isKind(value, "global")) continue;
    seen.add(value);
    const inside: [string, Pickled][] =
      value instanceof Map
        ? [...value].filter(([k]) => typeof k === "string" || typeof k === "number").map(([k, v]) => [String(k), v])
        : (Array.isArray(value) ? value : value.items).map((item, i) => [String(i), item]);
    for (const [part, item] of inside.reverse()) open.push({ value: item, name: key(part) });
  }
}
