import type { StageProgress } from "../../measure/index.ts";
import { type ProgressOptions, progressLine } from "../progress.ts";

/** Work that is done sooner shows no progress. */
const patience = 2000;

/** A progress line for each stage of a measurement that takes its time. */
export function stageLines({ now = () => performance.now(), ...rest }: ProgressOptions = {}): StageProgress {
  let current = "";
  let began = 0;
  let line: ReturnType<typeof progressLine> | undefined;
  return (stage, done, total) => {
    if (stage !== current) {
      line?.end();
      line = undefined;
      current = stage;
      began = now();
    }
    if (!line && done < total && now() - began >= patience) line = progressLine({ ...rest, now, from: done });
    line?.update(done, total, stage);
    if (done < total) return;
    line?.end();
    line = undefined;
    current = "";
  };
}
