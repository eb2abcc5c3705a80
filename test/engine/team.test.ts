import { afterEach, describe, expect, test } from "vitest";
import { entry, type Team, team } from "../../src/engine/wasm/team.ts";
import { add, divide, get, int, kernelOf, multiplyInt, set, span, storeInt, subtract } from "../../src/wasm/index.ts";

let everybody: Team;
afterEach(() => everybody.stop());

/** Number i of `out` becomes i + `more`, for the parts [begin, end); traps at the part `trap`, or at every one. */
function kernel(more: number, trap: number | "all" | null = null): number {
  const [out, begin, end, part, quotient] = [0, 1, 2, 3, 4];
  const body = span(part, get(begin), get(end), [
    storeInt(add(get(out), multiplyInt(get(part), int(4))), 0, add(get(part), int(more))),
    // A division by 0 at one part alone.
    set(quotient, divide(int(1), trap === "all" ? int(0) : subtract(get(part), int(trap ?? -1)))),
  ]);
  return everybody.kernel(`count ${more} ${trap}`, () => kernelOf(3, 2, 0, body, { shared: everybody.heap.shared }));
}

const parts = 400;

/** Commands one after the other, each of as many pieces as there are parts: kernels by their numbers, and plain code. */
function run(commands: readonly (number | (() => void))[]): Int32Array {
  const { heap } = everybody;
  const out = heap.take(4 * parts);
  const table = heap.take(4 * entry.words * commands.length);
  heap.integers(out, parts).fill(-1);
  const words = heap.integers(table, entry.words * commands.length);
  for (const [i, command] of commands.entries()) {
    const at = i * entry.words;
    const plain = typeof command !== "number";
    words[at + entry.kernel] = plain ? -1 : command;
    words[at + entry.pieces] = plain ? 1 : parts;
    words[at + entry.units] = parts;
    words[at + entry.grain] = 1;
    words[at + entry.scale] = 1;
    words[at + entry.count] = 1;
    words[at + entry.arguments] = out;
  }
  try {
    everybody.run(table, commands.length, (i) => (commands[i] as () => void)());
    return heap.integers(out, parts).slice();
  } finally {
    heap.give(table);
    heap.give(out);
  }
}

const from = (first: number): Int32Array => Int32Array.from({ length: parts }, (_, i) => first + i);

describe.each([1, 2, 4])("%i threads", (threads) => {
  test("go through the commands in order, kernels that were made a moment ago among them", () => {
    everybody = team(threads);
    for (let i = 0; i < 200; i++) {
      const seen: number[] = [];
      const look = () => void seen.push(i);
      expect(run([kernel(3 * i), look, kernel(3 * i + 1), look, kernel(3 * i + 2)])).toEqual(from(3 * i + 2));
      expect(seen).toEqual([i, i]);
    }
  });

  test("that are not there, or end, stop nobody", () => {
    everybody = team(threads);
    expect(run([kernel(1)])).toEqual(from(1));
    everybody.stop();
    for (let i = 0; i < 20; i++) expect(run([kernel(i), kernel(i + 1)])).toEqual(from(i + 1));
  });

  test("end a run with an error where a kernel traps, whoever runs it, and the next run is as if nothing had been", () => {
    everybody = team(threads);
    for (let i = 0; i < 50; i++) {
      // Early, late, everywhere; in the first command and in the last.
      const trap = i % 5 === 0 ? "all" : (i * 37) % parts;
      const commands = i % 2 === 0 ? [kernel(0, trap), kernel(1)] : [kernel(1), kernel(0, trap)];
      expect(() => run(commands)).toThrow(/divide by zero|a kernel failed in a thread/);
      expect(run([kernel(1), kernel(2)])).toEqual(from(2));
    }
  });

  test("end it with the error of plain code", () => {
    everybody = team(threads);
    const fail = (): void => {
      throw new RangeError("of plain code");
    };
    for (let i = 0; i < 20; i++) {
      expect(() => run([kernel(1), fail, kernel(2)])).toThrow(new RangeError("of plain code"));
      expect(run([kernel(1), kernel(2)])).toEqual(from(2));
    }
  });
});
