import { predict } from "nclab";

const p = predict({ counts: "5x500,5x100", lambdaZ: 0.0039, lambdaB: 0.02 });

console.log(`critical count ${p.criticalCount.toFixed(1)}, rank ${p.rank}, proved to ${p.relativeGap.toExponential(1)}`);
for (const { classes, count, merged, margin } of p.clusters)
  console.log(
    `classes ${classes.join()} with ${count} samples: ${merged ? "one vector" : `different vectors, p_own - p_other ${margin.toFixed(3)}`}`,
  );
