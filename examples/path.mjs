import { predictPath } from "nclab/prediction";

// CIFAR-10-LT's shape at any imbalance: which classes lose their own directions, and when.
const counts = [5000, 2997, 1796, 1077, 645, 387, 232, 139, 83, 50];
const path = predictPath({ counts, lambdaZ: 1e-3, lambdaB: 0.02 }, { over: "imbalance", from: 1, to: 200, points: 12 });

console.log(`${path.rows.length} rows, all proved: ${path.certified}`);
for (const { value, kind, rankBefore, rankAfter } of path.events)
  console.log(`imbalance ${value.toFixed(2)}: ${kind}, rank ${rankBefore} to ${rankAfter}`);
const { own, outvoted, leastMargin } = path.rows.at(-1);
console.log(`at 200: ${own} classes their own, ${outvoted} outvoted, least margin ${leastMargin.toFixed(2)} logits`);
