import { InputError } from "../errors.ts";
import { endingsOf, type Format, type Source } from "./format.ts";

/** A kind of file that holds no arrays in a format read here. */
interface Unread {
  /** How such a file begins. */
  readonly begins?: RegExp | string;
  /** How its name ends, where nothing at its beginning tells it. */
  readonly named?: RegExp;
  /** What it is, in words, and the way out. */
  readonly is: string;
  /** A line of Python that makes a file of it that is read; `from` and `to` are names in quotes. */
  readonly python?: (from: string, to: string) => string;
}

/** By how they begin, then by their names; the first that fits. */
const kinds: readonly Unread[] = [
  { begins: /^$/, is: "an empty file" },
  { begins: /^version https:\/\/git-lfs/, is: "a git-lfs pointer: the file itself was not downloaded (git lfs pull)" },
  { begins: /^\s*(<!doctype|<html|<head|<\?xml)/i, is: "a web page: what was downloaded is an error or a login, not the file" },
  { begins: /^\s*\{/, is: "JSON text" },
  { begins: "\x1f\x8b", is: "a gzip file: unpack it first (gunzip)" },
  { begins: "\x28\xb5\x2f\xfd", is: "a Zstandard file: unpack it first (unzstd)" },
  { begins: "BZh", is: "a bzip2 file: unpack it first (bunzip2)" },
  { begins: "\xfd7zXZ", is: "an xz file: unpack it first (unxz)" },
  { begins: "\x04\x22\x4d\x18", is: "an LZ4 file: unpack it first (unlz4)" },
  { begins: "7z\xbc\xaf\x27\x1c", is: "a 7z archive: unpack it first (7z x)" },
  { begins: "Rar!\x1a", is: "a RAR archive: unpack it first (unrar x)" },
  { begins: "\x89HDF", is: "an HDF5 file (the command line reads it), or a damaged one" },
  { begins: "PAR1", is: "a Parquet file (the command line reads it)" },
  { begins: "ARROW1", is: "an Arrow file (the command line reads it)" },
  {
    begins: "FEA1",
    is: "a Feather file of the first version",
    python: (from, to) => `import pyarrow.feather as f; f.write_feather(f.read_table(${from}), ${to.replace(".npz", ".arrow")})`,
  },
  {
    begins: "MATLAB",
    is: "a MATLAB file before 7.3 (MATLAB itself: save with '-v7.3')",
    python: (from, to) =>
      `import numpy, scipy.io; numpy.savez(${to}, **{k: v for k, v in scipy.io.loadmat(${from}).items() if k[0] != "_"})`,
  },
  {
    begins: /^(RD[AX][23]\n|X\n\0\0\0|A\n[23]\n)/,
    is: "a file of R's",
    python: (from, to) =>
      `import numpy, pyreadr; numpy.savez(${to}, **{k or "x": v.to_numpy() for k, v in pyreadr.read_r(${from}).items()})`,
  },
  {
    begins: "GGUF",
    is: "a GGUF file",
    python: (from, to) =>
      `import gguf, numpy; numpy.savez(${to}, **{t.name: gguf.dequantize(t.data, t.tensor_type) for t in gguf.GGUFReader(${from}).tensors})`,
  },
  {
    begins: /^[\s\S]{4}TFL3/,
    is: "a TensorFlow Lite model",
    python: (from, to) =>
      `import numpy, tensorflow as tf; i = tf.lite.Interpreter(${from}); i.allocate_tensors(); numpy.savez(${to}, **{t["name"]: i.get_tensor(t["index"]) for t in i.get_tensor_details()})`,
  },
  {
    begins: "CDF",
    is: "a netCDF file of the classic format",
    python: (from, to) => `import xarray; xarray.open_dataset(${from}).to_netcdf(${to.replace(".npz", ".h5")}, format="NETCDF4")`,
  },
  {
    begins: "ORC",
    is: "an ORC file",
    python: (from, to) =>
      `import pyarrow.orc as o, pyarrow.parquet as p; p.write_table(o.read_table(${from}), ${to.replace(".npz", ".parquet")})`,
  },
  { begins: "Obj\x01", is: "an Avro file: write its columns as Parquet first" },
  {
    begins: "SQLite format 3",
    is: "an SQLite database: write a table of it as Parquet first (pandas.read_sql, DataFrame.to_parquet)",
  },
  {
    begins: "\x12\x01\0\0\0\0\0\0",
    is: "a file of MXNet's parameters",
    python: (from, to) =>
      `import mxnet, numpy; numpy.savez(${to}, **{k: v.asnumpy() for k, v in mxnet.nd.load(${from}).items()})`,
  },
  {
    begins: /^[\s\S]{257}ustar/,
    is: "a tar archive: unpack it first (a checkpoint of PyTorch before 0.1.10 has to be saved again by a newer one)",
  },
  {
    named: /\.mat$/i,
    is: "a MATLAB file before version 5, or a damaged one",
    python: (from, to) =>
      `import numpy, scipy.io; numpy.savez(${to}, **{k: v for k, v in scipy.io.loadmat(${from}).items() if k[0] != "_"})`,
  },
  {
    named: /\.pb$/i,
    is: "a model of TensorFlow's",
    python: (from, to) =>
      `import numpy, os, tensorflow as tf; numpy.savez(${to}, **{v.name: v.numpy() for v in tf.saved_model.load(os.path.dirname(${from}) or ".").variables})`,
  },
  {
    named: /\.(index|meta|data-\d+-of-\d+)$|\.ckpt(-\d+)?$/i,
    is: "a part of a TensorFlow checkpoint, or a damaged one",
    python: (from, to) =>
      `import numpy, tensorflow as tf; r = tf.train.load_checkpoint(${from.replace(/\.(index|meta|data-\d+-of-\d+)"$/i, '"')}); numpy.savez(${to}, **{k: r.get_tensor(k) for k in r.get_variable_to_shape_map()})`,
  },
  {
    named: /\.(msgpack|flax)$/i,
    is: "a MessagePack file (Flax)",
    python: (from, to) =>
      `import numpy, flax; numpy.savez(${to}, **flax.traverse_util.flatten_dict(flax.serialization.msgpack_restore(open(${from}, "rb").read()), sep="/"))`,
  },
  {
    named: /\.(tfrecords?|array_record)$/i,
    is: "records of TensorFlow's, which do not say what is in them: write features and labels with numpy.savez first",
  },
  {
    named: /\.joblib$/i,
    is: "a packed file of joblib's",
    python: joblibLine,
  },
  {
    named: /\.(csv|tsv|txt|dat)$/i,
    is: "text",
    python: (from, to) =>
      `import numpy; numpy.save(${to.replace(".npz", ".npy")}, numpy.loadtxt(${from}, delimiter=${/\.csv"$/i.test(from) ? '","' : "None"}))`,
  },
];

/** Python that writes what a file of joblib's holds as a .npz; `from` and `to` are names in quotes. */
function joblibLine(from: string, to: string): string {
  return `import joblib, numpy; x = joblib.load(${from}); numpy.savez(${to}, **(x if isinstance(x, dict) else {"features": x})) (of a classifier: weight=x.coef_, bias=x.intercept_)`;
}

/** The error for a pickle of joblib's, which keeps the bytes of arrays between the instructions; undefined for any other pickle. */
export function joblibFile(file: string, { start, name }: Pick<Source, "start" | "name">): InputError | undefined {
  if (!/\.joblib$/i.test(name) && !letters(start).includes("joblib.numpy_pickle")) return undefined;
  return new InputError(
    `${file}: expected a pickle of Python's, got a file of joblib's, whose arrays stand between the pickle's instructions; in Python: ${joblibLine(JSON.stringify(file), JSON.stringify(`${stemOf(name)}.npz`))}`,
  );
}

const stemOf = (name: string): string => name.replace(/^.*[\\/]/, "").replace(/\.[^.]*$/, "");

/** Whether a file begins as text does, or is empty. */
export function isText(start: Uint8Array): boolean {
  return start.every((byte) => (byte >= 32 && byte !== 127) || (byte >= 9 && byte <= 13));
}

/** Whether a file, by its bytes, is one of those that are named and not read, and no text. */
export function isNamedUnread({ start }: Pick<Source, "start">): boolean {
  return !isText(start) && kinds.some(({ begins }) => begins !== undefined && fits(begins, letters(start)));
}

const letters = (start: Uint8Array): string => String.fromCharCode(...start);
const fits = (begins: RegExp | string, text: string): boolean =>
  typeof begins === "string" ? text.startsWith(begins) : begins.test(text);

/** The error for a file that is in none of these formats: what it is, and the way out. */
export function unknownFile(
  file: string,
  { start, name }: Pick<Source, "start" | "name">,
  formats: readonly Format[],
): InputError {
  const text = letters(start);
  const known =
    kinds.find(({ begins }) => begins !== undefined && fits(begins, text)) ?? kinds.find(({ named }) => named?.test(name));
  const is = known?.is ?? (isText(start) ? "text" : undefined) ?? `first bytes ${[...start.subarray(0, 8)].join(" ")}`;
  // Where the name alone tells it, a text is a text.
  const found = known?.named && isText(start) ? "text" : is;
  const python = known && (found === known.is ? known.python : undefined);
  const line = python ? `; in Python: ${python(JSON.stringify(file), JSON.stringify(`${stemOf(name)}.npz`))}` : "";
  return new InputError(`${file}: expected a ${endingsOf(formats)} file, got ${found}${line}`);
}
