import { missingNumbers } from "../../src/problem/index.ts";
import { choice } from "../controls/choice.ts";
import { fileDrop } from "../controls/file-drop.ts";
import { fill, h } from "../dom.ts";
import type { State } from "../state.ts";
import type { Store } from "../store.ts";
import { wayOut } from "../way-out.ts";
import type { Question } from "./question.ts";
import { aboutClasses, accepted, classesOfFile, type Meaning, textOfClasses } from "./read-counts.ts";
import { presets } from "./training-words.ts";
import { dataControls } from "./way-out.ts";

/** The classes: a data set by name, counts typed or pasted, a file dropped. */
export interface ClassesField {
  node: HTMLElement;
  show(state: State): void;
  /** What was read of it, or what is wrong with it. */
  say(question: Question | { problem: string }): void;
}

const byName: Record<string, string> = {
  "": "choose …",
  ...Object.fromEntries(presets.map(({ text, title }) => [text, title])),
};

export function classesField(store: Store): ClassesField {
  const text = h("textarea", {
    ...{ id: "counts", rows: 3, spellcheck: "false", autocomplete: "off" },
    "aria-describedby": "counts-message counts-read",
  });
  const message = h("p", { class: "message", id: "counts-message", role: "alert" });
  const read = h("p", { class: "note", id: "counts-read" });
  const preset = choice("preset", "A data set", byName, (counts) => counts && store.set({ counts }));
  const meanings = { counts: "one count a line", labels: "one label a line" };
  let meaning: Meaning = "counts";
  const means = choice("meaning", "A file of text holds", meanings, (value) => {
    meaning = value as Meaning;
  });
  text.addEventListener("input", () => store.set({ counts: text.value.trim() }));
  const drop = fileDrop(
    `Drop a file of counts or labels (${accepted.replaceAll(",", ", ")}), or choose one`,
    { accept: accepted },
    async ([file]) => {
      try {
        const classes = await classesOfFile(file, meaning);
        store.set({ counts: textOfClasses(classes) });
        fill(message, missingNumbers(classes.names));
      } catch (error) {
        fill(message, wayOut((error as Error).message, dataControls));
      }
    },
  );
  return {
    node: h(
      "div",
      { class: "data-classes" },
      preset.node,
      h("label", { for: "counts" }, "or samples of each class: 5x500,5x100, lines of name,count, a long tail exp:K:nmax:factor"),
      text,
      message,
      read,
      drop,
      means.node,
    ),
    show({ counts }) {
      if (document.activeElement !== text || text.value.trim() !== counts) text.value = counts;
      preset.show(counts in byName ? counts : "");
    },
    say(said) {
      if ("problem" in said) {
        fill(read);
        fill(message, aboutClasses(said.problem) ? said.problem : null);
      } else {
        fill(message);
        fill(read, sizeText(said));
      }
    },
  };
}

/** `1000 classes, 115846 samples: 1280 to 5 each`. */
function sizeText({ input: { counts } }: Question): string {
  let [least, most, all] = [Number.POSITIVE_INFINITY, 0, 0];
  for (const n of counts) [least, most, all] = [Math.min(least, n), Math.max(most, n), all + n];
  const each = least === most ? `${most} each` : `${most} to ${least} each`;
  return `${counts.length} classes, ${all} samples: ${each}`;
}
