import type { Engine } from "../engine/index.ts";
import type { Network } from "../networks/index.ts";
import type { TrainingData } from "./batches.ts";
import type { TrainingSettings } from "./settings.ts";

/** What is trained, on what. */
export interface Subject {
  settings: TrainingSettings;
  network: Network;
  data: TrainingData;
  engine: Engine;
}
