import { InputError, inputError } from "../errors.ts";
import { type Bytes, inOrder, sliceOf } from "./bytes.ts";
import { memoryBytes } from "./memory-bytes.ts";
import { type Named, namedArrays } from "./named-arrays.ts";
import { readPickle } from "./pickle.ts";
import { CutOff } from "./pickle-bytes.ts";
import type { PickleRules } from "./pickle-machine.ts";
import { type Room, roomFor } from "./pickle-room.ts";
import { isKind, itemsOf, nameOf, type Pickled } from "./pickle-values.ts";
import { mostPickle } from "./torch.ts";
import { torchName } from "./torch-names.ts";
import { persistentStorage, type Storage, storageId } from "./torch-storage.ts";

/**
 * Files that are pickles one after the other. PyTorch before 1.6: a magic number, a protocol number, facts of the system, the object, the
 * keys of its storages, then each storage: how many elements (8 bytes), and they. A file whose first pickle is anything else is one pickle of
 * data, as Python's pickle.dump leaves it; a tensor in it has its storage as bytes, which are such a file of PyTorch's again.
 *
 * The facts of the system name a byte order, which is not that of the numbers: machines of the other one swap them as they write, and PyTorch
 * reads every such file with the least byte first (torch/csrc/serialization.cpp, writeFileRaw).
 */
const magic = 0x1950a86a20f9469cfc6cn;

/** What `torch.storage._load_from_bytes` is given, read like a file. */
const inside = "torch.storage._load_from_bytes";

export async function pickleFileArrays(file: Bytes): Promise<Named & { kind: "torch" | "pickle" }> {
  const reading = readPickles(file, innerFiles(file));
  for (let next = reading.next(); ; ) {
    if (next.done) return { ...namedArrays(next.value.value, file.what), kind: next.value.kind };
    const bytes = new Uint8Array(next.value.size);
    await file.readAt?.(next.value.at, bytes);
    next = reading.next(bytes);
  }
}

/** The value of one of these files that is in memory, without waiting. */
function objectIn(bytes: Uint8Array, what: string, global: PickleRules["global"], room: Room): Pickled {
  const reading = readPickles(memoryBytes(what, bytes), global, room);
  for (let next = reading.next(); ; ) {
    if (next.done) return next.value.value;
    const { at, size } = next.value;
    next = reading.next(bytes.subarray(at, at + size));
  }
}

/**
 * What names mean, files inside a pickle among them. Such a file cannot hold another one. All of them share the room for what they
 * make, as if they were one pickle of the file's length: their bytes may be there many times.
 */
function innerFiles({ what, length }: Bytes): PickleRules["global"] {
  const global = torchName(what, true);
  const room = roomFor(length, what);
  const read = ([bytes]: Pickled[]): Pickled => {
    try {
      if (!(bytes instanceof Uint8Array)) throw inputError(what, "the bytes of a storage", nameOf(bytes));
      return objectIn(bytes, what, global, room);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      return persistentStorage(() => {
        throw error;
      });
    }
  };
  return (module, name) => {
    const known = global(module, name);
    return known.name === inside ? { ...known, call: read } : known;
  };
}

interface Wanted {
  at: number;
  size: number;
}

/** Yields which bytes it needs, and takes them. */
function* readPickles(
  file: Bytes,
  global: PickleRules["global"],
  room?: Room,
): Generator<Wanted, { value: Pickled; kind: "torch" | "pickle" }, Uint8Array> {
  const what = file.what;
  const storages = new Map<string, Deferred>();
  const rules: PickleRules = { what, global, room, persistent: (id) => persistent(id, what, storages) };
  const first = yield* pickleAt(file, 0, rules);
  if (first.value !== magic) {
    if (storages.size > 0) throw inputError(what, "a pickle that is whole in itself", "one with storages outside it");
    return { value: first.value, kind: "pickle" };
  }
  const protocol = yield* pickleAt(file, first.end, rules);
  if (protocol.value !== 1001) throw inputError(`${what}: protocol`, "1001", nameOf(protocol.value));
  const system = yield* pickleAt(file, protocol.end, rules);
  const root = yield* pickleAt(file, system.end, rules);
  const keys = yield* pickleAt(file, root.end, rules);
  let at = keys.end;
  for (const key of itemsOf(keys.value) ?? []) {
    const storage = storages.get(String(key));
    if (!storage) throw inputError(`${what}: storages`, `one of ${storages.size} that the object names`, nameOf(key));
    sliceOf(file, at, 8);
    const header = yield { at, size: 8 };
    const count = Number(new DataView(header.buffer, header.byteOffset).getBigInt64(0, true));
    if (count !== storage.count) throw inputError(`${what}: storage ${nameOf(key)}`, `${storage.count} elements`, count);
    storage.bytes.place(sliceOf(file, at + 8, storage.bytes.length));
    at += 8 + storage.bytes.length;
  }
  for (const [key, { bytes }] of storages)
    if (!bytes.placed()) throw inputError(`${what}: storage`, `numbers for ${key}`, "none");
  return { value: root.value, kind: "torch" };
}

interface Deferred {
  count: number;
  bytes: DeferredBytes;
}

/** What an object outside the pickle is: a storage or a part of one, or a class with its source text, of which only the class is taken. */
function persistent(id: Pickled, what: string, storages: Map<string, Deferred>): Pickled {
  const items = isKind(id, "tuple") ? id.items : [];
  if (items[0] === "module" && items.length >= 2) return items[1];
  return persistentStorage(() => deferredStorage(id, what, storages));
}

function deferredStorage(id: Pickled, what: string, storages: Map<string, Deferred>): Storage {
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
  return { is: "storage", name, type, width, bytes };
}

/** A pickle of unknown length: more and more bytes are taken until it ends in them. */
function* pickleAt(file: Bytes, at: number, rules: PickleRules): Generator<Wanted, { value: Pickled; end: number }, Uint8Array> {
  for (let size = 1 << 18; ; size *= 4) {
    const bytes = yield { at, size: Math.min(size, mostPickle, file.length - at) };
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
