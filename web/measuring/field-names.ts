import type { headKinds } from "./question.ts";
import type { FileRole } from "./roles.ts";

/** What the fields of a measurement are called: beside them, and in messages that name one as the way out. */
export const roleWords: Readonly<Record<FileRole, string>> = {
  features: "features",
  labels: "labels",
  weight: "the head's weight",
  bias: "the head's bias",
  nothing: "nothing, left out",
};

export const headWords: Readonly<Record<(typeof headKinds)[number], string>> = {
  linear: "linear",
  cosine: "cosine (normalized)",
  none: "none is looked for",
};

/** Roles that an array of a file can play. */
export const arrayRoles = ["features", "labels", "weight", "bias"] as const;
export type ArrayRole = (typeof arrayRoles)[number];

export const arrayField = (role: ArrayRole): string => `array ${role === "labels" ? "or column " : ""}of ${roleWords[role]}`;
export const partField = (role: ArrayRole): string => `part of the ${arrayField(role)}`;
export const ignoreField = "label to leave out";
export const scaleField = "scale of the cosines";
export const decayComparison = "weight decay alone, and what ends the network";
export const endsField = "features come out of";
