import { createRequire } from "node:module";

/**
 * The fonts that come with the package (DejaVu: Greek letters, superscripts and mathematical signs, free licence): what PNG and PDF are set in, whatever the machine has.
 */
export const fontNames = { sans: "DejaVu Sans", serif: "DejaVu Serif" } as const;

const files = { sans: "DejaVuSans", serif: "DejaVuSerif" } as const;

export function fontFile(font: keyof typeof files, bold: boolean): string {
  return createRequire(import.meta.url).resolve(`dejavu-fonts-ttf/ttf/${files[font]}${bold ? "-Bold" : ""}.ttf`);
}
