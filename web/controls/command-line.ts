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
  return { node, show: (text) => fill(code, document.createTextNode(text)) };
}
