import type { ServerResponse } from "node:http";
import { toJson } from "../../json.ts";
import { applied, type Change, nothing, type WatchState } from "../../watch/index.ts";
import { type Live, pageHeaders, send } from "../page-server.ts";

/**
 * The state, told to every open page: server-sent events at `watch/events`. A page gets the whole state when it connects, so also when it comes back, and then each change.
 */
export function openLive(place: string): { live: Live; emit(change: Change): void; state(): WatchState; end(): void } {
  let state = nothing(place);
  const pages = new Set<ServerResponse>();
  const tell = (page: ServerResponse, event: "state" | "change", value: unknown): void => {
    // A page that does not read is let go: when it reads again it asks for the whole.
    if (page.writableLength > most) page.destroy();
    else page.write(`event: ${event}\ndata: ${toJson(value)}\n\n`);
  };
  const beat = setInterval(() => {
    for (const page of pages) page.write(":\n\n");
  }, pause);
  beat.unref();
  return {
    state: () => state,
    emit(change) {
      state = applied(state, change);
      for (const page of pages) tell(page, "change", change);
    },
    end() {
      clearInterval(beat);
      for (const page of pages) page.end();
    },
    live(request, response) {
      if ((request.url ?? "").split("?", 1)[0] !== "/watch/events") return false;
      if (request.method !== "GET") send(response, 405, "only GET", { allow: "GET" });
      // A page of another name that leads to this machine would read what is trained here.
      else if (!/^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(request.headers.host ?? ""))
        send(response, 403, "only by the address that nclab watch printed, or localhost");
      else {
        response.writeHead(200, {
          ...pageHeaders,
          "content-type": "text/event-stream; charset=utf-8",
          "cache-control": "no-store",
        });
        pages.add(response);
        response.on("close", () => pages.delete(response));
        tell(response, "state", state);
      }
      return true;
    },
  };
}

const most = 2 ** 26;
/** Milliseconds between two signs of life, by which a connection that is dead is found. */
const pause = 15_000;
