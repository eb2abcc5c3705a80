// Will my rare classes be lost, and what is the least with which every class is classified right by a margin of 1 logit?
import { advise } from "nclab/prediction";

const counts = [500, 500, 500, 500, 500, 100, 100, 100, 100, 100];
const { merged, criticalCount, remedies } = advise(
  { counts, lambdaZ: 0.0036, lambdaB: 0.02, convention: "paper" },
  { margin: 1 },
);

console.log(`merged: ${merged.map((group) => group.join()).join(" and ") || "none"}; critical count ${criticalCount.toFixed(1)}`);
for (const { kind, feasible, reason } of remedies) console.log(`${kind}: ${feasible ? "works" : "cannot"} (${reason})`);
