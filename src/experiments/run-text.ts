import { fromJson } from "../json.ts";

/** Names under which the files of runs and sweeps hold words: an "inf" there is one (`--lambda-b inf` as it was given, a sweep of that name), and no number. */
const words = ["options", "name", "varied", "dataDir", "error", "started", "versions", "source", "from", "id", "folder"];

/** Reads run.json, a line of metrics.jsonl, sweep.json, or the settings that one process sends to another, as `toJson` wrote them. */
export const fromRunText = (text: string): unknown => fromJson(text, words);
