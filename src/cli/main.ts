#!/usr/bin/env node
import { spoken } from "./host-words.ts";
import { endWithParent } from "./parent.ts";
import { nclab } from "./program.ts";
import { unexpected } from "./unexpected.ts";

// A reader that closes early (`nclab ... | head`) is no failure.
for (const stream of [process.stdout, process.stderr])
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(process.exitCode ?? 0);
    throw error;
  });

const fail = (error: unknown): void => {
  const { message, code } = unexpected(error);
  console.error(spoken(message));
  process.exit(code);
};
process.on("uncaughtException", fail);
process.on("unhandledRejection", fail);

async function main(): Promise<number> {
  endWithParent();
  return nclab(process.argv.slice(2));
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const { message, code } = unexpected(error);
    console.error(spoken(message));
    process.exitCode = code;
  },
);
