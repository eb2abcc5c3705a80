import temml from "temml";
import { PageEvent } from "typedoc";

/**
 * A plugin of typedoc: what its pages lack. Formulas in TeX become MathML, which browsers draw by themselves; links to the README, which is the first page here, lead to it and not to a copy of its text;
 * and what is wide (formulas, tables) scrolls by itself, so that a page is as wide as its screen.
 */
export function load(app) {
  app.renderer.on(PageEvent.END, (page) => {
    if (!page.contents || !page.url.endsWith(".html")) return;
    const up = "../".repeat(page.url.split("/").length - 1);
    page.contents = page.contents
      .replace(/<pre><code class="math">([\s\S]*?)<\/code>(<button[^>]*>[^<]*<\/button>)?<\/pre>/g, (_, tex) =>
        formula(plain(tex)),
      )
      .replace(/href="(?:\.\.\/)*media\/README\.md(#[^"]*)?"/g, (_, anchor = "") => `href="${up}index.html${anchor}"`)
      .replace(/<table>[\s\S]*?<\/table>/g, (table) => `<div class="wide">${table}</div>`);
  });
}

/** Errors in a formula end the build: they are not shown in red on a page. */
const formula = (tex) => `<div class="wide">${temml.renderToString(tex, { displayMode: true, throwOnError: true })}</div>`;

const characters = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };
const plain = (html) => html.replace(/&(amp|lt|gt|quot|#39);/g, (_, name) => characters[name]);
