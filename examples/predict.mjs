import { predict } from "nclab/prediction";
import { problem } from "nclab/problem";

const counts = [500, 500, 500, 500, 500, 100, 100, 100, 100, 100];
const p = predict(problem({ counts, lambdaZ: 0.0039, lambdaB: 0.02 }));

console.log(`critical count ${p.criticalCount.toFixed(1)}, rank ${p.rank}, proved to ${(p.gap / p.objective).toExponential(1)}`);
for (const { classes, count, merged, margin } of p.clusters)
  console.log(
    `classes ${classes.join()} with ${count} samples: ${merged ? "one vector" : `different vectors, p_own - p_other ${margin.toFixed(3)}`}`,
  );
