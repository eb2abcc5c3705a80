import { createHash } from "node:crypto";

/**
 * What the interactive page may do, as a Content-Security-Policy: run its own scripts, workers and compiled kernels, and nothing else. No other
 * origin is reached for anything. The page's meta element and `nclab explore`'s header say the same.
 */

/** The one inline style there is: the root element of every picture (plots/page.ts). Allowed by its hash. */
const pictureStyle = "max-width:100%;height:auto";

const sha256 = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

const directives: Record<string, string> = {
  "default-src": "'none'",
  // Kernels are compiled to WebAssembly in the page.
  "script-src": "'self' 'wasm-unsafe-eval'",
  // ... and starts its threads from a text of its own.
  "worker-src": "'self' blob:",
  "style-src": "'self'",
  "style-src-attr": `'unsafe-hashes' ${sha256(pictureStyle)}`,
  // A picture becomes a PNG by way of an image.
  "img-src": "'self' data: blob:",
  "connect-src": "'self'",
  "base-uri": "'none'",
  "form-action": "'none'",
};

const text = (all: Record<string, string>): string =>
  Object.entries(all)
    .map(([name, value]) => `${name} ${value}`)
    .join("; ");

/** For a meta element. */
export const pagePolicy: string = text(directives);

/** For a header, which can also forbid frames. */
export const pagePolicyHeader: string = text({ ...directives, "frame-ancestors": "'none'" });
