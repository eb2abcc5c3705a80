import { keysValue } from "../../src/ways-out.ts";
import { type Controls, controls } from "../way-out.ts";
import {
  arrayField,
  arrayRoles,
  decayComparison,
  endsField,
  headWords,
  ignoreField,
  partField,
  roleWords,
  scaleField,
} from "./field-names.ts";
import { headKinds } from "./question.ts";
import type { FileRole } from "./roles.ts";

/** `features=NAME[:,0]`: which array plays a role, or which part of it. */
function picked(value: string | null): string {
  const { role, name, part } = keysValue(value);
  const known = arrayRoles.find((one) => one === role);
  if (!known) return "the choice of arrays";
  if (part !== undefined) return `${part} as "${partField(known)}"`;
  return name === "NAME" ? `the choice "${arrayField(known)}"` : `${name} as "${arrayField(known)}"`;
}

const fileOf = (role: FileRole) => (): string => `a file that is said to be ${roleWords[role]}`;

/** Of the files that are measured. */
export const measuringControls: Controls = controls(
  {
    keys: picked,
    labels: "labels",
    "head-weight": fileOf("weight"),
    "head-bias": fileOf("bias"),
    head: (value) => `head "${headWords[headKinds.find((kind) => kind === value) ?? "linear"]}"`,
    scale: () => `"${scaleField}"`,
    "ignore-label": `"${ignoreField}"`,
    list: "the list of arrays above",
    "weight-decay": () => `the comparison "${decayComparison}"`,
    ends: `"${endsField}"`,
  },
  [[/\bin measure, (?=--keys)/g, ""]],
);
