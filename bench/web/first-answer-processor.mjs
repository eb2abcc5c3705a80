// What the first answer of "Your data" takes of a processor in the page's worker, whatever else the machine does: processor time of one thread, of the same function in Node.
// Needs `npm run build`. Writes nothing.
//
//     node --single-threaded bench/web/first-answer-processor.mjs [times]
import { firstAnswer } from "../../dist/prediction/index.js";
import { parseCountTable, problem } from "../../dist/problem/index.js";

const times = Number(process.argv[2] ?? 4);
for (const ends of ["batch-norm-relu", "batch-norm"])
  for (const name of ["imagenet-lt", "lvis-v1", "places-lt"]) {
    const { counts } = parseCountTable(`dataset:${name}`, "counts");
    const took = [];
    for (let i = 0; i < times; i++) {
      const before = process.cpuUsage();
      firstAnswer(problem({ counts, weightDecay: 5e-4, ends }), { tolerance: 1e-4 }, null);
      const { user, system } = process.cpuUsage(before);
      took.push((user + system) / 1e6);
    }
    console.log(`${name}, ${ends}: ${took.map((s) => s.toFixed(2)).join(", ")} s`);
  }
