import { defineConfig, type ViteUserConfig } from "vitest/config";

// Two cores is the machine this project plans for; training tests are heavy, so files run two at a time.
const config: ViteUserConfig = defineConfig({
  test: { include: ["test/**/*.test.ts"], globalSetup: ["test/build.ts"], testTimeout: 120_000, maxWorkers: 2 },
});
export default config;
