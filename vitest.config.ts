import { defineConfig } from "vitest/config";

// Two cores is the machine this project plans for; training tests are heavy, so files run two at a time.
export default defineConfig({
  test: { include: ["test/**/*.test.ts"], testTimeout: 120_000, maxWorkers: 2 },
});
