import { expect, test } from "vitest";
import { freeEvents } from "../../src/prediction/index.ts";
import { parseLongTail, problem } from "../../src/problem/index.ts";
import { solve } from "../../src/solver/index.ts";

test("just below a threshold of the rank, where a singular value barely leaves 0, the gap still closes", () => {
  // There the direction that is missing changes the objective by less than its rounding error, and the gap by far more than 1e-10.
  const counts = parseLongTail("exp:12:5000:0.01");
  const at = (lambdaZ: number) => problem({ counts, lambdaZ, lambdaB: 0.01 });
  const events = freeEvents(at(1e-3)).events.filter((e) => e.kind !== "merge");
  expect(events.length).toBeGreaterThanOrEqual(10);
  for (const { lambdaZ, rankAfter } of events)
    for (const distance of [1e-4, 1e-6, 1e-7, 1e-8]) {
      const below = solve(at(lambdaZ * (1 - distance)));
      expect(below.status).toBe("certified");
      expect(below.products).toBeLessThan(450);
      // The conditions of optimality decide the rank, not the gap, which the new singular value (about distance times a hundred) hardly moves.
      expect(below.point.rank).toBe(rankAfter + 1);
    }
});
