import { fill, h } from "../dom.ts";

/** The command line that gives the same answer, to be copied. */
export function commandLine(title: string): { node: HTMLElement; show(text: string): void } {
  const code = h("code", { class: "command" });
  const button = h("button", { type: "button", class: "small" }, "copy");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(code.textContent ?? "");
      button.textContent = "copied";
    } catch {
      // No permission, or no secure origin: the text is selected instead.
      getSelection()?.selectAllChildren(code);
      button.textContent = "selected";
    }
    setTimeout(() => {
      button.textContent = "copy";
    }, 1500);
  });
  const node = h("div", { class: "command-line" }, h("p", {}, title, " ", button), code);
  const show = (text: string): void => {
    node.classList.toggle("long", text.length > mostPrinted);
    fill(code, ...unbroken(text));
  };
  return { node, show };
}

/** Of a longer one (a number for each of a thousand classes) paper has the beginning, and a word that there is more (print.css). */
const mostPrinted = 600;

/** Longer words of a command line (lists of counts) may break anywhere; the others stay whole, as a browser would break behind the hyphens of options. */
const mostWhole = 34;

/** As it stands: no symbol in it is set as one. */
function unbroken(text: string): Node[] {
  return text.split(/(\s+)/).map((word) => {
    const plain = document.createTextNode(word);
    if (word.length > mostWhole || !word.includes("-")) return plain;
    const whole = h("span", { class: "whole" });
    whole.append(plain);
    return whole;
  });
}
