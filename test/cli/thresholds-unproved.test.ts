import { beforeEach, describe, expect, it, vi } from "vitest";
import { thresholds } from "../../src/cli/thresholds.ts";
import type * as Rooms from "../../src/prediction/index.ts";
import { runCommand } from "./run.ts";

const proved = vi.hoisted(() => ({ free: 0, nonnegative: 0 }));

// The events as they are, with a gap of our choice: which problems the solver cannot close is its own affair.
vi.mock("../../src/prediction/index.ts", async (original) => {
  const rooms = await original<typeof Rooms>();
  return {
    ...rooms,
    freeEvents: (p: Parameters<typeof Rooms.freeEvents>[0]) => ({ ...rooms.freeEvents(p), worstGap: proved.free }),
    nonnegativeEvents: (p: Parameters<typeof Rooms.nonnegativeEvents>[0]) => ({
      ...rooms.nonnegativeEvents(p),
      worstGap: proved.nonnegative,
    }),
  };
});

const run = () => runCommand(thresholds, "--counts", "2x50,2x20", "--json");
beforeEach(() => Object.assign(proved, { free: 0, nonnegative: 0 }));

describe("thresholds read off solutions that are not proved", () => {
  it("exit code 0 up to a gap of 1e-10", async () => {
    Object.assign(proved, { free: 1e-10, nonnegative: 1e-10 });
    expect((await run()).code).toBe(0);
  });

  it.each(["free", "nonnegative"] as const)(
    "exit code 3 beyond it, with the gap and the numbers all the same: %s",
    async (model) => {
      proved[model] = 2.5e-10;
      const { code, out, err } = await run();
      expect(code).toBe(3);
      expect(err).toContain("a relative gap of 2.5e-10 only, not to 1e-10");
      expect(JSON.parse(out).events.length).toBeGreaterThan(0);
    },
  );
});
