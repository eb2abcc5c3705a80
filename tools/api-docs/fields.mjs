import { ReflectionKind } from "typedoc";

/**
 * A plugin of typedoc: every field of an exported interface or class needs a comment of its own. (typedoc's own check asks the same of the fields of
 * object types that are written in place, `nc1: { paper: number; ... }`; those are described by the comment of the field they belong to.)
 */
export function load(app) {
  app.on("validateProject", (project) => {
    for (const field of project.getReflectionsByKind(ReflectionKind.Property)) {
      const owner = field.parent;
      if (!owner?.kindOf(ReflectionKind.ClassOrInterface)) continue;
      if (field.hasComment() || field.inheritedFrom || field.flags.isExternal) continue;
      app.logger.validationWarning(`${field.getFullName()} has no comment`);
    }
  });
}
