import { fill, h } from "../dom.ts";
import type { Task } from "./shown.ts";

/** Work that takes long: how far it is, a button that stops it, and one that begins it again. */
export interface TaskLine {
  node: HTMLElement;
  show(task: Task): void;
}

/** The words of a task: while it is worked on, and when it was stopped. */
export interface TaskWords {
  /** Also the id. */
  name: string;
  working: string;
  stopped: string;
  again: string;
}

export function taskLine(words: TaskWords, act: { stop(): void; again(): void }): TaskLine {
  const bar = h("progress", { max: 1, "aria-label": words.working });
  const said = h("span", { class: "said" });
  const button = h("button", { type: "button", class: "small" });
  let task: Task = { is: "idle" };
  button.addEventListener("click", () => (task.is === "working" ? act.stop() : act.again()));
  const node = h("div", { class: "task", id: `task-${words.name}`, hidden: true }, bar, said, button);
  return {
    node,
    show(next) {
      task = next;
      node.hidden = task.is === "idle" || task.is === "done";
      node.dataset.is = task.is;
      bar.hidden = task.is !== "working";
      said.classList.toggle("error", task.is === "failed");
      if (task.is === "working") {
        const { told } = task;
        if (told?.share == null) bar.removeAttribute("value");
        else bar.value = told.share;
        fill(said, told === null ? `${words.working} …` : `${words.working}: ${told.said}`);
      } else if (task.is === "stopped") fill(said, words.stopped);
      else if (task.is === "failed") fill(said, task.message);
      fill(button, task.is === "working" ? "Stop" : words.again);
      button.setAttribute("aria-label", task.is === "working" ? `Stop ${words.working}` : words.again);
    },
  };
}
