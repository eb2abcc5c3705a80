/** How names of files end that Node reads and a page does not. The records of these formats take them from here, and a page that is given such a file says where it is read. */
export const endingsElsewhere = {
  hdf5: [".h5", ".hdf5", ".he5", ".mat"],
  keras: [".keras"],
  onnx: [".onnx"],
  parquet: [".parquet", ".pq"],
  arrow: [".arrow", ".feather", ".ipc", ".arrows"],
  safetensorsIndex: [".safetensors.index.json"],
} as const;
