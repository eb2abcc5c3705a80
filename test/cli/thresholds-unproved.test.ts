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

it("events behind a ReLU that features shared by classes undercut are not called proved", async () => {
  // Binary cross-entropy without a bias: at Z = 0 the residuals have positive inner products (K/4 - 1), so Z = 0 is optimal from 30/1700 on, free features' threshold, and not from 25/1700.
  const asked = ["--counts", "3x500,2x100", "--loss", "bce"];
  const { code, out, err } = await runCommand(thresholds, ...asked, "--json");
  const d = JSON.parse(out);
  expect(d.nonnegative.complete).toBeCloseTo(25 / 1700, 12);
  expect([d.certified, d.nonnegative.certified]).toEqual([false, false]);
  expect(d.nonnegative.sharedGap).toBeGreaterThan(0.1);
  expect(d.worstGap).toBeLessThan(1e-10);
  expect(code).toBe(0);
  expect(err).toMatch(/nonnegative features: not proved: the events are those of classes that each own a feature direction/);
  expect((await runCommand(thresholds, ...asked)).out).toMatch(/not proved: the events/);
  const whole = JSON.parse((await runCommand(thresholds, "--counts", "5x500,5x100", "--lambda-b", "0.02", "--json")).out);
  expect([whole.certified, whole.nonnegative.certified]).toEqual([true, true]);
});
