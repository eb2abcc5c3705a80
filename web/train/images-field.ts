import { fileDrop } from "../controls/file-drop.ts";
import { fill, h } from "../dom.ts";
import { button } from "./buttons.ts";
import { droppedText } from "./classes.ts";
import { pairOf } from "./files.ts";
import type { TrainQuestion } from "./messages.ts";

/** What is trained on: the built-in glyphs, or two files that are dropped here. What is wrong with files is said beside them, until others are dropped or a training starts. */
export function imagesField(chosen: (files: TrainQuestion["files"]) => void): { node: HTMLElement; forget(): void } {
  const text = h("p", { class: "note" });
  const wrong = h("p", { class: "message", id: "train-files-message", role: "alert" });
  const glyphs = button("train-glyphs", "the glyphs again", () => take(null));
  glyphs.classList.add("small");
  const show = (files: TrainQuestion["files"]): void =>
    fill(text, files ? [droppedText(files), " ", glyphs] : "Images: the built-in glyphs, ten characters of 28 × 28 pixels.");
  const take = (files: TrainQuestion["files"]): void => {
    fill(wrong, null);
    show(files);
    chosen(files);
  };
  const drop = fileDrop(
    "Drop two IDX files, images and labels (also .gz), to train on them instead",
    { multiple: true },
    (dropped) => void pairOf(dropped).then(take, ({ message }: Error) => fill(wrong, message)),
  );
  show(null);
  return { node: h("div", {}, text, drop, wrong), forget: () => fill(wrong, null) };
}
