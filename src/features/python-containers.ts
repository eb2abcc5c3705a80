import { type Global, inert, isKind, itemsOf, nameOf, type Pickled } from "./pickle-values.ts";

/** Python's own containers and bytes, as pickles call for them by name. */
const calls: Record<string, (args: Pickled[], name: string) => Pickled> = {
  "collections.OrderedDict": dictionary,
  "collections.Counter": dictionary,
  "builtins.dict": dictionary,
  // The first argument makes what is missing: it is never made here.
  "collections.defaultdict": ([, ...args], name) => dictionary(args, name),
  "collections.deque": ([items]) => itemsOf(items) ?? [],
  "builtins.set": ([items]) => itemsOf(items) ?? [],
  "builtins.frozenset": ([items]) => itemsOf(items) ?? [],
  "builtins.list": ([items]) => itemsOf(items) ?? [],
  "builtins.tuple": ([items]) => ({ kind: "tuple", items: itemsOf(items) ?? [] }),
  "builtins.bytearray": ([content]) => bytes(content),
  "builtins.bytes": ([content]) => bytes(content),
  // How protocol 2 writes bytes: as text to be encoded.
  "_codecs.encode": ([text, encoding]) => (encoding === "latin1" || encoding === "latin-1" ? bytes(text) : (text ?? null)),
  "torch.Size": ([sizes]) => sizes ?? { kind: "tuple", items: [] },
  "torch.device": ([device]) => device ?? null,
  // Lists of known types in TorchScript.
  "torch.jit._pickle.build_intlist": ([list]) => list ?? null,
  "torch.jit._pickle.build_doublelist": ([list]) => list ?? null,
  "torch.jit._pickle.build_boollist": ([list]) => list ?? null,
  "torch.jit._pickle.build_tensorlist": ([list]) => list ?? null,
  "torch.jit._pickle.restore_type_tag": ([value]) => value ?? null,
};

/** What a container's name means; undefined for a name of anything else. */
export function containerName(module: string, name: string): Global | undefined {
  const full = `${module.replace(/^__builtin__$/, "builtins")}.${name}`;
  const call = Object.hasOwn(calls, full) ? calls[full] : undefined;
  return call && { kind: "global", name: full, call: (args) => call(args, full) };
}

/** From pairs of key and value, or from a dictionary; inert where it is neither. */
function dictionary(args: Pickled[], name: string): Pickled {
  const [from] = args;
  if (from instanceof Map) return new Map(from);
  const made = new Map<Pickled, Pickled>();
  for (const pair of itemsOf(from) ?? []) {
    const entry = itemsOf(pair);
    if (entry?.length !== 2) return inert(name, args);
    made.set(entry[0], entry[1]);
  }
  return made;
}

function bytes(text: Pickled | undefined): Pickled {
  if (typeof text === "string") return Uint8Array.from(text, (c) => c.charCodeAt(0));
  const items = itemsOf(text);
  return items ? Uint8Array.from(items, Number) : (text ?? new Uint8Array(0));
}

/** Calls a name that a pickle gives as an argument, where it means something here. */
export function callNamed(callee: Pickled | undefined, args: Pickled[]): Pickled {
  return isKind(callee, "global") && callee.call ? callee.call(args) : inert(nameOf(callee), args);
}
