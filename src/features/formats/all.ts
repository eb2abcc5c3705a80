import type { Format } from "../format.ts";
import { arrow } from "./arrow.ts";
import { everywhere } from "./everywhere.ts";
import { hdf5 } from "./hdf5.ts";
import { keras } from "./keras.ts";
import { onnx } from "./onnx.ts";
import { parquet } from "./parquet.ts";
import { safetensorsIndex } from "./safetensors-index.ts";

/** All formats, in the order in which messages list them. */
export const formats: readonly Format[] = [...everywhere, hdf5, keras, onnx, parquet, arrow, safetensorsIndex];
