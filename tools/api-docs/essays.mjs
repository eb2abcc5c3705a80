import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Converter, ReflectionKind } from "typedoc";

/**
 * A plugin of typedoc: a file that opens with an essay of its own (a comment with `@module`: what the file is about, not what its first declaration is) has it shown once, on the page of its
 * room under the file's name. And no comment of a declaration may stand at two of them: an essay that does is one of the file.
 */
export function load(app) {
  app.converter.on(
    Converter.EVENT_RESOLVE_BEGIN,
    ({ project }) => {
      for (const room of project.getReflectionsByKind(ReflectionKind.Module)) {
        if (!room.comment) continue;
        const folder = join(import.meta.dirname, "../../src", room.name);
        for (const { file, text } of essaysIn(folder))
          room.comment.summary.push({ kind: "text", text: `\n\n## ${file}\n\n${text}` });
      }
    },
    100,
  );
  app.on("validateProject", (project) => {
    const seen = new Map();
    const kinds =
      ReflectionKind.SomeType |
      ReflectionKind.Function |
      ReflectionKind.Variable |
      ReflectionKind.Class |
      ReflectionKind.CallSignature;
    for (const declaration of project.getReflectionsByKind(kinds)) {
      const text = declaration.comment?.summary.map((part) => part.text).join("") ?? "";
      const isMember = declaration.parent?.kindOf(
        ReflectionKind.ClassOrInterface | ReflectionKind.TypeLiteral | ReflectionKind.Method,
      );
      if (text.length < shortest || isMember) continue;
      const other = seen.get(text);
      // The signatures of one function share theirs.
      if (other && other !== declaration.getFullName())
        app.logger.validationWarning(`${declaration.getFullName()} has the comment of ${other}`);
      seen.set(text, declaration.getFullName());
    }
  });
}

/** Shorter comments may well be the same. */
const shortest = 80;

/** The essays of a room's files in the order of their names; that of index.ts is the page's own. */
function essaysIn(folder) {
  let files;
  try {
    files = readdirSync(folder, { recursive: true, encoding: "utf8" });
  } catch {
    // The page of the package itself.
    return [];
  }
  return files
    .filter((file) => file.endsWith(".ts") && file !== "index.ts")
    .sort()
    .flatMap((file) => {
      const [, essay] = /^\/\*\*\n((?: \*.*\n)*?) \*\/\n/.exec(readFileSync(join(folder, file), "utf8")) ?? [];
      if (!essay?.includes("@module")) return [];
      const text = essay.replace(/^ \* ?/gm, "").replace(/^@module.*$/m, "");
      return [{ file, text: text.trim() }];
    });
}
