import { defineConfig, type ViteUserConfig } from "vitest/config";

// The tests that a mutation run asks: those that import src/ in their own process and take seconds. Left out: 10,000 broken files (half a
// minute for each mutant of features/), and what runs another program; of the hostile problems ten. No build: nothing here needs dist/.
const config: ViteUserConfig = defineConfig({
  test: {
    include: ["test/{math,problem,theory,solver,prediction,measure,features}/**/*.test.ts", "test/agreement.test.ts"],
    exclude: ["test/features/mutated.test.ts", "test/features/memory.test.ts", "test/features/python.test.ts"],
    env: { NCLAB_HOSTILE: "0:10" },
    testTimeout: 120_000,
    maxWorkers: 1,
  },
});
export default config;
