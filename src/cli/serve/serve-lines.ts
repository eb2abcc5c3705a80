import { toJson } from "../json.ts";
import { version } from "../version.ts";
import { answerTo, requests } from "./answer.ts";
import { linesOf } from "./lines.ts";

/** Says what is here, then answers line by line, in order, until the input ends. Nothing that stands in a line ends it. */
export async function serveLines(
  input: AsyncIterable<Uint8Array>,
  write: (line: string) => Promise<void>,
  longest?: number,
): Promise<void> {
  await write(
    toJson({
      schema: "nclab.serve/1",
      nclab: version(),
      node: process.versions.node,
      pid: process.pid,
      requests: Object.keys(requests),
    }),
  );
  for await (const line of linesOf(input, longest)) if (line !== "") await write(await answerTo(line));
}
