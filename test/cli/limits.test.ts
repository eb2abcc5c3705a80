import { describe, expect, test } from "vitest";
import { limits } from "../../src/cli/limits.ts";
import { InputError } from "../../src/errors.ts";
import { etfRate, zeroLimit } from "../../src/theory/index.ts";
import { runCommand } from "./run.ts";

describe("nclab limits", () => {
  test("prints the limits of the theory folder", async () => {
    const { out, code } = await runCommand(limits, "--counts", "5x500,5x100", "--json");
    const d = JSON.parse(out);
    expect(code).toBe(0);
    expect(d.schema).toBe("nclab.limits/1");
    expect(d.zeroRegularization).toEqual(zeroLimit(d.problem.counts));
    expect(d.manySamples).toEqual(etfRate(5, 5, 5));
    expect(d.notes).toEqual([]);
  });

  test("says why the limit of many samples is missing", async () => {
    const three = JSON.parse((await runCommand(limits, "--counts", "9,5,2", "--json")).out);
    expect(three.manySamples).toBeNull();
    expect(three.notes[0]).toMatch(/two different counts, here are 3/);
    const lone = JSON.parse((await runCommand(limits, "--counts", "9,2x5", "--json")).out);
    expect(lone.notes[0]).toMatch(/two classes or more of each count/);
    await expect(runCommand(limits)).rejects.toThrow(InputError);
  });

  test("the table's margins are those of E", async () => {
    const { offset } = zeroLimit([50, 20, 3]);
    const { out } = await runCommand(limits, "--counts", "50,20,3");
    expect(out).toContain(String(Number((offset[0][0] - offset[2][0]).toPrecision(5))));
  });
});
