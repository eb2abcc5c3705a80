import { Converter } from "typedoc";

/**
 * A plugin of typedoc: paragraphs of a comment that are indented are formulas, to be shown line by line as they stand. Markdown would take two or three
 * spaces for nothing, join the lines, and read `*` and `_` as emphasis; four spaces make a block of code.
 */
export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const reflection of Object.values(project.reflections)) {
      for (const part of reflection.comment?.summary ?? []) if (part.kind === "text") part.text = formulasAsCode(part.text);
    }
  });
}

function formulasAsCode(text) {
  const isFormula = (paragraph) => paragraph.split("\n").every((line) => /^ {2,}(?![-*] |\d+\. )/.test(line));
  return text
    .split("\n\n")
    .map((paragraph) => (isFormula(paragraph) ? paragraph.replace(/^/gm, "    ") : paragraph))
    .join("\n\n");
}
