import { inputError } from "../errors.ts";
import { type ArrayValue, orUnread } from "./array-value.ts";
import { type ElementType, widthOf } from "./elements.ts";
import { numpyName } from "./numpy-pickle.ts";
import { type Global, itemsOf, nameOf, type Opaque, type Pickled } from "./pickle-values.ts";
import { callNamed, containerName } from "./python-containers.ts";
import { sizeOf } from "./stored-array.ts";
import { dequantized } from "./torch-quantized.ts";
import { sparseRoom, sparseTensor } from "./torch-sparse.ts";
import { dtypes, quantizedType, storageOf } from "./torch-storage.ts";

/** What the names in a checkpoint mean: Python's containers, NumPy's arrays, tensors. Every other name is inert. */
export function torchName(what: string, littleEndian: boolean): (module: string, name: string) => Global {
  const room = sparseRoom();
  const made = (make: () => ArrayValue): Opaque => ({ kind: "opaque", value: orUnread(what, make) });
  const view = (args: Pickled[], dtype?: Pickled): Opaque => made(() => tensor(what, args, littleEndian, dtype));
  const first = ([data]: Pickled[]): Pickled => data ?? null;
  const calls: Record<string, (args: Pickled[]) => Pickled> = {
    // (storage, offset, size, stride, requires_grad, hooks, metadata), and the type before the metadata.
    "torch._utils._rebuild_tensor": (args) => view(args),
    "torch._utils._rebuild_tensor_v2": (args) => (isNegative(args[6]) ? unread("a negated view") : view(args)),
    "torch._utils._rebuild_tensor_v3": (args) => (isNegative(args[7]) ? unread("a negated view") : view(args, args[6])),
    "torch._utils._rebuild_parameter": first,
    "torch._utils._rebuild_parameter_with_state": first,
    "torch.nn.parameter.Parameter": first,
    "torch.nn.parameter.Buffer": first,
    // (storage, offset, size, stride, parameters of the quantizer, requires_grad, hooks)
    "torch._utils._rebuild_qtensor": (args) => made(() => quantized(what, args, littleEndian)),
    // (layout, parts)
    "torch._utils._rebuild_sparse_tensor": (args) => made(() => sparseTensor(what, args, room)),
    "torch._utils._rebuild_sparse_csr_tensor": (args) => made(() => sparseTensor(what, args, room)),
    "torch._utils._rebuild_xla_tensor": first,
    "torch._utils._rebuild_mlc_tensor": first,
    "torch._utils._rebuild_device_tensor_from_numpy": first,
    "torch._utils._rebuild_device_tensor_from_cpu_tensor": first,
    // A tensor with attributes: (function, class, its arguments, state).
    "torch._tensor._rebuild_from_type_v2": ([call, , args]) => callNamed(call, itemsOf(args) ?? []),
    "torch._tensor._rebuild_from_type": ([call, , args]) => callNamed(call, itemsOf(args) ?? []),
    "torch.tensor._rebuild_from_type": ([call, , args]) => callNamed(call, itemsOf(args) ?? []),
  };
  return (module, name) => {
    const full = `${module}.${name}`;
    const known = containerName(module, name) ?? numpyName(module, name, what);
    if (known) return known;
    if (Object.hasOwn(calls, full)) return { kind: "global", name: full, call: calls[full] };
    const kind = Object.hasOwn(kinds, full) ? kinds[full] : undefined;
    return kind === undefined ? { kind: "global", name: full } : { kind: "global", name: full, call: () => unread(kind) };
  };
}

/** Tensors that are more than a view of a storage. */
const kinds: Record<string, string> = {
  "torch._utils._rebuild_nested_tensor": "a nested tensor",
  "torch._utils._rebuild_meta_tensor_no_storage": "a tensor without numbers (on the meta device)",
  "torch._utils._rebuild_wrapper_subclass": "a tensor of a class of its own",
};

function unread(why: string): Opaque {
  const value: ArrayValue = { is: "unread", why };
  return { kind: "opaque", value };
}

/** The whole numbers of a quantized storage as what they mean. */
function quantized(what: string, args: Pickled[], littleEndian: boolean): ArrayValue {
  const { name } = storageOf(args[0], what);
  const type = quantizedType(name);
  if (!type) return { is: "unread", why: `a quantized tensor of ${name.replace("Storage", "")} (save x.dequantize())` };
  return dequantized(what, tensor(what, args, littleEndian, undefined, type), args[4]);
}

function isNegative(metadata: Pickled | undefined): boolean {
  return metadata instanceof Map && metadata.get("neg") === true;
}

/** A view of a storage, checked to lie inside it. */
function tensor(
  what: string,
  [storage, start, size, stride]: Pickled[],
  littleEndian: boolean,
  dtype?: Pickled,
  codes?: ElementType,
): ArrayValue {
  const { name, type: own, width: unit, bytes } = storageOf(storage, what);
  const stated = dtype === undefined ? undefined : nameOf(dtype).replace(/^torch\./, "");
  const type: ElementType | undefined =
    stated === undefined ? (own ?? codes) : Object.hasOwn(dtypes, stated) ? dtypes[stated] : undefined;
  const width = type ? widthOf(type) : unit;
  const shape = numbers(what, "size", size);
  const strides = numbers(what, "stride", stride);
  const entries = sizeOf(shape, what);
  if (!(typeof start === "number" && Number.isSafeInteger(start) && start >= 0) || shape.length !== strides.length)
    throw inputError(
      `${what}: tensor`,
      "an offset, and a stride for each size",
      `offset ${nameOf(start)}, size ${shape}, stride ${strides}`,
    );
  if (!type) {
    const kind = stated ?? name.replace("Storage", "");
    const wayOut = /^complex/i.test(kind) ? " (save x.real and x.imag)" : "";
    return { is: "unread", why: `${shape.join(" x ") || "1"} numbers of type ${kind}${wayOut}` };
  }
  const last = entries === 0 ? -1 : start + shape.reduce((sum, n, axis) => sum + (n - 1) * strides[axis], 0);
  if (!((last + 1) * width <= bytes.length))
    throw inputError(
      `${bytes.what}: tensor`,
      `a view of ${bytes.length / width} numbers`,
      `one that ends at ${last + 1} (size ${shape})`,
    );
  return { is: "array", array: { shape, type, littleEndian, strides, bytes, offset: start * width } };
}

function numbers(what: string, name: string, value: Pickled | undefined): number[] {
  const items = itemsOf(value);
  if (!items?.every((n) => typeof n === "number" && Number.isSafeInteger(n) && n >= 0) || items.length > 64)
    throw inputError(`${what}: ${name}`, "a tuple of whole numbers", nameOf(value));
  return items as number[];
}
