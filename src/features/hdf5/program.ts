/**
 * The program of the thread in which the HDF5 library reads one file: plain text, as a thread cannot be started from a TypeScript file in Node 20. It answers one question at a time.
 *
 * The library is the package h5wasm in its build for browsers: that one has a file system of its own in memory, so that nothing that a file names (other files, external data) reaches the disk,
 * while its build for Node opens whatever is named. The file appears there as one whose bytes are read, when they are asked for, from the descriptor that is open in this process.
 */
export const program: string = `
const { parentPort, workerData: { library, fd, start, length, budget, beats } } = require("node:worker_threads");
const { readSync } = require("node:fs");

/** What may still be read for a question: rows are asked for again and again, but a loop without end is inside of one question. */
let left = budget;
const readPart = (into, position) => {
  const wanted = Math.max(0, Math.min(into.length, length - position));
  if ((left -= wanted + 512) < 0) throw new Error("a file that makes the library read without end");
  let done = 0;
  while (done < wanted) {
    const n = readSync(fd, into, done, wanted - done, start + position + done);
    if (n === 0) break;
    done += n;
  }
  Atomics.add(beats, 0, 1);
  return done;
};

/** The library tells its errors on stderr, a piece of a line at a time. */
let said = [];
const hear = (heap, at, count) => {
  if (said.length < 2000) said.push(new TextDecoder().decode(heap.slice(at, at + count)));
  return count;
};

const opened = import(library).then(async ({ ready }) => {
  const module = await ready;
  for (const stream of module.FS.streams.slice(1, 3))
    stream.stream_ops = { ...stream.stream_ops, write: (_, heap, at, count) => hear(heap, at, count) };
  module.FS.writeFile("/file", new Uint8Array(0));
  const { node } = module.FS.lookupPath("/file");
  node.usedBytes = length;
  node.stream_ops = {
    ...node.stream_ops,
    read: (_, into, at, wanted, position) => readPart(into.subarray(at, at + wanted), Number(position)),
    write: () => { throw new Error("a file that is written to"); },
  };
  const file = module.open("/file", 0, false, -1, -1);
  if (file < 0n) throw new Error("error - no HDF5 file that is whole");
  return { module, file };
});
// A file that cannot be opened is told by the first question, whenever that comes.
opened.catch(() => {});

/** What is wrong for the library itself is said by it in these words; any other exception is a fault in its memory. */
const isRefusal = (error) => /^error - /.test(error?.message ?? "");

const types = { group: 0, dataset: 1 };

/** Runs work on so many bytes of the library's memory. */
const withMemory = (module, bytes, work) => {
  const at = module._malloc(Math.max(1, bytes));
  if (at === 0) throw new Error("error - more than fits into memory");
  try {
    return work(at);
  } finally {
    module._free(at);
  }
};

const textAt = (heap, from, end) => new TextDecoder("utf-8", { fatal: true }).decode(heap.slice(from, end));

/** The attribute dtype, which Keras gives to numbers that HDF5 has no type for. */
const dtypeOf = ({ module, file }, path) => {
  if (!module.get_attribute_names(file, path).includes("dtype")) return undefined;
  const { type, vlen, size, shape, total_size: n } = module.get_attribute_metadata(file, path, "dtype");
  if (type !== 3 || shape === null || n !== 1 || size > 1000) return undefined;
  return withMemory(module, Math.max(4, size), (at) => {
    if (module.get_attribute_data(file, path, "dtype", BigInt(at)) < 0) return undefined;
    const heap = module.HEAPU8;
    const from = vlen ? new DataView(heap.buffer).getUint32(at, true) : at;
    const text = textAt(heap, from, vlen ? heap.indexOf(0, from) : at + size).replace(/\\0[^]*$/, "");
    if (vlen) module.reclaim_vlen_memory(file, path, "dtype", BigInt(at));
    return text;
  });
};

const about = (own, path) => {
  const { module, file } = own;
  const type = module.get_type(file, path);
  if (type !== types.group && type !== types.dataset) return { type };
  const address = module.create_object_reference(file, path).join();
  if (type === types.group) return { type, address };
  const of = module.get_dataset_metadata(file, path);
  return { type, address, of, dtype: of.type === 5 ? dtypeOf(own, path) : undefined };
};

const answers = {
  /** The objects in a group, each with what it is. */
  children(own, group) {
    const { module, file } = own;
    const names = module.get_names(file, group === "" ? "/" : group, false);
    return names.map((name) => {
      const path = group === "" ? name : group + "/" + name;
      said = [];
      try {
        return { name, ...about(own, path) };
      } catch (error) {
        if (!isRefusal(error)) throw error;
        return { name, type: -1, said: said.join("") || error.message };
      }
    });
  },
  root: ({ module, file }) => module.create_object_reference(file, "/").join(),
  /** A part of a dataset, or all of it: packed, the least byte first. */
  read({ module, file }, path, part, bytes) {
    return withMemory(module, bytes, (at) => {
      const ones = part && part.count.map(() => 1n);
      const status = module.get_dataset_data(file, path, part && part.count.map(BigInt), part && part.offset.map(BigInt), ones, BigInt(at));
      if (status < 0) throw new Error("error - data that cannot be read");
      return module.HEAPU8.slice(at, at + bytes);
    });
  },
  /** Words that lie somewhere in the library's memory, each ended by a zero; null for one that is no UTF-8. */
  words({ module, file }, path, part, n) {
    return withMemory(module, 4 * n, (at) => {
      module.HEAPU8.fill(0, at, at + 4 * n);
      const count = part && part.count.map(BigInt);
      try {
        const status = module.get_dataset_data(file, path, count, part && part.offset.map(BigInt), part && part.count.map(() => 1n), BigInt(at));
        if (status < 0) throw new Error("error - words that cannot be read");
        const heap = module.HEAPU8;
        const places = new DataView(heap.buffer);
        return Array.from({ length: n }, (_, i) => {
          const from = places.getUint32(at + 4 * i, true);
          if (from === 0) return "";
          try {
            return textAt(heap, from, heap.indexOf(0, from));
          } catch {
            return null;
          }
        });
      } finally {
        if (count) module.reclaim_vlen_memory_count(file, path, "", BigInt(at), count);
        else module.reclaim_vlen_memory(file, path, "", BigInt(at));
      }
    });
  },
};

parentPort.on("message", async ({ question, args }) => {
  try {
    const own = await opened;
    said = [];
    left = budget;
    const answer = answers[question](own, ...args);
    parentPort.postMessage({ answer }, answer instanceof Uint8Array ? [answer.buffer] : []);
  } catch (error) {
    parentPort.postMessage({ error: String(error?.message ?? error), said: said.join(""), lost: !isRefusal(error) });
  }
});
`;
