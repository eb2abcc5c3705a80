// Stryker's vitest runner looks at tests only: a test file that cannot even be loaded has none, and its mutant would pass for a survivor. Here
// such a file is an error of the run, as it is for `npm test`.
import { strykerPlugins as original, strykerValidationSchema } from "@stryker-mutator/vitest-runner";

function factory(injector) {
  const runner = original[0].factory(injector);
  const run = runner.run.bind(runner);
  runner.run = async (options) => {
    const outcome = await run(options);
    if (outcome.status !== "complete" || outcome.tests.some(({ status }) => status === 1)) return outcome;
    const broken = runner.ctx.state.getFiles().find(({ result }) => result?.state === "fail");
    return broken ? { status: "error", errorMessage: `${broken.name}: ${broken.result.errors?.[0]?.message}` } : outcome;
  };
  return runner;
}
factory.inject = ["$injector"];

export const strykerPlugins = [{ kind: "TestRunner", name: "strict-vitest", factory }];
export { strykerValidationSchema };
