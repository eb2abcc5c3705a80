import { inputError } from "../errors.ts";
import { type Bytes, inOrder, sliceOf } from "./bytes.ts";
import { type Named, namedArrays } from "./named-arrays.ts";
import { readPickle } from "./pickle.ts";
import { CutOff } from "./pickle-bytes.ts";
import type { PickleRules } from "./pickle-machine.ts";
import { isKind, itemsOf, nameOf, type Pickled } from "./pickle-values.ts";
import { mostPickle } from "./torch.ts";
import { torchName } from "./torch-names.ts";
import { type Storage, storageId } from "./torch-storage.ts";

/**
 * Files that are pickles one after the other. PyTorch before 1.6: a magic number, a protocol number, facts of the system, the object, the
 * keys of its storages, then each storage: how many elements (8 bytes), and they. A file whose first pickle is anything else is one pickle of
 * data, as Python's pickle.dump leaves it.
 */
const magic = 0x1950a86a20f9469cfc6cn;

export async function pickleFileArrays(file: Bytes): Promise<Named & { kind: "torch" | "pickle" }> {
  const what = file.what;
  const storages = new Map<string, Deferred>();
  const rules: PickleRules = { what, global: torchName(what, true), persistent: (id) => persistent(id, what, storages) };
  const first = await pickleAt(file, 0, rules);
  if (first.value !== magic) {
    if (storages.size > 0) throw inputError(what, "a pickle that is whole in itself", "one with storages outside it");
    return { ...namedArrays(first.value, what), kind: "pickle" };
  }
  const protocol = await pickleAt(file, first.end, rules);
  if (protocol.value !== 1001) throw inputError(`${what}: protocol`, "1001", nameOf(protocol.value));
  const system = await pickleAt(file, protocol.end, rules);
  const root = await pickleAt(file, system.end, rules);
  const keys = await pickleAt(file, root.end, rules);
  let at = keys.end;
  for (const key of itemsOf(keys.value) ?? []) {
    const storage = storages.get(String(key));
    if (!storage) throw inputError(`${what}: storages`, `one of ${storages.size} that the object names`, nameOf(key));
    const header = new Uint8Array(8);
    await sliceOf(file, at, 8).readAt?.(0, header);
    const count = Number(new DataView(header.buffer).getBigInt64(0, true));
    if (count !== storage.count) throw inputError(`${what}: storage ${nameOf(key)}`, `${storage.count} elements`, count);
    storage.bytes.place(sliceOf(file, at + 8, storage.bytes.length));
    at += 8 + storage.bytes.length;
  }
  for (const [key, { bytes }] of storages)
    if (!bytes.placed()) throw inputError(`${what}: storage`, `numbers for ${key}`, "none");
  return { ...namedArrays(root.value, what), kind: "torch" };
}

interface Deferred {
  count: number;
  bytes: DeferredBytes;
}

/** What an object outside the pickle is: a storage or a part of one, or a class with its source text, of which only the class is taken. */
function persistent(id: Pickled, what: string, storages: Map<string, Deferred>): Pickled {
  const items = isKind(id, "tuple") ? id.items : [];
  if (items[0] === "module" && items.length >= 2) return items[1];
  const { name, type, width, key, count, view } = storageId(id, what);
  let known = storages.get(key);
  if (!known) {
    known = { count, bytes: deferredBytes(what, count * width) };
    storages.set(key, known);
  }
  if (known.bytes.length !== count * width) throw inputError(`${what}: storage ${key}`, `${known.count} elements`, count);
  const [, offset, size] = itemsOf(view) ?? [];
  const bytes =
    typeof offset === "number" && typeof size === "number" ? sliceOf(known.bytes, offset * width, size * width) : known.bytes;
  const storage: Storage = { is: "storage", name, type, width, bytes };
  return { kind: "opaque", value: storage };
}

/** A pickle of unknown length: more and more bytes are taken until it ends in them. */
async function pickleAt(file: Bytes, at: number, rules: PickleRules): Promise<{ value: Pickled; end: number }> {
  for (let size = 1 << 18; ; size *= 4) {
    const bytes = new Uint8Array(Math.min(size, mostPickle, file.length - at));
    await file.readAt?.(at, bytes);
    try {
      const { value, end } = readPickle(bytes, rules);
      return { value, end: at + end };
    } catch (error) {
      if (!(error instanceof CutOff) || bytes.length < size) throw error;
    }
  }
}

/** Bytes whose length is known before their place. */
interface DeferredBytes extends Bytes {
  place(bytes: Bytes): void;
  placed(): boolean;
}

function deferredBytes(what: string, length: number): DeferredBytes {
  let inner: Bytes | undefined;
  const readAt: Bytes["readAt"] = async (at, into) => {
    if (!inner?.readAt) throw new TypeError(`${what}: bytes that have no place yet`);
    await inner.readAt(at, into);
  };
  return {
    what,
    length,
    readAt,
    reader: (from) => inOrder(readAt, from),
    placed: () => inner !== undefined,
    place(bytes) {
      inner = bytes;
    },
  };
}
