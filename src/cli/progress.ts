import { terminalWidth } from "../terminal/index.ts";

/**
 * Progress on stderr: one line redrawn in place with a bar and the time left where stderr is a terminal, a plain line now and then
 * (a log file wants no control characters) where it is not.
 */
export interface ProgressLine {
  /** `done` of `total`; `text` stands behind the bar. */
  update(done: number, total: number, text: string): void;
  /** Prints a line of its own above the bar. */
  note(text: string): void;
  /** Ends the line. */
  end(): void;
}

export interface ProgressOutput {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
}

export interface ProgressOptions {
  output?: ProgressOutput;
  /** Milliseconds; an argument for tests. */
  now?: () => number;
  /** What was done before this call, so that the time left is estimated from this call's speed. */
  from?: number;
}

/** Milliseconds between two updates: quick enough for the eye; rare enough for a log. */
const terminalPause = 100;
const plainPause = 10_000;

export function progressLine({
  output = process.stderr,
  now = () => performance.now(),
  from = 0,
}: ProgressOptions = {}): ProgressLine {
  const terminal = output.isTTY === true;
  const began = now();
  let last = Number.NEGATIVE_INFINITY;
  let drawn = "";
  return {
    update(done, total, text) {
      const time = now();
      const finished = done >= total;
      if (!finished && time - last < (terminal ? terminalPause : plainPause)) return;
      last = time;
      const left = done > from ? ((time - began) * (total - done)) / (done - from) : null;
      const line = `${percent(done, total)}  ${text}  ${finished ? `took ${duration(time - began)}` : left === null ? "" : `${duration(left)} left`}`;
      if (!terminal) {
        output.write(`${line.trimEnd()}\n`);
        return;
      }
      drawn = `${bar(done / total)} ${line}`.slice(0, widthOf(output) - 1);
      output.write(`\r\x1b[K${drawn}`);
    },
    note(text) {
      output.write(terminal && drawn ? `\r\x1b[K${text}\n${drawn}` : `${text}\n`);
    },
    end() {
      if (terminal && drawn) output.write("\n");
      drawn = "";
    },
  };
}

/** The terminal's width; 80 columns where it does not say. */
function widthOf(output: ProgressOutput): number {
  const width = terminalWidth(output);
  return Number.isFinite(width) ? width : 80;
}

function percent(done: number, total: number): string {
  return `${Math.floor((100 * done) / total)}%`.padStart(4);
}

function bar(share: number): string {
  const width = 20;
  const filled = Math.round(width * Math.min(1, Math.max(0, share)));
  return `[${"#".repeat(filled)}${".".repeat(width - filled)}]`;
}

/** `42 s`, `3:05 min`, `2:10 h`. */
export function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  const two = (n: number): string => String(n).padStart(2, "0");
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}:${two(seconds % 60)} min`;
  return `${Math.floor(seconds / 3600)}:${two(Math.floor((seconds % 3600) / 60))} h`;
}
