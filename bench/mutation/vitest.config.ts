import { defineConfig, type ViteUserConfig } from "vitest/config";

// The tests that a mutation run asks: those that import src/ in their own process and take seconds. Left out: 10,000 broken files and 150 hostile
// problems (a quarter to half a minute for each mutant that they reach), and what runs another program. No build: nothing here needs dist/.
const config: ViteUserConfig = defineConfig({
  test: {
    include: ["test/{math,problem,theory,solver,prediction,measure,features}/**/*.test.ts", "test/agreement.test.ts"],
    exclude: [
      "test/features/mutated.test.ts",
      "test/solver/hostile.test.ts",
      "test/features/memory.test.ts",
      "test/features/python.test.ts",
    ],
    testTimeout: 120_000,
    maxWorkers: 1,
  },
});
export default config;
