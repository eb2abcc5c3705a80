import type { Command } from "./command.ts";
import { portOption, readPort, servePage } from "./page-server.ts";

/** `nclab explore`: serves the interactive page, static files and nothing else, to this machine only. */
export const explore: Command = {
  name: "explore",
  summary:
    "Serves the interactive page on 127.0.0.1 and prints its address: dials, your own class counts, training in the browser, runs. Ends with ctrl-c.",
  options: portOption,
  example: "nclab explore --port 8080",
  run: async ({ options }) => servePage("explore", readPort(options)),
};
