import type { Format } from "../format.ts";
import { npy } from "./npy.ts";
import { npz } from "./npz.ts";
import { pickle } from "./pickle.ts";
import { safetensors } from "./safetensors.ts";
import { torch } from "./torch.ts";
import { torchExport } from "./torch-export.ts";

/** The formats that are read in a page too: bytes in memory, no library but fflate. */
export const everywhere: readonly Format[] = [npy, npz, safetensors, torch, torchExport, pickle];
