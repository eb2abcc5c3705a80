import { element, namespace, svgText } from "../../src/plots/index.ts";
import { h } from "../dom.ts";

/** Files that leave the page: made here, saved by the browser, sent nowhere. */
export function downloadText(name: string, type: string, text: string): void {
  downloadBlob(name, new Blob([text], { type }));
}

function downloadBlob(name: string, blob: Blob): void {
  const url = URL.createObjectURL(blob);
  const link = h("a", { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** A copy with a white page and dark text of its own: pictures here take both from the page. */
export function standalone(svg: SVGSVGElement): SVGSVGElement {
  const copy = svg.cloneNode(true) as SVGSVGElement;
  copy.setAttribute("xmlns", namespace);
  copy.setAttribute("color", "#1b1f24");
  copy.prepend(element(document, "rect", { width: "100%", height: "100%", fill: "#ffffff" }));
  return copy;
}

/** The picture at twice its size, by way of a canvas. */
export async function downloadPng(name: string, svg: SVGSVGElement): Promise<void> {
  downloadBlob(name, await pngOf(svg));
}

export async function pngOf(svg: SVGSVGElement, scale = 2): Promise<Blob> {
  const url = URL.createObjectURL(new Blob([svgText(svg)], { type: "image/svg+xml" }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const canvas = h("canvas", {
      width: Math.ceil(scale * Number(svg.getAttribute("width"))),
      height: Math.ceil(scale * Number(svg.getAttribute("height"))),
    });
    canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
    if (!blob) throw new Error("the browser made no PNG of the picture");
    return blob;
  } finally {
    URL.revokeObjectURL(url);
  }
}
